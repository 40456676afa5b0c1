"""A steady line through the arrival times of clock ticks.

Ticks come late, glued together, twice or not at all. A line is fitted through the last ones by
least squares, over as many as agree with the newer ones among them (Lepski's choice of a window):
so it starts after a few ticks, narrows while the tempo stays, follows a change within a beat, and
has no lag at rest.

A tick that came twice or not at all shows as a step of exactly one period, and is put right. More
than two at once are a master that stood still for as long, as one does whose audio drops out: its
song has waited, and so does ours. A driver that hands ticks over in blocks of nearly their own
length makes steps of one period, too: now and then two come as one. Such a step comes again and
again, so the second of the same kind says that both were none.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livediffusion.types import Seconds

_Floats: TypeAlias = NDArray[np.float64]

_WINDOWS = np.array((6, 12, 18, 24, 36, 48, 72, 96, 144, 192))  # ticks
_LEAST, _MOST = int(_WINDOWS[0]), int(_WINDOWS[-1])
_AGREES = 2.5  # standard errors that a longer window's line may be from a shorter one's
_FIRST_JITTER: Seconds = 0.002  # until it is known
_LEAST_JITTER: Seconds = 0.0003
_JITTER_LAGS = (1, 8)  # ticks, over which second differences are taken
_JITTER_OVER = 96  # ticks
_JITTER_EVERY = 6  # ticks
_ASTRAY = 0.6  # periods off the line; further, and ticks may have been lost or doubled
_DECIDED_BY = 5  # ticks that are astray together
_SAME_STEP = 0.35  # periods that these may differ by
_MOST_LOST = 2  # ticks at once
_RARE = 14400  # ticks, five minutes at 120 bpm: who loses or doubles another by then does not
_BLOCK = 0.6  # periods that lines may be apart where ticks come in blocks about so long
_JUMPS = 1.0  # periods that these may go further off, and the line still be of use
_LEAST_PERIOD: Seconds = 0.001


@dataclass(frozen=True, slots=True)
class Line:
    """Tick `count` is at `time`, the next one `period` later; `doubt` is the period's error.

    `over` is how many ticks it was fitted through. All in seconds.
    """

    count: int
    time: Seconds
    period: Seconds
    doubt: Seconds
    over: int

    def time_of(self, count: float) -> Seconds:
        """When a tick is due."""
        return self.time + (count - self.count) * self.period


@dataclass(frozen=True, slots=True)
class _Step:
    """Ticks that were lost (more than 0) or doubled, before tick `count` as it is counted since."""

    count: int
    size: int


class TickLine:
    """Counts ticks, and says when they really are."""

    def __init__(self) -> None:
        self.line: Line | None = None  # None before the sixth tick
        self.count = -1  # of the last tick, from 0, lost ones included
        self.jitter: Seconds = _FIRST_JITTER
        self._counts: deque[int] = deque(maxlen=_MOST)
        self._times: deque[Seconds] = deque(maxlen=_MOST)
        self._off = 0.0  # periods that the last one was off the line
        self._astray: list[tuple[int, Seconds]] = []  # the ones since, that nobody understands yet
        self._steps: dict[int, _Step] = {}  # the last one that was put right, by its direction
        self._normal: set[int] = set()  # directions in which steps mean nothing

    def tick(self, time: Seconds) -> int:
        """Take in a tick; by how many ticks the count was wrong before it."""
        self.count += 1
        line = self.line
        if line is None or len(self._times) < _LEAST:
            self._take(self.count, time)
            return 0
        off = (time - line.time_of(self.count)) / line.period
        if abs(off) < _ASTRAY:
            self._astray.clear()
            self._off = off
            self._take(self.count, time)
            return 0
        self._astray.append((self.count, time))
        return self._decide(line) if len(self._astray) == _DECIDED_BY else 0

    def _decide(self, line: Line) -> int:
        """A step of whole periods means ticks that were lost or doubled, else the tempo changed."""
        ticks, self._astray = self._astray, []
        off = [(time - line.time_of(count)) / line.period for count, time in ticks]
        mean = sum(off) / len(off)
        size = round(mean)
        sudden = abs(off[0] - self._off - size) < _SAME_STEP
        is_step = size != 0 and sudden and all(abs(one - size) < _SAME_STEP for one in off)
        moved = 0
        if is_step and abs(size) <= _MOST_LOST:
            moved = self._put_right(size, ticks[0][0])
        elif abs(mean) > _MOST_LOST and all(abs(one - mean) < _SAME_STEP for one in off):
            stood = mean * line.period
            self._times = deque((time + stood for time in self._times), maxlen=_MOST)
        elif abs(off[-1] - off[0]) > _JUMPS:  # another tempo altogether
            self._counts.clear()
            self._times.clear()
        self.count += moved
        for count, time in ticks:
            self._take(count + moved, time)
        return moved

    def _put_right(self, size: int, count: int) -> int:
        """How far to move the count for a step before a tick; the second takes the first back."""
        direction = 1 if size > 0 else -1
        if direction in self._normal:
            return 0
        before = self._steps.get(direction)
        if before is None or count - before.count > _RARE:
            self._steps[direction] = _Step(count + size, size)
            return size
        self._normal.add(direction)
        counts = [c - before.size if c >= before.count else c for c in self._counts]
        self._counts = deque(counts, maxlen=_MOST)
        return -before.size

    def _take(self, count: int, time: Seconds) -> None:
        self._counts.append(count)
        self._times.append(time)
        if len(self._times) < _LEAST:
            return
        counts = np.array(self._counts, np.float64) - count
        times = np.array(self._times) - time
        if count % _JITTER_EVERY == 0 and len(times) >= 3 * max(_JITTER_LAGS):
            self.jitter = _jitter(times)
        slack = _BLOCK * self.line.period if self._normal and self.line else 0.0
        fitted = _fit(counts[::-1], times[::-1], self.jitter, slack)
        if fitted is not None:
            end, period, over = fitted
            doubt = self.jitter * math.sqrt(12.0 / over**3)
            self.line = Line(count, time + end, period, doubt, over)


def _fit(
    counts: _Floats, times: _Floats, jitter: Seconds, slack: Seconds
) -> tuple[Seconds, Seconds, int] | None:
    """Where the line is at the last tick, its period, and through how many ticks it goes.

    It is that of the longest window which agrees with every shorter one; up to `slack` lines agree
    in any case. `counts` and `times` are (ticks,), the last one first, less the last one's. None
    if no line goes through the ticks.
    """
    windows = _WINDOWS[len(times) >= _WINDOWS]
    sums = np.stack((counts, times, counts * times, counts * counts)).cumsum(axis=1)
    x, y, xy, xx = sums[:, windows - 1] / windows  # means over each window
    periods = (xy - x * y) / (xx - x * x)
    ends = y - periods * x
    doubts = np.maximum(slack, _AGREES * jitter * 2.0 / np.sqrt(windows))
    low, high, found = -math.inf, math.inf, None
    for end, period, doubt, over in zip(
        ends.tolist(), periods.tolist(), doubts.tolist(), windows.tolist(), strict=True
    ):
        if not low <= end <= high:
            break
        if period >= _LEAST_PERIOD:  # else they came all at once
            low, high, found = max(low, end - doubt), min(high, end + doubt), (end, period, over)
    return found


def _jitter(times: _Floats) -> Seconds:
    """How much ticks come early and late, from second differences, which no tempo shows in."""
    found = [_LEAST_JITTER]
    for lag in _JITTER_LAGS:
        recent = times[-_JITTER_OVER - 2 * lag :]
        bends = recent[2 * lag :] - 2.0 * recent[lag:-lag] + recent[: -2 * lag]
        found.append(math.sqrt(float(np.mean(bends**2)) / 6.0))
    return max(found)
