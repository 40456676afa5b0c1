"""The sender's clock and ours: when a timetag is, and whether it can be believed."""

from __future__ import annotations

import time

from livediffusion.types import Seconds

_REMEASURE = 1.0  # seconds between two looks at the wall clock
_LOOKS = 3
_TOO_FAR = 60.0  # seconds ahead
_TOO_LATE = 1.0
FAR = "A bundle's time is more than 60 s ahead: it acts at once. Compare the clocks."
LATE = "A bundle is more than 1 s late: it acts at once. Compare the clocks."


def measured_offset() -> Seconds:
    """Unix time less time.monotonic(): of several looks the one that was interrupted least."""
    looks = []
    for _ in range(_LOOKS):
        before, unix, after = time.monotonic(), time.time(), time.monotonic()
        looks.append((after - before, unix - (before + after) / 2.0))
    return min(looks)[1]


class WallClock:
    """Unix time on time.monotonic()'s clock; the difference is measured anew each second."""

    def __init__(self) -> None:
        self._measured = -_REMEASURE
        self._offset = 0.0

    def monotonic(self, unix_time: Seconds, now: Seconds) -> Seconds:
        """When `unix_time` is, given the monotonic time now."""
        if now - self._measured >= _REMEASURE:
            self._offset = measured_offset()
            self._measured = now
        return unix_time - self._offset

    def due(self, unix_time: Seconds, now: Seconds) -> tuple[Seconds, str]:
        """When a bundle with this time acts, never before now, and what is wrong with the time."""
        due = self.monotonic(unix_time, now)
        if due > now + _TOO_FAR:
            return now, FAR
        return (due, "") if due > now else (now, LATE if due < now - _TOO_LATE else "")
