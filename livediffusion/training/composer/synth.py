"""Band-limited synthesis: the patches of a table, played as sums of harmonics.

A patch is additive, so its filter is a gain for each harmonic that may move in time: no
aliasing, no filter state, and the same note always gives the same samples. The harmonics of a
few milliseconds make one wave of a table, and a voice reads from wave to wave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livediffusion.training.composer import wavetable
from livediffusion.training.composer.patches import PATCHES, Patch, Wave

__all__ = ["PATCHES", "SAMPLE_RATE", "Audio", "Curve", "Patch", "frequency", "play", "seconds"]

SAMPLE_RATE = 32000  # Hz, the model's own
BLOCK = 160  # samples, 5 ms, from one wave of a moving filter to the next
Audio = NDArray[np.float32]
Curve = NDArray[np.float64]


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


def _low_pass(hz: Curve, cutoff: Curve, resonance: float) -> Curve:
    """Gain of a two-pole low-pass at frequencies (n,) for cutoffs (times, 1): (times, n)."""
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


def _warp(patch: Patch, t: Curve) -> Curve:
    """Time as the oscillators see it: faster where the pitch is bent up."""
    if not patch.bend and not patch.vibrato:
        return t
    semitones = patch.bend * np.exp(-t / patch.bend_s)
    semitones += patch.vibrato / 100.0 * np.sin(2 * np.pi * patch.vibrato_hz * t)
    return np.asarray(np.cumsum(2.0 ** (semitones / 12.0)) / SAMPLE_RATE)


def _formants(patch: Patch, hz: Curve, t: Curve) -> Curve:
    """Gain (times, n) of a mouth at frequencies (n,) as the wobble opens it, times (times, 1)."""
    opened = 0.5 - 0.5 * np.cos(2 * np.pi * patch.wobble_hz * t)
    first, second = 320.0 * 2.3**opened, 750.0 * 1.7**opened
    peaks = sum(np.exp(-0.5 * (np.log2(hz / f) / 0.18) ** 2) for f in (first, second))
    return np.asarray(patch.vowel * peaks)


def _noise(patch: Patch, t: Curve) -> Curve:
    """Noise in a band of about an octave round the moving cutoff."""
    white = np.fft.rfft(np.random.default_rng(len(t)).normal(size=len(t)))
    hz = np.fft.rfftfreq(len(t), 1.0 / SAMPLE_RATE) + 1.0
    cutoff = np.log2(_cutoff(patch, t))
    out = np.zeros_like(t)
    for centre in np.arange(7.0, 13.9, 0.33):  # octaves above 1 Hz: 128 Hz to 15 kHz
        band = np.fft.irfft(white * np.exp(-0.5 * ((np.log2(hz) - centre) / 0.2) ** 2), len(t))
        out += band * np.exp(-0.5 * ((centre - cutoff) / 0.6) ** 2 - 0.1 * (centre - 10.0))
    return out / float(np.sqrt(np.mean(out**2)))


def _harmonics(patch: Patch, hz: float, t: Curve) -> Curve:
    """Amplitude of each harmonic (times, harmonics) of a note, as its filter moves."""
    cutoff = _cutoff(patch, t)[:, None]
    reach = max(8.0 * float(cutoff.max()), 3000.0 if patch.vowel else 0.0)
    top = min(0.46 * SAMPLE_RATE, reach)  # above it the filter leaves nothing
    count = max(1, int(top / hz))
    amplitudes = np.array([_harmonic(patch.wave, k) for k in range(1, count + 1)])
    each = hz * np.arange(1, count + 1, dtype=np.float64)
    gain = _low_pass(each, cutoff, patch.resonance)
    if patch.vowel:
        gain = gain + _formants(patch, each, t[:, None])
    return np.asarray(amplitudes * gain)


def _voices(patch: Patch, hz: float, t: Curve, phases: Curve) -> Curve:
    """Sum of all detuned voices, read from waves that follow the filter block by block."""
    moving = bool(patch.sweep or patch.wobble or patch.vowel)
    blocks = len(t) // BLOCK + 2 if moving else 1
    waves = wavetable.build(_harmonics(patch, hz, np.arange(blocks) * BLOCK / SAMPLE_RATE))
    rows = np.arange(len(t)) / BLOCK if moving else None
    warped = _warp(patch, t)
    spread = np.linspace(-1.0, 1.0, patch.voices) if patch.voices > 1 else np.zeros(1)
    out = np.zeros(len(t), np.float32)
    for cents, phase in zip(spread * patch.detune, phases, strict=True):
        turns = hz * 2.0 ** (cents / 1200.0) * warped + phase / (2 * np.pi)
        out += wavetable.read(waves, turns, rows)
    return np.asarray(out / np.sqrt(patch.voices), dtype=np.float64)


def play(name: str, note: int, hold: float, take: int = 0) -> Audio:
    """One note of a patch of `PATCHES`, held for `hold` seconds, mono float32, about -12 dBFS.

    Takes of the same note differ in the phases of their voices.
    """
    patch = PATCHES[name]
    t = seconds(int((hold + patch.release) * SAMPLE_RATE))
    hz = frequency(note)
    if patch.wave == "noise":
        out = _noise(patch, t)
    elif patch.modulation:
        warped = _warp(patch, t)
        bend = patch.modulation * np.exp(-t / 0.4) * np.sin(2 * np.pi * hz * patch.ratio * warped)
        out = np.sin(2 * np.pi * hz * warped + bend)
    else:
        phases = np.random.default_rng([note, take]).uniform(0.0, 2 * np.pi, patch.voices)
        out = _voices(patch, hz, t, phases)
    if patch.octave_below:
        out = out + patch.octave_below * np.sin(np.pi * hz * _warp(patch, t))
    if patch.drive:
        out = np.tanh(out * patch.drive) / patch.drive**0.5
    return np.asarray(0.25 * out * _envelope(patch, t, hold), dtype=np.float32)
