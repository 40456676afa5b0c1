"""What has come in and waits for the control loop: coalesced, ordered, and timed.

Of a flood of values for one address only the newest is kept. A message that decides how others
act (a trigger, a request, the glide, a patch) is a barrier: what came before it is not replaced
by what comes after it. Bundles stay together.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from itertools import count
from typing import TypeAlias

from livediffusion.control.oscwire import Unit
from livediffusion.state.parameters import find
from livediffusion.types import ControlMessage, Seconds

_MOST_READY = 4096  # units
_MOST_PENDING = 1024  # units that wait for their time
_MOST_COMPLAINTS = 64
_MOST_SOURCES = 256
_TOO_FAR = 60.0  # seconds ahead
_TOO_LATE = 1.0
_WAKE_INTERVAL = 0.002  # seconds; a flood wakes the control loop no more often
_REMEASURE = 1.0  # seconds between two looks at the wall clock
_BARRIERS = frozenset({"glide", "patch", "scene"})
_PATTERN = frozenset("*?[{")

_Key: TypeAlias = tuple[int, tuple[str, ...]]


@dataclass(slots=True)
class InboxCounts:
    """How much came in, and what became of it."""

    messages: int = 0
    unknown: int = 0  # addresses that do not exist
    coalesced: int = 0  # units that a newer one replaced
    overflowed: int = 0  # units lost because too many were waiting


class WallClock:
    """Unix time on time.monotonic()'s clock; the difference is measured anew each second."""

    def __init__(self) -> None:
        self._measured = -_REMEASURE
        self._offset = 0.0

    def monotonic(self, unix_time: Seconds, now: Seconds) -> Seconds:
        """When `unix_time` is, given the monotonic time now."""
        if now - self._measured >= _REMEASURE:
            self._offset = time.time() - time.monotonic()
            self._measured = now
        return unix_time - self._offset


class Inbox:
    """Threading: any thread puts; the control loop waits, drains and takes complaints."""

    def __init__(self, wake: threading.Event | None = None) -> None:
        self.wake = wake or threading.Event()
        self.counts = InboxCounts()
        self._lock = threading.Lock()
        self._ready: dict[_Key, list[ControlMessage]] = {}
        self._pending: list[tuple[Seconds, int, list[ControlMessage]]] = []
        self._epoch = 0  # counts barriers
        self._woken = 0.0
        self._numbers = count(1)
        self._clock = WallClock()
        self._complaints: deque[tuple[str, str]] = deque()
        self._said: set[tuple[str, str]] = set()

    def put(self, unit: Unit, source: str, now: Seconds) -> None:
        """Take a decoded unit that arrived at `now` (monotonic)."""
        with self._lock:
            self.counts.messages += len(unit.messages)
            due = now if unit.time is None else self._due(unit.time, source, now)
            bundle = 0 if len(unit.messages) == 1 else next(self._numbers)
            messages = [
                ControlMessage(due, address, values, source, bundle)
                for address, values in unit.messages
                if self._is_wanted(address, values, source)
            ]
            if messages and due > now:
                self._put_pending(messages, source)
            elif messages:
                self._put_ready(messages)
        if not self.wake.is_set():
            self.wake.set()

    def complain(self, source: str, what: str) -> None:
        """Note that a sender must be told something; what too many say at once is dropped."""
        with self._lock:
            self._complain(source, what)
        self.wake.set()

    def drain(self, now: Seconds, ahead: Seconds = 0.0) -> list[ControlMessage]:
        """Everything that is due by `now + ahead`, in the order of its time."""
        with self._lock:
            units = [(unit[0].time, unit) for unit in self._ready.values()]
            self._ready = {}
            while self._pending and self._pending[0][0] <= now + ahead:
                due, _, unit = heapq.heappop(self._pending)
                units.append((due, unit))
        units.sort(key=lambda timed: timed[0])
        return [message for _, unit in units for message in unit]

    def complaints(self) -> list[tuple[str, str]]:
        """(source, sentence or unknown address) of what has gone wrong since the last call."""
        with self._lock:
            taken, self._complaints = list(self._complaints), deque()
        return taken

    def wait(self, timeout: Seconds) -> None:
        """Sleep until something comes in or falls due, at most `timeout` seconds.

        The first message after a quiet moment wakes at once; a flood does every 2 ms.
        """
        with self._lock:
            if self._pending:
                timeout = min(timeout, self._pending[0][0] - time.monotonic())
        if timeout > 0.0 and self.wake.wait(timeout):
            time.sleep(max(0.0, self._woken + _WAKE_INTERVAL - time.monotonic()))
            self._woken = time.monotonic()
        self.wake.clear()

    def _due(self, unix_time: Seconds, source: str, now: Seconds) -> Seconds:
        due = self._clock.monotonic(unix_time, now)
        if due > now + _TOO_FAR:
            self._say_once(source, "A bundle's time is more than 60 s ahead: it acts at once.")
            return now
        if due < now - _TOO_LATE:
            self._say_once(source, "A bundle is more than 1 s late: compare the clocks.")
        return due if due > now else now

    def _is_wanted(self, address: str, values: tuple[object, ...], source: str) -> bool:
        """Unknown addresses are answered, zeros of triggers (buttons let go) ignored."""
        role = _role_of(address)
        if role is _Role.UNKNOWN:
            self.counts.unknown += 1
            self._complain(source, address)
        if role is _Role.TRIGGER:
            return not (len(values) == 1 and values[0] == 0)
        return role is not _Role.UNKNOWN

    def _put_ready(self, messages: list[ControlMessage]) -> None:
        addresses = tuple(message.address for message in messages)
        barrier = any(_role_of(address) is not _Role.PLAIN for address in addresses)
        self._epoch += barrier
        key = (self._epoch, addresses)
        if self._ready.pop(key, None) is not None:
            self.counts.coalesced += 1
        elif len(self._ready) >= _MOST_READY:
            self._compact()
            if len(self._ready) >= _MOST_READY:
                self.counts.overflowed += 1
                return
        self._ready[key] = messages
        self._epoch += barrier

    def _compact(self) -> None:
        """Too many barriers: keep the newest of each unit, whatever stood between."""
        newest: dict[tuple[str, ...], list[ControlMessage]] = {}
        for (_, addresses), messages in self._ready.items():
            newest.pop(addresses, None)
            newest[addresses] = messages
        self.counts.coalesced += len(self._ready) - len(newest)
        self._ready = {(self._epoch, addresses): unit for addresses, unit in newest.items()}

    def _put_pending(self, messages: list[ControlMessage], source: str) -> None:
        if len(self._pending) >= _MOST_PENDING:
            self.counts.overflowed += 1
            self._say_once(source, f"More than {_MOST_PENDING} bundles wait for their time.")
            return
        heapq.heappush(self._pending, (messages[0].time, next(self._numbers), messages))

    def _say_once(self, source: str, sentence: str) -> None:
        host = source.rpartition(":")[0]
        if (host, sentence) not in self._said and len(self._said) < _MOST_SOURCES:
            self._said.add((host, sentence))
            self._complain(source, sentence)

    def _complain(self, source: str, what: str) -> None:
        if len(self._complaints) < _MOST_COMPLAINTS:
            self._complaints.append((source, what))


class _Role(Enum):
    """What an address is to its neighbours in the queue."""

    UNKNOWN = auto()
    PLAIN = auto()  # a newer value may take its place
    BARRIER = auto()
    TRIGGER = auto()  # a barrier that zeros do not fire


_roles: dict[str, _Role] = {}  # of known addresses, so it cannot grow beyond the table


def _role_of(address: str) -> _Role:
    role = _roles.get(address)
    if role is None:
        role = _look_up_role(address)
        if role is not _Role.UNKNOWN and _PATTERN.isdisjoint(address):
            _roles[address] = role
    return role


def _look_up_role(address: str) -> _Role:
    if not _PATTERN.isdisjoint(address):
        return _Role.BARRIER  # it may reach anything
    found = find(address)
    if found is None or found[0].kind == "readout":
        return _Role.UNKNOWN
    if found[0].kind == "trigger":
        return _Role.TRIGGER
    is_plain = found[0].kind == "value" and found[0].key not in _BARRIERS
    return _Role.PLAIN if is_plain else _Role.BARRIER
