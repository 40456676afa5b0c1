"""The last thing before the device: nothing louder than -1 dBFS, nothing that is not finite.

A look-ahead peak limiter: the gain reduction that each sample needs is held over the look-ahead
(a running maximum), let go exponentially, and smoothed by a box as long as the look-ahead, so it
has arrived in full when the loud sample leaves. Below the ceiling the signal is only delayed,
bit for bit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.types import CHANNELS, Frames, Seconds

CEILING = np.float32(math.pow(10.0, -1.0 / 20.0))
DELAY: Frames = QUANTUM
_RELEASE: Seconds = 0.08
_SILENT_REDUCTION = 1e-5  # where letting go ends, 0.0001 dB
_BOX = np.full(QUANTUM, 1.0 / QUANTUM)


class Limiter:
    """Delays by `DELAY` frames and never lets a sample exceed `CEILING`.

    Threading: belongs to the audio thread.
    """

    def __init__(self, sample_rate: int) -> None:
        decay = math.exp(-1.0 / (_RELEASE * sample_rate))
        self._decay = np.power(decay, np.arange(1, QUANTUM + 1))
        self._waiting: FloatArray = np.zeros((QUANTUM, CHANNELS), np.float32)
        self._needed = np.zeros(2 * QUANTUM)  # the last quantum's and this one's
        self._held = np.zeros(2 * QUANTUM)
        self._reduction = 0.0  # where the letting go is

    def process(self, block: FloatArray) -> None:
        """Replace a block, (QUANTUM, channels), by the limited one before it."""
        magnitude = np.abs(block)
        peak = float(magnitude.max())
        if not math.isfinite(peak):
            np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            magnitude = np.abs(block)
            peak = float(magnitude.max())
        idle = peak <= CEILING and self._reduction == 0.0 and not self._held[QUANTUM:].any()
        gains = None if idle else self._gains(magnitude.max(axis=1))
        block_before, self._waiting = self._waiting, block.copy()
        if gains is None:
            block[:] = block_before
            return
        np.multiply(block_before, gains[:, None], out=block, casting="same_kind")
        np.clip(block, -CEILING, CEILING, out=block)  # against rounding

    def _gains(self, magnitude: NDArray[np.float32]) -> NDArray[np.float64]:
        """Gains, (QUANTUM,), for the waiting block; `magnitude` is that of the new one."""
        needed, held = self._needed, self._held
        needed[:QUANTUM] = needed[QUANTUM:]
        held[:QUANTUM] = held[QUANTUM:]
        loud = np.maximum(magnitude, CEILING).astype(np.float64)
        needed[QUANTUM:] = 1.0 - float(CEILING) / loud
        ahead = _running_maximum(needed)[QUANTUM:]
        let_go = np.maximum.accumulate(np.maximum(ahead / self._decay, self._reduction))
        held[QUANTUM:] = let_go * self._decay
        self._reduction = float(held[-1])
        if self._reduction < _SILENT_REDUCTION and not needed[QUANTUM:].any():
            self._reduction = 0.0
        smooth: NDArray[np.float64] = np.convolve(held[1:], _BOX, "valid")
        return 1.0 - smooth


def _running_maximum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The maximum of each value and the `DELAY` before it, as far as they are given."""
    out = values.copy()
    reach = 1
    while reach <= DELAY:  # out[n] is the maximum over `reach` values that end at n
        step = min(reach, DELAY + 1 - reach)
        out[step:] = np.maximum(out[step:], out[:-step])
        reach += step
    return out
