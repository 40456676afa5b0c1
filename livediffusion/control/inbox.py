"""What has come in and waits for the control loop: coalesced, ordered, and timed.

Of a flood of values for one address only the newest is kept. A message that decides how others
act (a trigger, a request, the glide, a patch) is a barrier: what came before it is not replaced
by what comes after it. Bundles stay together.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import TypeAlias

from livediffusion.control.osclane import Lane, Lanes
from livediffusion.control.oscwire import Unit
from livediffusion.control.roles import Role, role_of
from livediffusion.control.wallclock import WallClock
from livediffusion.types import ControlMessage, Seconds

_MOST_READY = 4096  # units
_MOST_AT_ONCE = 64  # units in one look of the control loop, which must get round
_MOST_PENDING = 1024  # units that wait for their time
_MOST_COMPLAINTS = 64
_MOST_ERRANDS = 1024
_MOST_SOURCES = 256
_WAKE_INTERVAL = 0.002  # seconds; a flood wakes the control loop no more often

_Key: TypeAlias = tuple[int, tuple[str, ...]]
_Messages: TypeAlias = tuple[ControlMessage, ...]
_Raw: TypeAlias = tuple[Seconds, Lane, bytes, str]  # a number that nobody has looked at yet
Errand: TypeAlias = Callable[[], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class InboxCounts:
    """How much came in, and what became of it."""

    messages: int = 0
    unknown: int = 0  # addresses that do not exist
    coalesced: int = 0  # units that a newer one replaced
    overflowed: int = 0  # units lost because too many were waiting


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that a sender must be told: a sentence, or the address that does not exist."""

    source: str
    what: str
    is_address: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Pending:
    """A unit that waits for its time."""

    due: Seconds  # on time.monotonic()'s clock
    number: int  # unlike any other's
    messages: _Messages


class Inbox:
    """Threading: any thread puts and asks; the control loop waits, drains and runs errands."""

    def __init__(self, wake: threading.Event | None = None) -> None:
        self.wake = wake or threading.Event()
        self.counts = InboxCounts()
        self.lanes = Lanes()
        self._lock = threading.Lock()
        self._ready: dict[_Key, _Messages | _Raw] = {}
        self._pending: list[Pending] = []
        self.revision = 0  # of what waits for its time
        self._epoch = 0  # counts barriers
        self._woken = 0.0
        self._numbers = count(1)
        self._clock = WallClock()
        self._complaints: deque[Complaint] = deque()
        self._errands: deque[Errand] = deque()
        self._said: set[tuple[str, str]] = set()

    def put(self, unit: Unit, source: str, now: Seconds) -> None:
        """Take a decoded unit that arrived at `now` (monotonic)."""
        with self._lock:
            self.counts.messages += len(unit.messages)
            due = now if unit.time is None else self._due(unit.time, source, now)
            bundle = 0 if len(unit.messages) == 1 else next(self._numbers)
            messages = tuple(
                ControlMessage(due, address, values, source, bundle, due > now)
                for address, values in unit.messages
                if self._is_wanted(address, values, source)
            )
            if messages and due > now:
                self._put_pending(messages, source)
            elif messages:
                self._put_ready(messages)
        if not self.wake.is_set():
            self.wake.set()

    def put_raw(self, lane: Lane, packet: bytes, source: str, now: Seconds) -> None:
        """Take a packet of a lane, to be decoded only if it stands when the control loop comes."""
        with self._lock:
            counts, key = self.counts, (self._epoch, lane.addresses)
            counts.messages += 1
            if self._ready.pop(key, None) is not None:  # nearly always: the rest is for the others
                counts.coalesced += 1
            elif not self._has_room(key):
                return
            self._ready[key] = now, lane, packet, source
        if not self.wake.is_set():
            self.wake.set()

    def complain(self, source: str, sentence: str) -> None:
        """Note that a sender must be told something; what too many say at once is dropped."""
        with self._lock:
            self._complain(Complaint(source, sentence))
        self.wake.set()

    def ask(self, errand: Errand) -> bool:
        """Have the control loop do something between two looks; False when it has too much."""
        if len(self._errands) >= _MOST_ERRANDS:
            return False
        self._errands.append(errand)
        self.wake.set()
        return True

    def drain(self, now: Seconds) -> list[ControlMessage]:
        """What is due by `now`, in the order of its time; the rest of a flood comes next time."""
        with self._lock:
            found = [self._ready.pop(key) for key in list(islice(self._ready, _MOST_AT_ONCE))]
            if self._ready:
                self.wake.set()
            fallen_due: list[_Messages] = []
            while self._pending and self._pending[0].due <= now:
                fallen_due.append(heapq.heappop(self._pending).messages)
                self.revision += 1
        units = [_messages(unit) for unit in found] + fallen_due
        in_order = sorted(units, key=lambda unit: unit[0].time)
        return [message for unit in in_order for message in unit]

    def coming(self, until: Seconds) -> list[Pending]:
        """What waits for a time up to `until` (monotonic), in its order; it goes on waiting."""
        if not self._pending:
            return []
        with self._lock:
            return sorted(pending for pending in self._pending if pending.due <= until)

    def restore(self, units: list[Pending]) -> None:
        """Take over what waited for its time in a predecessor; what is past due acts at once."""
        with self._lock:
            for unit in units[:_MOST_PENDING]:
                number = next(self._numbers)
                many = len(unit.messages) > 1
                messages = tuple(
                    replace(message, bundle=number if many else 0) for message in unit.messages
                )
                self._push(Pending(unit.due, number, messages))

    def complaints(self) -> list[Complaint]:
        """What has gone wrong since the last call."""
        with self._lock:
            taken, self._complaints = list(self._complaints), deque()
        return taken

    def run_errands(self) -> None:
        """Do what was asked for until now."""
        for _ in range(len(self._errands)):
            errand = self._errands.popleft()
            try:
                errand()
            except Exception:  # noqa: BLE001 - the control loop outlives whatever it is asked for
                _log.exception("an errand failed")

    def wait(self, timeout: Seconds) -> None:
        """Sleep until something comes in or falls due, at most `timeout` seconds.

        The first message after a quiet moment wakes at once; a flood does every 2 ms.
        """
        with self._lock:
            if self._pending:
                timeout = min(timeout, self._pending[0].due - time.monotonic())
        if timeout > 0.0 and self.wake.wait(timeout):
            time.sleep(max(0.0, self._woken + _WAKE_INTERVAL - time.monotonic()))
            self._woken = time.monotonic()
        self.wake.clear()

    def _due(self, unix_time: Seconds, source: str, now: Seconds) -> Seconds:
        due, doubt = self._clock.due(unix_time, now)
        if doubt:
            self._say_once(source, doubt)
        return due

    def _is_wanted(self, address: str, values: tuple[object, ...], source: str) -> bool:
        """Unknown addresses are answered, zeros of triggers (buttons let go) ignored."""
        role = role_of(address)
        if role is Role.UNKNOWN:
            self.counts.unknown += 1
            self._complain(Complaint(source, address, is_address=True))
        if role is Role.TRIGGER:
            return not (len(values) == 1 and values[0] == 0)
        return role is not Role.UNKNOWN

    def _put_ready(self, messages: _Messages) -> None:
        addresses = tuple(message.address for message in messages)
        barrier = any(role_of(address) is not Role.PLAIN for address in addresses)
        self._epoch += barrier
        key = (self._epoch, addresses)
        if self._has_room(key):
            self._ready[key] = messages
            self._epoch += barrier

    def _has_room(self, key: _Key) -> bool:
        """Make room for a unit, at best in the place of an older one; False when it is lost."""
        if self._ready.pop(key, None) is not None:
            self.counts.coalesced += 1
        elif len(self._ready) >= _MOST_READY:
            self._compact()
            self._ready.pop(key, None)
            if len(self._ready) >= _MOST_READY:
                self.counts.overflowed += 1
                return False
        return True

    def _compact(self) -> None:
        """Too many barriers: keep the newest of each unit, whatever stood between."""
        newest: dict[tuple[str, ...], _Messages | _Raw] = {}
        for (_, addresses), messages in self._ready.items():
            newest.pop(addresses, None)
            newest[addresses] = messages
        self.counts.coalesced += len(self._ready) - len(newest)
        self._ready = {(self._epoch, addresses): unit for addresses, unit in newest.items()}

    def _put_pending(self, messages: _Messages, source: str) -> None:
        if len(self._pending) >= _MOST_PENDING:
            self.counts.overflowed += 1
            self._say_once(source, f"More than {_MOST_PENDING} bundles wait for their time.")
            return
        self._push(Pending(messages[0].time, next(self._numbers), messages))

    def _push(self, unit: Pending) -> None:
        heapq.heappush(self._pending, unit)
        self.revision += 1

    def _say_once(self, source: str, sentence: str) -> None:
        host = source.rpartition(":")[0]
        if (host, sentence) not in self._said and len(self._said) < _MOST_SOURCES:
            self._said.add((host, sentence))
            self._complain(Complaint(source, sentence))

    def _complain(self, complaint: Complaint) -> None:
        if len(self._complaints) < _MOST_COMPLAINTS:
            self._complaints.append(complaint)


def _messages(unit: _Messages | _Raw) -> _Messages:
    if isinstance(unit[0], ControlMessage):
        return unit
    arrived, lane, packet, source = unit
    return (ControlMessage(arrived, lane.address, lane.values(packet), source),)
