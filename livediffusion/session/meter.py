"""How loud a session is, second by second."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from livediffusion.types import CHANNELS, SAMPLE_RATE, Decibels, Frames, Json

_SILENCE = 1e-6  # -120 dBFS


class Meter:
    """Takes sound in pieces and gives a level event for each whole second."""

    def __init__(self) -> None:
        self._heard: NDArray[np.float32] = np.zeros((0, CHANNELS), np.float32)

    def hear(self, audio: NDArray[np.float32], end: Frames) -> Iterator[Json]:
        """Take a piece, (frames, channels), that ends at output frame `end`."""
        self._heard = np.concatenate([self._heard, audio])
        while len(self._heard) >= SAMPLE_RATE:
            start = end - len(self._heard)
            second, self._heard = self._heard[:SAMPLE_RATE], self._heard[SAMPLE_RATE:]
            yield _level(second, start)


def _level(audio: NDArray[np.float32], frame: Frames) -> Json:
    peaks, powers = np.abs(audio).max(axis=0), np.mean(np.square(audio), axis=0)
    return {
        "type": "level",
        "frame": frame,
        "peak": [_decibels(float(peak)) for peak in peaks],
        "rms": [_decibels(math.sqrt(float(power))) for power in powers],
    }


def _decibels(linear: float) -> Decibels:
    return round(20.0 * math.log10(max(linear, _SILENCE)), 2)
