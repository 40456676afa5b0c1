"""Band-limited synthesis: a table of patches, played as sums of sine waves.

A patch is additive, so its filter is a gain for each harmonic that may move in time: no
aliasing, no filter state, and the same note always gives the same samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 32000  # Hz, the model's own
Audio = NDArray[np.float32]
Curve = NDArray[np.float64]
Wave = Literal["saw", "square", "pulse", "triangle", "sine"]


@dataclass(frozen=True, slots=True)
class Patch:
    """A synthesiser voice; times in seconds, frequencies in Hz unless they say otherwise."""

    wave: Wave = "saw"
    cutoff: float = 6000.0  # of a two-pole low-pass
    sweep: float = 0.0  # octaves the cutoff starts above itself
    sweep_s: float = 0.1
    resonance: float = 0.0  # height of the peak at the cutoff, 0 none
    wobble: float = 0.0  # octaves the cutoff is moved by a low-frequency oscillator
    wobble_hz: float = 0.0
    voices: int = 1
    detune: float = 10.0  # cents between the outermost voices and the centre
    attack: float = 0.004
    decay: float = 0.3
    sustain: float = 0.7
    release: float = 0.06
    drive: float = 0.0  # gain into a tanh, 0 clean
    modulation: float = 0.0  # FM index at the start, for bells and electric pianos
    ratio: float = 2.0  # FM modulator over carrier
    octave_below: float = 0.0  # gain of a sine an octave below


PATCHES: dict[str, Patch] = {
    "acid": Patch(cutoff=260, sweep=3.2, sweep_s=0.09, resonance=5.0, sustain=0.6, drive=2.0),
    "saw bass": Patch(cutoff=700, sweep=1.5, sweep_s=0.08, sustain=0.8, octave_below=0.3),
    "sub bass": Patch("triangle", cutoff=400, decay=0.6, sustain=0.8, drive=1.2),
    "reese": Patch(cutoff=900, voices=2, detune=14, attack=0.01, sustain=0.95, octave_below=0.5),
    "wobble bass": Patch(
        cutoff=220,
        wobble=3.4,
        wobble_hz=4.0,
        resonance=2.0,
        voices=2,
        detune=8,
        sustain=1.0,
        drive=2.5,
        octave_below=0.5,
    ),
    "square bass": Patch("square", cutoff=900, sweep=1.0, sustain=0.7),
    "triangle bass": Patch("triangle", cutoff=9000, attack=0.002, sustain=1.0, release=0.01),
    "pluck": Patch(
        cutoff=900,
        sweep=3.0,
        sweep_s=0.07,
        voices=3,
        detune=9,
        decay=0.16,
        sustain=0.05,
        release=0.1,
    ),
    "stab": Patch(cutoff=1400, sweep=1.5, voices=2, detune=7, decay=0.12, sustain=0.15),
    "supersaw": Patch(cutoff=7000, voices=5, detune=17, attack=0.006, sustain=0.85, release=0.1),
    "saw lead": Patch(cutoff=4500, voices=2, detune=8, attack=0.01, sustain=0.85),
    "square lead": Patch("square", cutoff=9000, attack=0.002, decay=0.2, sustain=0.5, release=0.02),
    "pulse lead": Patch("pulse", cutoff=9000, attack=0.002, decay=0.12, sustain=0.6, release=0.02),
    "warm pad": Patch(
        cutoff=1300, voices=3, detune=10, attack=0.3, decay=1.0, sustain=0.9, release=0.5
    ),
    "glass pad": Patch("triangle", cutoff=5000, attack=0.4, sustain=0.95, release=0.7, voices=2),
    "bell": Patch("sine", decay=0.7, sustain=0.05, release=0.5, modulation=2.0, ratio=3.5),
}


def seconds(count: int) -> Curve:
    """Time of each of `count` samples, in seconds."""
    return np.arange(count, dtype=np.float64) / SAMPLE_RATE


def frequency(note: float) -> float:
    """Hz of a MIDI note."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def _harmonic(wave: Wave, k: int) -> float:
    """Amplitude of the k-th harmonic of a waveform."""
    if wave == "saw":
        return 1.0 / k
    if wave == "square":
        return float(k % 2) / k
    if wave == "pulse":  # a quarter of the period high
        return float(abs(np.sin(np.pi * k / 4))) / k
    if wave == "triangle":
        return float(k % 2) / k**2
    return float(k == 1)


def _cutoff(patch: Patch, t: Curve) -> Curve:
    """The low-pass's cutoff over time in Hz."""
    octaves = patch.sweep * np.exp(-t / patch.sweep_s)
    if patch.wobble:
        octaves = octaves + patch.wobble * (0.5 - 0.5 * np.cos(2 * np.pi * patch.wobble_hz * t))
    return np.asarray(patch.cutoff * 2.0**octaves)


def _low_pass(hz: float, cutoff: Curve, resonance: float) -> Curve:
    """Gain of a two-pole low-pass at one frequency while its cutoff moves."""
    x = hz / cutoff
    gain = 1.0 / np.sqrt(1.0 + x**4)
    if resonance:
        gain = gain * (1.0 + resonance * np.exp(-0.5 * (np.log2(x) / 0.25) ** 2))
    return np.asarray(gain)


def _envelope(patch: Patch, t: Curve, hold: float) -> Curve:
    """Attack, decay to the sustain level, and a release that starts after `hold` seconds."""
    level = patch.sustain + (1.0 - patch.sustain) * np.exp(-t / patch.decay)
    release = np.clip(1.0 - (t - hold) / patch.release, 0.0, 1.0)
    return np.asarray(np.minimum(1.0, t / patch.attack) * level * release**1.5)


def _voices(patch: Patch, hz: float, t: Curve, phases: Curve) -> Curve:
    """Sum of all harmonics of all detuned voices."""
    cutoff = _cutoff(patch, t)
    top = min(0.47 * SAMPLE_RATE, 8.0 * float(cutoff.max()))  # above it the filter leaves nothing
    spread = np.linspace(-1.0, 1.0, patch.voices) if patch.voices > 1 else np.zeros(1)
    out = np.zeros_like(t)
    for cents, phase in zip(spread * patch.detune, phases, strict=False):
        f = hz * 2.0 ** (cents / 1200.0)
        turn = np.exp(1j * (2 * np.pi * f * t + phase))
        wave = np.ones_like(turn)
        for k in range(1, max(2, int(top / f) + 1)):
            wave *= turn
            if amplitude := _harmonic(patch.wave, k):
                out += amplitude * _low_pass(k * f, cutoff, patch.resonance) * wave.imag
    return np.asarray(out / np.sqrt(patch.voices))


def play(name: str, note: int, hold: float) -> Audio:
    """One note of a patch of `PATCHES`, held for `hold` seconds, mono float32, about -12 dBFS."""
    patch = PATCHES[name]
    t = seconds(int((hold + patch.release) * SAMPLE_RATE))
    hz = frequency(note)
    if patch.modulation:
        bend = patch.modulation * np.exp(-t / 0.4) * np.sin(2 * np.pi * hz * patch.ratio * t)
        out = np.sin(2 * np.pi * hz * t + bend)
    else:
        phases = np.random.default_rng(note).uniform(0.0, 2 * np.pi, patch.voices)
        out = _voices(patch, hz, t, phases)
    if patch.octave_below:
        out = out + patch.octave_below * np.sin(np.pi * hz * t)
    if patch.drive:
        out = np.tanh(out * patch.drive) / patch.drive**0.5
    return np.asarray(0.25 * out * _envelope(patch, t, hold), dtype=np.float32)
