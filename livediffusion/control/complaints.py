"""What is said to those who sent something that cannot be: each thing once, nobody drowned."""

from __future__ import annotations

import logging
from collections.abc import Callable

from livediffusion.control.endpoint import Endpoint, endpoint_of
from livediffusion.control.inbox import Complaint
from livediffusion.state.parameters import Refused, resolve
from livediffusion.types import Seconds

_A_SECOND = 10  # different sentences to one host
_AGAIN: Seconds = 1.0  # the same sentence to one host
_LOGGED_AGAIN: Seconds = 60.0
_LINES_A_SECOND = 4  # in the log: all of the network's together, and each device's of ours
_MOST_REMEMBERED = 1024
_NETWORK = "network"

_log = logging.getLogger(__name__)


class RateLimit:
    """So many a second, counted in whole seconds."""

    def __init__(self, a_second: int) -> None:
        self._most = a_second
        self._second = -1
        self._count = 0

    def allows(self, now: Seconds) -> bool:
        """Whether one more may pass at `now`."""
        if int(now) != self._second:
            self._second, self._count = int(now), 0
        self._count += 1
        return self._count <= self._most


class Complaints:
    """Threading: the control loop's alone. Times are time.monotonic()'s."""

    def __init__(self, tell: Callable[[Endpoint, str], None]) -> None:
        """`tell` sends a sentence to a sender, and to whoever else should hear it."""
        self.count = 0  # of all, said or not
        self.suppressed = 0  # of those that were not said
        self._tell = tell
        self._limits: dict[str, RateLimit] = {}
        self._line_limits: dict[str, RateLimit] = {}
        self._told: dict[tuple[str, str], Seconds] = {}
        self._logged: dict[tuple[str, str], Seconds] = {}

    def hear(self, complaint: Complaint, now: Seconds) -> None:
        """Answer what the inbox complains of."""
        sentence = _unknown if complaint.is_address else _as_it_is
        self._say(complaint.source, complaint.what, sentence, now)

    def say(self, source: str, sentence: str, now: Seconds) -> None:
        """Answer a sender."""
        self._say(source, sentence, _as_it_is, now)

    def _say(self, source: str, what: str, sentence: Callable[[str], str], now: Seconds) -> None:
        """`sentence` makes one of `what`, which takes its time and is seldom needed."""
        self.count += 1
        sender = endpoint_of(source)
        host = source if sender is None else sender.host
        wire = source if sender is None else _NETWORK  # a flood there must not hide a loose cable
        lines = self._line_limits.setdefault(wire, RateLimit(_LINES_A_SECOND))
        if _once(self._logged, (host, what), now, _LOGGED_AGAIN, lines):
            _log.warning("%s: %s", source, sentence(what))
        if sender is None:
            return
        if len(self._limits) >= _MOST_REMEMBERED:
            self._limits.clear()
        limit = self._limits.setdefault(host, RateLimit(_A_SECOND))
        if _once(self._told, (host, what), now, _AGAIN, limit):
            self._tell(sender, sentence(what))
        else:
            self.suppressed += 1


def _once(
    said: dict[tuple[str, str], Seconds],
    what: tuple[str, str],
    now: Seconds,
    rest: Seconds,
    limit: RateLimit,
) -> bool:
    """Whether something is to be said: it was not for so long, and the limit allows one more.

    What the limit holds back was not said, and may be the next time.
    """
    if now - said.get(what, now - rest) < rest or not limit.allows(now):
        return False
    if len(said) >= _MOST_REMEMBERED:
        said.clear()
    said[what] = now
    return True


def _as_it_is(sentence: str) -> str:
    return sentence


def _unknown(address: str) -> str:
    try:
        resolve(address)
    except Refused as refusal:
        return str(refusal)
    return f"{address} was not understood."
