"""The DJ filter: one knob, low-pass to the left, high-pass to the right, nothing in the middle.

Two state-variable filters in a row (trapezoidal integrators: A. Simper, "Linear trapezoidal
integrated SVF", 2013), 24 dB an octave. They are linear, so a whole quantum is one matrix
product of input and state. The state holds the integrators, which mean the same whatever the
cutoff: the knob may jump, the output stays continuous.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.types import CHANNELS

Matrix = NDArray[np.float64]

_STEP = 0.25  # the knob's way in one quantum: its whole half takes 5 ms
_DAMPING = (1.2, 0.7)  # of the two stages; a little fuller at the cutoff than Butterworth
_SILENCE = 1e-15
_LAG = np.arange(QUANTUM)[:, None] - np.arange(QUANTUM)[None, :]
_FADE_IN = (np.arange(1, QUANTUM + 1, dtype=np.float32) / QUANTUM)[:, None]


@dataclass(frozen=True, slots=True)
class Response:
    """A linear filter over a quantum: output and next state from input and state."""

    from_input: Matrix  # (QUANTUM, QUANTUM)
    from_state: Matrix  # (QUANTUM, 4)
    state_from_input: Matrix  # (4, QUANTUM)
    state_from_state: Matrix  # (4, 4)


class DJFilter:
    """The filter with its state; at 0 the signal is left untouched.

    Threading: `turn` and `process` belong to the audio thread; call `response` from another
    thread first to spare it the computation.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._target = self._knob = 0.0
        self._state: Matrix = np.zeros((4, CHANNELS))

    @property
    def knob(self) -> float:
        """Where the knob has been turned to, -1..1."""
        return self._target

    def turn(self, knob: float) -> None:
        """Turn the knob, -1..1; the filter is there 5 ms later at the latest for half its way."""
        self._target = min(max(knob, -1.0), 1.0)

    def process(self, block: FloatArray) -> None:
        """Filter a block, (QUANTUM, channels), in place."""
        before = self._knob
        if before == self._target == 0.0:
            return
        way = self._target - before
        self._knob = after = before + math.copysign(min(abs(way), _STEP), way)
        if abs(way) <= _STEP:
            self._knob = after = self._target
        if before == after:
            self._state = self._run(after, block, block)
            return
        faded = block.copy()
        if before != 0.0:
            self._run(before, block, faded)
        self._state = self._run(after, block, block) if after else np.zeros_like(self._state)
        block -= faded
        block *= _FADE_IN
        block += faded

    def _run(self, knob: float, block: FloatArray, out: FloatArray) -> Matrix:
        """Write the filtered block to `out` and return the next state."""
        filtered = response(knob, self._sample_rate)
        samples = block.astype(np.float64)
        state = filtered.state_from_state @ self._state + filtered.state_from_input @ samples
        out[:] = filtered.from_input @ samples + filtered.from_state @ self._state
        largest = np.abs(state).max()
        if not largest > _SILENCE or not math.isfinite(largest):
            state[:] = 0.0  # neither denormal numbers nor what is not finite stay for ever
        return state


def cutoff(knob: float) -> float:
    """Cutoff in Hz: low-pass from 20 kHz down to 60 Hz, high-pass from 20 Hz up to 10 kHz."""
    if knob < 0.0:
        return float(20000.0 * (60.0 / 20000.0) ** -knob)
    return float(20.0 * (10000.0 / 20.0) ** knob)


@lru_cache(maxsize=256)
def response(knob: float, sample_rate: int) -> Response:
    """The filter's matrices for a place of the knob."""
    hertz = min(cutoff(knob), 0.45 * sample_rate)
    first, second = (_stage(hertz / sample_rate, damping, knob > 0.0) for damping in _DAMPING)
    a, b, c, d = _in_a_row(first, second)
    powers = np.eye(4)[None]
    square = a
    while len(powers) <= QUANTUM:  # A^0 .. A^QUANTUM and on, by doubling
        powers = np.concatenate([powers, powers @ square])
        square = square @ square
    impulse = np.append(d, powers[: QUANTUM - 1] @ b @ c)  # h[0] = D, h[k] = C A^(k-1) B
    return Response(
        from_input=np.where(_LAG >= 0, impulse[np.maximum(_LAG, 0)], 0.0),
        from_state=c @ powers[:QUANTUM],
        state_from_input=(powers[QUANTUM - 1 :: -1] @ b).T,
        state_from_state=powers[QUANTUM],
    )


def _stage(turns: float, damping: float, high: bool) -> tuple[Matrix, Matrix, Matrix, float]:
    """State space (A, B, C, D) of one state-variable filter; `turns` is cutoff over rate."""
    g = math.tan(math.pi * turns)
    a1 = 1.0 / (1.0 + g * (g + damping))
    a2 = g * a1
    a3 = g * a2
    a = np.array([[2.0 * a1 - 1.0, -2.0 * a2], [2.0 * a2, 1.0 - 2.0 * a3]])
    b = np.array([2.0 * a2, 2.0 * a3])
    if high:
        c = np.array([-damping * a1 - a2, damping * a2 - (1.0 - a3)])
        return a, b, c, 1.0 - damping * a2 - a3
    return a, b, np.array([a2, 1.0 - a3]), a3


def _in_a_row(
    first: tuple[Matrix, Matrix, Matrix, float], second: tuple[Matrix, Matrix, Matrix, float]
) -> tuple[Matrix, Matrix, Matrix, float]:
    a1, b1, c1, d1 = first
    a2, b2, c2, d2 = second
    a = np.block([[a1, np.zeros((2, 2))], [np.outer(b2, c1), a2]])
    return a, np.append(b1, b2 * d1), np.append(d2 * c1, c2), d1 * d2
