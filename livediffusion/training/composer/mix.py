"""Mixing on a circle: what runs past the end of the loop comes back at its start."""

from __future__ import annotations

import numpy as np

from livediffusion.training.composer.synth import SAMPLE_RATE, Audio, Curve


def add(bus: Curve, sound: Audio, start: int, gain: float) -> None:
    """Mix a sound into a bus (samples,) from sample `start`, wrapping at the end."""
    length = len(bus)
    position, taken = start % length, 0
    while taken < len(sound):
        count = min(length - position, len(sound) - taken)
        bus[position : position + count] += gain * sound[taken : taken + count]
        taken, position = taken + count, 0


def level(bus: Curve, rms: float) -> Curve:
    """Bring a bus to a root mean square; silence stays silence."""
    now = float(np.sqrt(np.mean(bus**2)))
    return bus * (rms / now) if now > 1e-6 else bus


def shape(bus: Curve, low_pass: float = 0.0, high_pass: float = 0.0, tilt: float = 0.0) -> Curve:
    """Filter a bus round the circle: cutoffs in Hz (0 none), tilt in octaves per octave.

    A tilt of +0.3 raises the top by about 6 dB against 1 kHz and lowers the bottom likewise.
    """
    hz = np.fft.rfftfreq(len(bus), 1.0 / SAMPLE_RATE)
    gain = np.ones_like(hz)
    if low_pass:
        gain /= np.sqrt(1.0 + (hz / low_pass) ** 4)
    if high_pass:
        gain /= np.sqrt(1.0 + (high_pass / (hz + 1.0)) ** 4)
    if tilt:
        gain *= (np.clip(hz, 60.0, None) / 1000.0) ** tilt
    return np.fft.irfft(np.fft.rfft(bus) * gain, len(bus))


def reverb(bus: Curve, amount: float, seconds: float) -> Curve:
    """Add the reverberation of a noise tail that falls by 60 dB in so many seconds."""
    count = min(len(bus), int(seconds * SAMPLE_RATE))
    tail = np.zeros(len(bus))
    t = np.arange(count) / SAMPLE_RATE
    tail[:count] = np.random.default_rng(3).normal(size=count) * np.exp(-6.9 * t / seconds)
    tail[: int(0.012 * SAMPLE_RATE)] = 0.0  # the room answers a little later
    hz = np.fft.rfftfreq(len(bus), 1.0 / SAMPLE_RATE)
    room = np.fft.rfft(tail) / (1.0 + (hz / 5000.0) ** 2) / (1.0 + (180.0 / (hz + 1.0)) ** 2)
    wet = np.fft.irfft(np.fft.rfft(bus) * room, len(bus))
    now = float(np.sqrt(np.mean(bus**2)))
    return bus + level(wet, amount * now)


def duck(length: int, kicks: list[int], depth: float) -> Curve:
    """A gain (samples,) that dips by `depth` at every kick: the pumping of dance music."""
    gain = np.ones(length)
    for kick in kicks:
        since = ((np.arange(length) - kick) % length) / SAMPLE_RATE
        gain = np.minimum(gain, 1.0 - depth * np.exp(-since / 0.09))
    return gain
