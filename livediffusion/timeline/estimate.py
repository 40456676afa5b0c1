"""How long a render takes, learned from the renders that were made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from livediffusion.types import Seconds

_REMEMBERED = 32
_FIRST_GUESS_S = 1.0  # before anything was measured


class RenderTimes:
    """p95 of recent renders, split into what grows with the steps and what does not.

    Loops that came out of the cache are not fed in: they say nothing about the next render.
    """

    def __init__(self) -> None:
        self._per_step: deque[Seconds] = deque(maxlen=_REMEMBERED)
        self._rest: deque[Seconds] = deque(maxlen=_REMEMBERED)

    def add(self, total: Seconds, denoise: Seconds, steps: int) -> None:
        """Learn from one render."""
        self._per_step.append(denoise / max(steps, 1))
        self._rest.append(max(total - denoise, 0.0))

    def p95(self, steps: int) -> Seconds:
        """What 19 of 20 renders of so many steps stay under."""
        if not self._rest:
            return _FIRST_GUESS_S
        return _p95(self._rest) + steps * _p95(self._per_step)

    def affordable_steps(self, time: Seconds, wanted: int, least: int) -> int:
        """The most steps, between `least` and `wanted`, whose p95 fits into `time`."""
        if not self._rest or self.p95(wanted) <= time:
            return wanted
        per_step = max(_p95(self._per_step), 1e-6)
        return max(min(least, wanted), min(wanted, int((time - _p95(self._rest)) / per_step)))


def _p95(values: Iterable[Seconds]) -> Seconds:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
