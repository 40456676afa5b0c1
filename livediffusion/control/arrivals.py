"""When MIDI messages arrived, however late they are fetched."""

from __future__ import annotations

from livediffusion.types import Seconds

_LEAN = 0.02  # how far messages that are fetched late move the clock
_JUMP: Seconds = 0.25  # a driver may have passed something over that told the time


class Arrivals:
    """One port's driver says how long after each other messages came; we know when we fetched them.

    No message is fetched before it came, so those that are fetched soonest tell the time.
    """

    def __init__(self) -> None:
        self._last: Seconds | None = None

    def stamp(self, passed: Seconds, fetched: Seconds) -> Seconds:
        """When a message came: `passed` after the one before it, and not after `fetched`."""
        expected = fetched if self._last is None else self._last + passed
        late = fetched - expected
        if 0.0 <= late <= _JUMP:
            expected += late * _LEAN
        else:
            expected = fetched
        self._last = expected
        return expected
