"""Drum voices by name: synthesised, from samples, or from the sound font's kits.

`kick hard` and its kin are synthesised here; `sample bd_haus` and `gm 0 36` (program, key of
the percussion bank) come from the libraries. All peak at 1.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from livediffusion.training.composer.fluid import DRUM_BANK, fluid
from livediffusion.training.composer.samples import sample
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio, Curve, seconds

# name: start Hz, end Hz, fall of the pitch s, decay s, drive
KICKS = {
    "techno": (190.0, 47.0, 0.028, 0.17, 1.6),
    "hard": (320.0, 52.0, 0.032, 0.20, 3.0),
    "house": (160.0, 54.0, 0.024, 0.16, 1.3),
    "boom": (100.0, 44.0, 0.030, 0.40, 1.3),
    "soft": (115.0, 56.0, 0.018, 0.12, 1.1),
}
# name: lowest Hz, highest Hz, decay s, gain of the drum's body
SNARES = {
    "tight": (1100.0, 11000.0, 0.08, 0.9),
    "big": (700.0, 12000.0, 0.17, 0.8),
    "dusty": (800.0, 6000.0, 0.07, 0.7),
}
HATS = {"closed": (7500.0, 0.025), "open": (6500.0, 0.15), "soft": (5500.0, 0.018)}
CHIPS = {"kick": 0.12, "snare": 0.12, "hat": 0.03}


def _decay(t: Curve, time: float) -> Curve:
    return np.asarray(np.exp(-t / time) * np.minimum(1.0, t / 0.001))


def _noise(count: int, low: float, high: float) -> Curve:
    """Noise between two frequencies, the same at every call."""
    spectrum = np.fft.rfft(np.random.default_rng(count).normal(size=count))
    hz = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE) + 1.0
    return np.fft.irfft(spectrum / (1.0 + (low / hz) ** 4) / (1.0 + (hz / high) ** 6), count)


def _kick(name: str) -> Curve:
    start, end, fall, decay, drive = KICKS[name]
    t = seconds(int(0.7 * SAMPLE_RATE))
    pitch = end + (start - end) * np.exp(-t / fall)
    sound = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE) * _decay(t, decay)
    click = np.random.default_rng(1).normal(size=len(t)) * 0.25 * np.exp(-t / 0.0015)
    return np.asarray(np.tanh(drive * (sound + click)))


def _snare(name: str) -> Curve:
    low, high, decay, body = SNARES[name]
    t = seconds(int(0.5 * SAMPLE_RATE))
    noise = _noise(len(t), low, high)
    drum = np.sin(2 * np.pi * 190.0 * t) * _decay(t, 0.06)
    return np.asarray(noise / np.abs(noise).max() * _decay(t, decay) + body * drum)


def _clap() -> Curve:
    """Four hands a hundredth of a second apart, the last one rings."""
    count = int(0.4 * SAMPLE_RATE)
    gate = np.zeros(count)
    for delay, decay in ((0.0, 0.008), (0.010, 0.008), (0.020, 0.008), (0.030, 0.09)):
        start = int(delay * SAMPLE_RATE)
        gate[start:] = np.maximum(gate[start:], _decay(seconds(count - start), decay))
    return np.asarray(_noise(count, 900.0, 7000.0) * gate)


def _hat(name: str) -> Curve:
    low, decay = HATS[name]
    t = seconds(int(min(0.5, 6 * decay) * SAMPLE_RATE))
    return np.asarray(_noise(len(t), low, 14500.0) * _decay(t, decay))


def _chip(name: str) -> Curve:
    """A game console's drums: a falling square wave, and noise of a few bits."""
    t = seconds(int(CHIPS[name] * SAMPLE_RATE))
    if name == "kick":
        wave = np.sign(np.sin(2 * np.pi * (60.0 * t + 8.0 * (1.0 - np.exp(-t / 0.02)))))
    else:
        held = 3 if name == "snare" else 1  # samples for which each random bit is held
        bits = np.random.default_rng(2).choice([-1.0, 1.0], len(t) // held + 1)
        wave = np.repeat(bits, held)[: len(t)]
    return np.asarray(wave * _decay(t, CHIPS[name] / 3))


def _synthesise(kind: str, name: str) -> Curve:
    makers = {"kick": _kick, "snare": _snare, "hat": _hat, "chip": _chip}
    return makers[kind](name) if kind in makers else _clap()


@lru_cache(maxsize=64)
def drum(voice: str) -> Audio:
    """A drum voice by its name, mono float32, peak 1."""
    kind, _, name = voice.partition(" ")
    if kind == "sample":
        return sample(name)
    if kind == "gm":
        program, key = (int(word) for word in name.split())
        sound = fluid().note(program, key, 1.0, 110, DRUM_BANK)
    else:
        sound = _synthesise(kind, name).astype(np.float32)
    return np.asarray(sound / np.abs(sound).max(), dtype=np.float32)
