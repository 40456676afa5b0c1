"""Mixing on a circle: what runs past the end of the loop comes back at its start.

Buses are float32 (samples,); whatever can be done to spectra is, so that a bus costs one FFT.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from livediffusion.training.composer.stereo import Gain, Spectrum, bins
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio

Stereo = NDArray[np.complex64]  # (2, bins): the spectra of left and right
DIP_S = 0.4  # seconds after which a ducked bus is back
ATTACK = 128  # samples before a kick in which it goes down


def add(bus: Audio, sound: Audio, start: int, gain: float) -> None:
    """Mix a sound into a bus from sample `start`, wrapping at the end."""
    length = len(bus)
    position, taken = start % length, 0
    while taken < len(sound):
        count = min(length - position, len(sound) - taken)
        bus[position : position + count] += np.float32(gain) * sound[taken : taken + count]
        taken, position = taken + count, 0


def spectrum(bus: Audio) -> Spectrum:
    """Spectrum (bins,) of a bus."""
    return np.asarray(scipy.fft.rfft(bus), dtype=np.complex64)


def sound(spectra: Stereo, length: int) -> Audio:
    """Audio (2, length) of the spectra of left and right."""
    return np.asarray(scipy.fft.irfft(spectra, length, axis=-1), dtype=np.float32)


def rms(spectra: Spectrum | Stereo) -> float:
    """Root mean square of a channel, of both together if there are two (Parseval)."""
    length = 2 * (spectra.shape[-1] - 1)
    flat = spectra.ravel().view(np.float32)
    channels = spectra.size // spectra.shape[-1]
    return float(np.sqrt(2.0 * np.dot(flat, flat) / channels) / length)


def level(spectra: Stereo, target: float) -> Stereo:
    """Bring spectra to a root mean square; silence stays silence."""
    now = rms(spectra)
    return spectra * np.float32(target / now) if now > 1e-6 else spectra


def tone(length: int, low_pass: float, high_pass: float, tilt: float) -> Gain:
    """Gain of each bin: cutoffs in Hz (0 none), tilt in octaves per octave about 1 kHz."""
    hz = bins(length)
    gain = (np.clip(hz, 60.0, None) / np.float32(1000.0)) ** np.float32(tilt) if tilt else 1.0
    if low_pass:
        gain = gain / np.sqrt(1.0 + (hz / np.float32(low_pass)) ** 4)
    gain = gain / np.sqrt(1.0 + (np.float32(high_pass) / (hz + 1.0)) ** 4)
    gain[0] = 0.0  # no DC
    return np.asarray(gain, dtype=np.float32)


@lru_cache(maxsize=48)
def _room(length: int, tenths: int) -> Stereo:
    """Left and right response of a noise tail that falls by 60 dB in so many tenths of a second."""
    seconds = tenths / 10.0
    t = np.arange(round(1.2 * seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = bins(length)
    colour = 1.0 / (1.0 + (hz / 5000.0) ** 2) / (1.0 + (180.0 / (hz + 1.0)) ** 2)
    responses = []
    for seed in (3, 4):
        noise = np.random.default_rng(seed).normal(size=len(t)) * np.exp(-6.9 * t / seconds)
        noise[: int(0.012 * SAMPLE_RATE)] = 0.0  # the room answers a little later
        whole = np.append(noise, np.zeros(-len(noise) % length)).reshape(-1, length)
        responses.append(scipy.fft.rfft(whole.sum(0)) * colour)
    # One room heard by two ears: they agree by half, or the tail would vanish in mono.
    left, right = responses
    pair = np.stack([0.92 * left + 0.39 * right, 0.39 * left + 0.92 * right])
    return np.asarray(pair, dtype=np.complex64)


def reverb(spectra: Stereo, amount: float, seconds: float) -> Stereo:
    """Add a room whose answer has `amount` times the sound's root mean square."""
    now = rms(spectra)
    if amount <= 0.0 or now < 1e-6:
        return spectra
    length = 2 * (spectra.shape[-1] - 1)
    wet = _room(length, max(2, round(10 * seconds))) * (0.5 * (spectra[0] + spectra[1]))
    return spectra + level(wet, amount * now)


@lru_cache(maxsize=4)
def _later(length: int, samples: int) -> Spectrum:
    """What a delay does to each bin."""
    turn = -2j * np.pi * samples / length * np.arange(length // 2 + 1)
    return np.asarray(np.exp(turn), dtype=np.complex64)


@lru_cache(maxsize=4)
def _ear(length: int) -> Gain:
    """Power gain of BS.1770's two filters, in their analogue form bent as the standard does."""
    hz = bins(length).astype(np.float64)

    def turned(corner: float) -> NDArray[np.complex128]:
        limit = SAMPLE_RATE / np.pi
        return np.asarray(1j * np.tan(np.minimum(hz / limit, 1.57)) / np.tan(corner / limit))

    s, q, high = turned(1681.974), 0.7071752, 10.0 ** (3.99984385 / 20.0)
    shelf = (high * s**2 + high**0.4996667741545416 * s / q + 1.0) / (s**2 + s / q + 1.0)
    s, q = turned(38.13547), 0.5003270
    return np.asarray(np.abs(shelf * s**2 / (s**2 + s / q + 1.0)) ** 2, dtype=np.float32)


def loudness(spectra: Stereo) -> float:
    """LUFS of an endless loop, as `livediffusion.spectrogram.level.loop_loudness` has it."""
    length = 2 * (spectra.shape[-1] - 1)
    power = (spectra.real**2 + spectra.imag**2).sum(0)
    mean_square = 2.0 * float(np.dot(power, _ear(length))) / length**2
    return float(-0.691 + 10.0 * np.log10(max(mean_square, 1e-20)))


def echo(spectra: Stereo, amount: float, samples: int) -> Stereo:
    """Add two echoes, the first more to the left and the second, softer, more to the right."""
    if amount <= 0.0:
        return spectra
    length = 2 * (spectra.shape[-1] - 1)
    once = _later(length, samples) * np.float32(amount)
    twice = once * once
    middle = 0.5 * (spectra[0] + spectra[1])
    wet = np.stack([1.2 * once + 0.7 * twice, 0.7 * once + 1.2 * twice]) * middle
    return np.asarray(spectra + wet, dtype=np.complex64)


@lru_cache(maxsize=16)
def _dip(depth: float) -> Audio:
    since = np.arange(int(DIP_S * SAMPLE_RATE)) / SAMPLE_RATE
    fall = np.linspace(0.0, 1.0, ATTACK)  # a gain that jumped would click
    return np.asarray(1.0 - depth * np.append(fall, np.exp(-since / 0.09)), dtype=np.float32)


def duck(length: int, kicks: list[int], depth: float) -> Audio:
    """A gain (samples,) that dips by `depth` at every kick: the pumping of dance music."""
    dip = _dip(depth)
    gain = np.ones(length + len(dip), np.float32)
    for kick in kicks:
        start = (kick - ATTACK) % length
        part = gain[start : start + len(dip)]
        np.minimum(part, dip, out=part)
    gain[: len(dip)] = np.minimum(gain[: len(dip)], gain[length:])
    return gain[:length]


@lru_cache(maxsize=4)
def pulse(length: int, steps: int) -> Audio:
    """A gain (samples,) that swells on every quarter and a little on the eighths between."""
    period = length * 4 // steps
    gain = np.full(length, 0.3, np.float32)
    since = np.arange(length) % period / SAMPLE_RATE
    between = (np.arange(length) + period // 2) % period / SAMPLE_RATE
    gain += 0.7 * np.maximum(np.exp(-since / 0.15), 0.5 * np.exp(-between / 0.12))
    rise = ATTACK // 2 + 1  # samples over which it comes up
    smooth = np.convolve(np.resize(gain, length + rise - 1), np.ones(rise) / rise, "valid")
    return np.asarray(smooth, dtype=np.float32)
