"""Tap tempo: the tempo of the last taps, one wild one among them ignored."""

from __future__ import annotations

import statistics

from livediffusion.types import BPM, Seconds

_FORGOTTEN: Seconds = 2.1  # after the last tap: the hand may be late even at 30 bpm
_LAST = 8  # taps
_LEAST = 3
_WILD = 0.2  # relative to the median, an interval that is no beat
_SLOWEST, _FASTEST = 20.0, 300.0  # bpm


class Taps:
    """Somebody taps the beat."""

    def __init__(self) -> None:
        self._times: list[Seconds] = []

    def tap(self, time: Seconds) -> BPM | None:
        """The tempo after another tap, to a tenth of a bpm; None before the third.

        A little over two seconds without a tap begin anew.
        """
        if self._times and not 0.0 < time - self._times[-1] < _FORGOTTEN:
            self._times.clear()
        self._times = [*self._times, time][-_LAST:]
        if len(self._times) < _LEAST:
            return None
        intervals = [b - a for a, b in zip(self._times, self._times[1:], strict=False)]
        middle = statistics.median_low(intervals)
        beats = [one for one in intervals if abs(one - middle) <= _WILD * middle]
        return round(min(max(60.0 / statistics.fmean(beats), _SLOWEST), _FASTEST), 1)
