"""A gain that moves without a click."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livediffusion.types import Decibels, Frames

FloatArray: TypeAlias = NDArray[np.float32]

QUANTUM = 64  # frames that the player computes at a time, whatever the device asks for
_COUNT = np.arange(1, QUANTUM + 1, dtype=np.float64)  # (QUANTUM,)


def gain_of(decibels: Decibels) -> float:
    """Linear gain; 0 dB is exactly 1."""
    return math.pow(10.0, decibels / 20.0)


class Ramp:
    """A linear ramp between gains, computed from whole frame counts.

    Threading: belongs to the audio thread.
    """

    def __init__(self, value: float) -> None:
        self._start = self.target = value
        self._done: Frames = 0
        self._length: Frames = 0

    @property
    def value(self) -> float:
        """The gain of the frame that was computed last."""
        if self._done >= self._length:
            return self.target
        return self._start + (self.target - self._start) * max(self._done, 0) / self._length

    @property
    def moving(self) -> bool:
        """Whether the target is still ahead."""
        return self._done < self._length

    def jump(self, value: float) -> None:
        """Be at a gain at once."""
        self._start = self.target = value
        self._done = self._length = 0

    def to(self, target: float, length: Frames, delay: Frames = 0) -> None:
        """Move to a gain within `length` frames, after keeping still for `delay` frames."""
        self._start, self.target = self.value, target
        self._length, self._done = max(length, 1), -delay

    def apply(self, block: FloatArray) -> None:
        """Multiply a block, (QUANTUM, channels), in place; at gain 1 it is left untouched."""
        if not self.moving:
            if self.target != 1.0:
                np.multiply(block, np.float32(self.target), out=block)
            return
        place = np.clip((_COUNT + self._done) / self._length, 0.0, 1.0)
        gains = self._start + (self.target - self._start) * place
        self._done += QUANTUM
        np.multiply(block, gains.astype(np.float32)[:, None], out=block)
