"""Reading a loop between its frames: a windowed sinc, in phases, round the circle.

J. O. Smith, "Digital Audio Resampling", 2002. At speeds near 1 nothing has to be filtered away,
so the kernel passes everything up to 20 kHz and stops before the mirror at 28 kHz. At a whole
position it is exactly 1 in its middle and 0 elsewhere: reading at speed 1 begins and ends there
without a seam.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.loop import Loop
from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.types import CHANNELS, Frames

_TAPS = 32
_PHASES = 512
_BETA = 8.0  # of Kaiser's window: 80 dB
_STEPS = np.arange(QUANTUM, dtype=np.float64)
_BEFORE = _TAPS // 2 - 1  # frames that a kernel reaches back
_STEADY = 0.01  # frames: a drift over a quantum that a straight line between two kernels follows
_SPAN: Frames = QUANTUM + QUANTUM // 4 + _TAPS  # scratch space, for speeds up to 1.25


def _make_kernels() -> NDArray[np.float32]:
    """The kernel for each phase, (PHASES + 2, TAPS)."""
    away = np.arange(_TAPS) - _BEFORE - np.arange(_PHASES + 2)[:, None] / _PHASES
    inside = np.clip(1.0 - (away / (_TAPS / 2)) ** 2, 0.0, None)
    kernels = np.sinc(away) * np.i0(_BETA * np.sqrt(inside)) / np.i0(_BETA)
    kernels /= kernels.sum(axis=1, keepdims=True)
    kernels[0] = away[0] == 0.0
    kernels[_PHASES] = away[_PHASES] == 0.0
    return kernels.astype(np.float32)


_KERNELS = _make_kernels()
_SLOPES = np.diff(_KERNELS, axis=0)  # (PHASES + 1, TAPS)
_PROGRESS = np.repeat(_STEPS / QUANTUM, CHANNELS).astype(np.float32)


class Interpolator:
    """Reads loops at any place, at speeds about 1.

    Threading: belongs to one thread; it has scratch space of its own.
    """

    def __init__(self) -> None:
        self._frames: FloatArray = np.zeros((_SPAN, CHANNELS), np.float32)
        self._around: FloatArray = np.zeros((CHANNELS, _SPAN), np.float32)
        self._windows = np.lib.stride_tricks.sliding_window_view(self._around, _TAPS, axis=1)

    def read(self, loop: Loop, position: float, speed: float, out: FloatArray) -> None:
        """Fill `out`, (frames, channels), from a place between frames on, `speed` frames a frame.

        At speed 1 and a whole position the loop passes bit for bit.
        """
        if speed == 1.0 and position == math.floor(position):
            loop.read(int(position) % loop.frames, out)
            return
        for start in range(0, len(out), QUANTUM):
            part = out[start : start + QUANTUM]
            self._read_quantum(loop, position + start * speed, speed, part)

    def _read_quantum(self, loop: Loop, position: float, speed: float, out: FloatArray) -> None:
        first = math.floor(position)
        drift = (speed - 1.0) * len(out)
        if abs(drift) < _STEADY and 0.0 <= position - first + drift <= 1.0:
            self._read_steadily(loop, first, position - first, drift, out)
            return
        places = _STEPS[: len(out)] * speed + (position - first)
        whole = places.astype(np.int64)
        places -= whole
        places *= _PHASES
        phases = places.astype(np.int64)
        places -= phases
        span: Frames = int(whole[-1]) + _TAPS
        loop.read((first - _BEFORE) % loop.frames, self._frames[:span])
        self._around[:, :span] = self._frames[:span].T
        kernels = _SLOPES.take(phases, axis=0)  # (n, TAPS)
        kernels *= places.astype(np.float32)[:, None]
        kernels += _KERNELS.take(phases, axis=0)
        windows = self._windows.take(whole, axis=1)  # (channels, n, TAPS)
        np.einsum("cnt,nt->nc", windows, kernels, out=out)

    def _read_steadily(
        self, loop: Loop, first: Frames, place: float, drift: float, out: FloatArray
    ) -> None:
        """All frames lie nearly alike between their neighbours: from one kernel to another."""
        count = len(out)
        around = self._frames[: count + _TAPS - 1]
        loop.read((first - _BEFORE) % loop.frames, around)
        both = around.reshape(-1)  # left and right by turns, and so are the kernel and zeros
        before = np.correlate(both, self._spread(place), "valid")
        after = np.correlate(both, self._spread(place + drift), "valid")
        after -= before
        after *= _PROGRESS[: 2 * count] * np.float32(QUANTUM / count)
        after += before
        out[:] = after.reshape(count, CHANNELS)

    def _spread(self, place: float) -> FloatArray:
        phase = int(place * _PHASES)
        part = np.float32(place * _PHASES - phase)
        spread: FloatArray = np.zeros(CHANNELS * (_TAPS - 1) + 1, np.float32)
        spread[::CHANNELS] = _KERNELS[phase] + _SLOPES[phase] * part
        return spread
