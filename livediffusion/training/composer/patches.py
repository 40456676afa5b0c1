"""The table of synthesiser patches; `synth` plays them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Wave = Literal["saw", "square", "pulse", "triangle", "sine", "noise"]


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
    bend: float = 0.0  # semitones by which the note starts above itself (below: negative)
    bend_s: float = 0.05
    vibrato: float = 0.0  # cents
    vibrato_hz: float = 5.0
    vowel: float = 0.0  # gain of two formants that the wobble moves from "oo" to "ah"


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
    "acid open": Patch(cutoff=520, sweep=3.4, sweep_s=0.14, resonance=7.0, sustain=0.7, drive=2.6),
    "acid slide": Patch(
        cutoff=900, sweep=2.4, sweep_s=0.2, resonance=7.0, drive=2.4, bend=-12, bend_s=0.05
    ),
    "rumble": Patch(cutoff=130, voices=3, detune=35, attack=0.07, sustain=1.0, drive=3.5),
    "click bass": Patch("square", cutoff=300, sweep=2.3, sweep_s=0.02, decay=0.07, sustain=0.05),
    "organ bass": Patch("sine", decay=0.22, sustain=0.4, modulation=1.5, octave_below=0.5),
    "808 bass": Patch("sine", decay=0.8, sustain=0.25, release=0.2, drive=1.8, bend=9, bend_s=0.03),
    "808 glide": Patch(
        "sine", decay=1.0, sustain=0.35, release=0.2, drive=2.6, bend=-12, bend_s=0.12
    ),
    "wobble slow": Patch(
        cutoff=160,
        wobble=4.2,
        wobble_hz=2.0,
        resonance=3.0,
        voices=2,
        detune=9,
        sustain=1.0,
        drive=2.5,
        octave_below=0.6,
    ),
    "wobble triplet": Patch(
        cutoff=200,
        wobble=3.8,
        wobble_hz=6.0,
        resonance=3.0,
        sustain=1.0,
        drive=3.0,
        octave_below=0.5,
    ),
    "wobble fast": Patch(
        cutoff=240,
        wobble=3.6,
        wobble_hz=8.0,
        resonance=3.0,
        sustain=1.0,
        drive=3.0,
        octave_below=0.5,
    ),
    "talking bass": Patch(
        cutoff=260,
        wobble=1.0,
        wobble_hz=4.0,
        voices=2,
        sustain=1.0,
        drive=2.5,
        octave_below=0.5,
        vowel=5.0,
    ),
    "growl": Patch(
        "pulse", cutoff=500, wobble=3.0, wobble_hz=8.0, resonance=5.0, sustain=1.0, drive=5.0
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
    "dub chord": Patch(
        cutoff=700, sweep=1.8, sweep_s=0.06, resonance=1.5, voices=2, decay=0.14, sustain=0.04
    ),
    "deep chord": Patch(cutoff=1100, voices=3, detune=8, attack=0.008, decay=0.25, sustain=0.25),
    "rave stab": Patch(
        cutoff=6500, voices=4, detune=22, decay=0.16, sustain=0.25, drive=1.5, octave_below=0.3
    ),
    "hoover": Patch(
        cutoff=5000,
        voices=5,
        detune=38,
        attack=0.01,
        sustain=0.9,
        release=0.15,
        octave_below=0.4,
        bend=-7,
        bend_s=0.06,
    ),
    "trance pluck": Patch(
        cutoff=1800, sweep=2.2, sweep_s=0.06, voices=5, detune=15, decay=0.15, sustain=0.08
    ),
    "dark drone": Patch(
        cutoff=420, resonance=2.0, wobble=1.5, wobble_hz=0.25, voices=3, detune=22, attack=0.5
    ),
    "metal hit": Patch("sine", decay=0.22, sustain=0.0, modulation=6.0, ratio=1.414),
    "blip": Patch("sine", decay=0.05, sustain=0.0, release=0.02, modulation=0.8, ratio=3.0),
    "disco strings": Patch(cutoff=5200, voices=5, detune=14, attack=0.07, sustain=0.9, release=0.2),
    "filtered strings": Patch(
        cutoff=600, sweep=-0.5, wobble=3.0, wobble_hz=0.5, resonance=1.5, voices=4, sustain=0.95
    ),
    "tape keys": Patch(
        "sine", decay=0.7, sustain=0.2, release=0.2, modulation=1.1, vibrato=16, vibrato_hz=1.5
    ),
    "music box": Patch("sine", decay=0.3, sustain=0.0, modulation=1.2, ratio=5.0),
    "siren": Patch("square", cutoff=3000, attack=0.02, sustain=1.0, vibrato=180, vibrato_hz=4.0),
    "riser": Patch("noise", cutoff=9000, sweep=-5, sweep_s=1.6, attack=3.5, sustain=1.0),
    "down sweep": Patch("noise", cutoff=500, sweep=4.5, sweep_s=0.9, decay=0.8, sustain=0.1),
    "saw lead": Patch(cutoff=4500, voices=2, detune=8, attack=0.01, sustain=0.85),
    "square lead": Patch("square", cutoff=9000, attack=0.002, decay=0.2, sustain=0.5, release=0.02),
    "pulse lead": Patch("pulse", cutoff=9000, attack=0.002, decay=0.12, sustain=0.6, release=0.02),
    "warm pad": Patch(
        cutoff=1300, voices=3, detune=10, attack=0.3, decay=1.0, sustain=0.9, release=0.5
    ),
    "palm-muted guitar": Patch(
        cutoff=2400,
        sweep=1.5,
        sweep_s=0.03,
        voices=2,
        detune=6,
        attack=0.002,
        decay=0.05,
        sustain=0.03,
        release=0.02,
        drive=7.0,
    ),
    "drone": Patch(
        cutoff=500,
        wobble=1.6,
        wobble_hz=0.25,
        voices=2,
        detune=9,
        attack=0.6,
        sustain=1.0,
        release=0.6,
    ),
    "drone swell": Patch(
        "square",
        cutoff=350,
        wobble=2.8,
        wobble_hz=0.5,
        resonance=2.0,
        voices=2,
        detune=5,
        attack=1.2,
        sustain=1.0,
        release=0.8,
    ),
    "drone bass": Patch(
        cutoff=180, voices=2, detune=12, attack=0.4, sustain=1.0, release=0.4, octave_below=0.4
    ),
    "glass pad": Patch("triangle", cutoff=5000, attack=0.4, sustain=0.95, release=0.7, voices=2),
    "bell": Patch("sine", decay=0.7, sustain=0.05, release=0.5, modulation=2.0, ratio=3.5),
}
