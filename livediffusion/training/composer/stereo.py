"""Where a bus sits between left and right, as gains over frequency.

Both channels keep one phase, so that they never cancel in mono and a picture of levels holds
all there is to hear. Spectra are those of `rfft` over a whole loop.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from livediffusion.training.composer.synth import SAMPLE_RATE

Spectrum = NDArray[np.complex64]
Gain = NDArray[np.float32]
POINTS = 192  # of a curve over the logarithm of frequency
CENTRED_HZ = 160.0  # below it everything is in the middle
WIDEST = 0.7  # rad off the middle: 2.3 dB less in mono, at the widest points only
TAKES_APART = 0.45  # how far two takes at full width fall short of being the same sound


@lru_cache(maxsize=4)
def bins(length: int) -> Gain:
    """Hz of each bin."""
    return np.fft.rfftfreq(length, 1.0 / SAMPLE_RATE).astype(np.float32)


@lru_cache(maxsize=4)
def _octaves(length: int) -> tuple[NDArray[np.int32], Gain]:
    """Each bin's place on a curve: the point below it and how far it lies above that."""
    place = np.log2(np.maximum(bins(length), 40.0) / 40.0) / np.log2(400.0) * (POINTS - 1)
    below = np.minimum(place.astype(np.int32), POINTS - 2)
    return below, (place - below).astype(np.float32)


@lru_cache(maxsize=4)
def sides(length: int) -> Gain:
    """How far each bin may leave the middle: 0 in the low end, 1 above it."""
    ratio = CENTRED_HZ / (bins(length) + 1.0)
    return np.asarray(1.0 / (1.0 + ratio**6), dtype=np.float32)


def curve(seed: int) -> Gain:
    """A smooth wandering line (POINTS,) within -1..1, different for every seed."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 1.0, POINTS)
    turns, phases = np.array([2.0, 3.5, 5.5, 8.0]), rng.uniform(0.0, 2 * np.pi, 4)
    line = np.sin(2 * np.pi * np.outer(x, turns) + phases).sum(1)
    return np.asarray(np.tanh(line), dtype=np.float32)


@lru_cache(maxsize=256)
def gains(length: int, width: float, pan: float, seed: int) -> tuple[Gain, Gain]:
    """Left and right gain of each bin: equal power, centred in the low end."""
    angle = WIDEST * np.clip(width * curve(seed) + pan, -1.0, 1.0)
    x = 40.0 * 400.0 ** np.linspace(0.0, 1.0, POINTS)
    angle = angle / (1.0 + (CENTRED_HZ / x) ** 6)
    below, rest = _octaves(length)
    pair = []
    for sign in (-1.0, 1.0):
        line = (np.sqrt(2.0) * np.sin(np.pi / 4 + sign * angle)).astype(np.float32)
        slope = np.append(np.diff(line), np.float32(0.0))
        pair.append(line[below] + slope[below] * rest)
    return pair[0], pair[1]


def two_takes(first: Spectrum, second: Spectrum, width: float) -> tuple[Spectrum, Spectrum]:
    """Left and right of a part played twice, the second take only slightly nearer the right."""
    alike = 1.0 - TAKES_APART * width  # correlation of the channels
    middle = np.float32(np.sqrt((1.0 + alike) / 4.0))
    side = np.float32(np.sqrt((1.0 - alike) / 4.0)) * sides(2 * (len(first) - 1))
    mid, apart = middle * (first + second), side * (first - second)
    return mid + apart, mid - apart
