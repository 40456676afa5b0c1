"""How long a render takes, learned from the renders that were made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from livediffusion.types import Seconds

_REMEMBERED = 32
_FIRST_GUESS_S = 1.0  # before anything was measured


def _lately() -> deque[Seconds]:
    return deque(maxlen=_REMEMBERED)


@dataclass(slots=True)
class _Times:
    """Of recent renders of so many loops at once, split into what grows with the steps and not."""

    tries: int = 0
    per_step: deque[Seconds] = field(default_factory=_lately)
    rest: deque[Seconds] = field(default_factory=_lately)


class RenderTimes:
    """p95 of recent renders, of one loop and of several at once.

    Loops that came out of the cache are not fed in: they say nothing about the next render.
    """

    def __init__(self) -> None:
        self._times: dict[int, _Times] = {}

    def add(self, total: Seconds, denoise: Seconds, steps: int, count: int = 1) -> None:
        """Learn from one render, of `count` loops at once.

        Not from the first of several at once: a new shape makes kernels be chosen, or compared.
        """
        times = self._times.setdefault(count, _Times())
        times.tries += 1
        if count > 1 and times.tries == 1:
            return
        times.per_step.append(denoise / max(steps, 1))
        times.rest.append(max(total - denoise, 0.0))

    def p95(self, steps: int, count: int = 1) -> Seconds:
        """What 19 of 20 renders of so many steps stay under, of `count` loops at once.

        As long as that was not tried: as if they were rendered one by one.
        """
        times = self._times.get(count)
        if times is not None and times.rest:
            return _p95(times.rest) + steps * _p95(times.per_step)
        return count * self.p95(steps) if count > 1 else _FIRST_GUESS_S

    def gains(self, steps: int, count: int) -> bool:
        """Whether `count` loops at once are no slower than one by one, as far as is known."""
        return self.p95(steps, count) <= count * self.p95(steps)

    def affordable_steps(self, time: Seconds, wanted: int, least: int) -> int:
        """The most steps, between `least` and `wanted`, whose p95 fits into `time`."""
        times = self._times.get(1)
        if times is None or not times.rest or self.p95(wanted) <= time:
            return wanted
        per_step = max(_p95(times.per_step), 1e-6)
        return max(min(least, wanted), min(wanted, int((time - _p95(times.rest)) / per_step)))


def _p95(values: Iterable[Seconds]) -> Seconds:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
