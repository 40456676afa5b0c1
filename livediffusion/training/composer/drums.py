"""Drum voices by name: synthesised, from samples, or from the sound font's kits.

`kick hard` and its kin are synthesised here; `sample bd_haus` and `gm 0 36` (program, key of
the percussion bank) come from the libraries. `clap + snare tight` sounds both at once, `warm`
or `hot` before a voice saturates it, `fast` plays it a third higher and shorter, like a break
that was sped up. All peak at 1.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.signal import resample_poly

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
    "deep": (105.0, 49.0, 0.022, 0.20, 1.0),
    "minimal": (170.0, 60.0, 0.010, 0.075, 1.3),
    "distorted": (300.0, 48.0, 0.040, 0.10, 12.0),
    "909": (230.0, 51.0, 0.020, 0.19, 1.9),
    "disco": (140.0, 66.0, 0.014, 0.09, 1.2),
    "break": (210.0, 62.0, 0.018, 0.10, 3.0),
    "808": (95.0, 44.0, 0.040, 0.55, 1.6),
    "trap": (170.0, 46.0, 0.022, 0.13, 2.6),
}
# name: lowest Hz, highest Hz, decay s, gain of the drum's body
SNARES = {
    "tight": (1100.0, 11000.0, 0.08, 0.9),
    "big": (700.0, 12000.0, 0.17, 0.8),
    "dusty": (800.0, 6000.0, 0.07, 0.7),
    "909": (1500.0, 9500.0, 0.12, 0.6),
    "crack": (1500.0, 12500.0, 0.11, 0.9),
    "trap": (2500.0, 13000.0, 0.13, 0.35),
    "roll": (1200.0, 9000.0, 0.05, 0.4),
}
HATS = {"closed": (7500.0, 0.025), "open": (6500.0, 0.15), "soft": (5500.0, 0.018)}
# name: lowest Hz, highest Hz, attack s, decay s, share of noise, pitch of the six squares
METALS = {
    "hat 808": (7500.0, 14000.0, 0.001, 0.022, 0.1, 1.0),
    "open 808": (7000.0, 14000.0, 0.001, 0.17, 0.1, 1.0),
    "hat 909": (6000.0, 14500.0, 0.001, 0.030, 0.5, 1.6),
    "open 909": (5500.0, 14500.0, 0.001, 0.16, 0.5, 1.6),
    "ride": (3800.0, 12000.0, 0.001, 0.35, 0.2, 2.1),
    "crash": (2500.0, 13000.0, 0.002, 0.60, 0.8, 1.7),
    "shaker": (5000.0, 11500.0, 0.028, 0.030, 1.0, 1.0),
    "tambourine": (7000.0, 13500.0, 0.006, 0.08, 0.5, 3.0),
    "clang": (700.0, 5000.0, 0.001, 0.16, 0.0, 2.6),
    "hiss": (3000.0, 14000.0, 0.060, 0.10, 1.0, 1.0),
    "snap": (1600.0, 5500.0, 0.001, 0.022, 0.9, 3.0),
}
SQUARES = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)  # Hz, the TR-808's metal oscillators
# name: Hz, start over end, decay s, gain of a second tone 2.76 times higher, click
TONES = {
    "rim": (480.0, 1.0, 0.014, 1.0, 0.8),
    "clave": (2450.0, 1.0, 0.030, 0.0, 0.1),
    "click": (3200.0, 1.6, 0.003, 0.6, 1.0),
    "blip": (1250.0, 1.3, 0.020, 0.0, 0.1),
    "wood": (820.0, 1.1, 0.028, 0.5, 0.3),
    "conga high": (330.0, 1.1, 0.11, 0.12, 0.4),
    "conga low": (215.0, 1.15, 0.14, 0.12, 0.4),
    "tom": (98.0, 1.7, 0.17, 0.1, 0.3),
    "zap": (180.0, 9.0, 0.10, 0.0, 0.1),
}
FADE = 256  # samples at the end of every voice, against clicks
HEAT = {"warm": 2.0, "hot": 5.0}  # gain into a tanh
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
    t = seconds(int(max(0.7, 3.6 * decay) * SAMPLE_RATE))
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


def _metal(name: str) -> Curve:
    """Cymbals and what rattles: six inharmonic square waves and noise in a band."""
    low, high, attack, decay, noise, pitch = METALS[name]
    t = seconds(int(min(2.0, attack + 6 * decay) * SAMPLE_RATE))
    squares = sum(np.sign(np.sin(2 * np.pi * pitch * hz * t)) for hz in SQUARES)
    hiss = np.random.default_rng(len(t)).normal(size=len(t)) * 2.4  # as loud as the squares
    hz = np.fft.rfftfreq(len(t), 1.0 / SAMPLE_RATE) + 1.0
    gain = 1.0 / (1.0 + (low / hz) ** 6) / (1.0 + (hz / high) ** 8)
    band = np.fft.irfft(np.fft.rfft((1.0 - noise) * squares + noise * hiss) * gain, len(t))
    fall = np.where(t < attack, t / attack, np.exp(-(t - attack) / decay))
    return np.asarray(band * fall)


def _tone(name: str) -> Curve:
    """Skins and sticks: a falling sine, an overtone that dies sooner, a click."""
    end, start, decay, overtone, click = TONES[name]
    t = seconds(int(min(1.0, 0.02 + 6 * decay) * SAMPLE_RATE))
    turns = np.cumsum(end * (1.0 + (start - 1.0) * np.exp(-t / (0.4 * decay)))) / SAMPLE_RATE
    high = overtone * np.sin(2 * np.pi * 2.76 * turns) * _decay(t, 0.5 * decay)
    noise = click * np.random.default_rng(4).normal(size=len(t)) * np.exp(-t / 0.0012)
    return np.asarray(np.sin(2 * np.pi * turns) * _decay(t, decay) + high + 0.4 * noise)


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
    makers = {
        "kick": _kick,
        "snare": _snare,
        "hat": _hat,
        "metal": _metal,
        "tone": _tone,
        "chip": _chip,
    }
    return _clap() if kind == "clap" else makers[kind](name)


def _both(one: Audio, other: Audio) -> Audio:
    """Two voices at once."""
    sound = np.zeros(max(len(one), len(other)), dtype=np.float32)
    sound[: len(one)] += one
    sound[: len(other)] += other
    return sound


def _fast(sound: Audio) -> Audio:
    """A third higher, and as much shorter."""
    return np.asarray(resample_poly(sound, 4, 5), dtype=np.float32)


def _sound(voice: str) -> Audio:
    if " + " in voice:
        one, other = voice.split(" + ", 1)
        return _both(drum(one), drum(other))
    kind, _, name = voice.partition(" ")
    if kind in HEAT:
        return np.asarray(np.tanh(HEAT[kind] * drum(name)), dtype=np.float32)
    if kind == "fast":
        return _fast(drum(name))
    if kind == "sample":
        return sample(name)
    if kind == "gm":
        program, key = (int(word) for word in name.split())
        return fluid().note(program, key, 1.0, 110, DRUM_BANK)
    return _synthesise(kind, name).astype(np.float32)


@lru_cache(maxsize=256)
def drum(voice: str) -> Audio:
    """A drum voice by its name, mono float32, peak 1; KeyError for one that does not exist."""
    sound = _sound(voice)
    fade = np.minimum(1.0, np.arange(len(sound))[::-1] / FADE)
    return np.asarray(sound * fade / np.abs(sound).max(), dtype=np.float32)
