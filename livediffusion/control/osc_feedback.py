"""OSC out: values on their own addresses to who subscribed, read-outs, answers and errors.

A value goes out at most 30 times a second and its last state always does. A surface that moves a
value itself is not sent its own move until it has rested.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from livediffusion.control.osc import AllowList, Endpoint, endpoint_of
from livediffusion.control.oscwire import encode
from livediffusion.state.parameters import Refused, find, resolve
from livediffusion.types import Seconds, Value

_MOST_SUBSCRIBERS = 16
_VALUE_INTERVAL = 1 / 30  # seconds between two packets of one value
_READOUT_INTERVAL = 1 / 15
_ECHO_REST = 0.3  # seconds a surface must have let go before it hears of its own move
_LONGEST_DOUBT = 1.0  # seconds to hold back for a mover that only shares the surface's host
_ERRORS_A_SECOND = 10  # to one host
_MOST_HOSTS = 64
_ERROR = "/ld/out/error"

_log = logging.getLogger(__name__)

Send: TypeAlias = Callable[[bytes, Endpoint], None]


@dataclass(slots=True)
class _Slot:
    """One address as one subscriber knows it."""

    values: tuple[Value, ...]
    interval: Seconds
    sent: tuple[Value, ...] | None = None
    not_before: Seconds = 0.0
    rests_at: Seconds = 0.0
    held_since: Seconds | None = None  # by a mover that may be somebody else


@dataclass(slots=True)
class _Subscriber:
    endpoint: Endpoint
    origin: str = ""  # the source it subscribed from
    slots: dict[str, _Slot] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)  # addresses with something to send


class RateLimit:
    """So many a second, counted in whole seconds; says how many it held back."""

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


class Feedback:
    """Threading: the control loop's alone. Times are time.monotonic()'s."""

    def __init__(self, send: Send, allow_list: AllowList, fixed: Iterable[Endpoint] = ()) -> None:
        self.suppressed = 0  # errors that were not said
        self._send = send
        self._allow_list = allow_list
        self._subscribers = {endpoint: _Subscriber(endpoint) for endpoint in fixed}
        self._limits: dict[str, RateLimit] = {}
        self._log_limit = RateLimit(1)

    @property
    def subscriptions(self) -> list[Endpoint]:
        """Who is subscribed, to be handed to `fixed` after a restart."""
        return list(self._subscribers)

    def subscribe(self, source: str, port: int, host: str | None = None) -> None:
        """From now on send changes to this port of the sender, or of a host that is allowed.

        Raises Refused.
        """
        endpoint = self._endpoint(source, port, host)
        if endpoint not in self._subscribers and len(self._subscribers) >= _MOST_SUBSCRIBERS:
            raise Refused(f"There are {_MOST_SUBSCRIBERS} subscribers already.")
        self._subscribers.setdefault(endpoint, _Subscriber(endpoint)).origin = source

    def unsubscribe(self, source: str, port: int, host: str | None = None) -> None:
        """Send no more there. Raises Refused when nobody was subscribed."""
        endpoint = self._endpoint(source, port, host)
        if self._subscribers.pop(endpoint, None) is None:
            raise Refused(f"Nobody is subscribed at {endpoint[0]}:{endpoint[1]}.")

    def publish(self, address: str, values: Sequence[Value], source: str, now: Seconds) -> None:
        """A value has changed, moved by `source`; `flush` sends it."""
        found = find(address)
        is_readout = found is not None and found[0].kind == "readout"
        interval = _READOUT_INTERVAL if is_readout else _VALUE_INTERVAL
        mover = endpoint_of(source)
        for subscriber in self._subscribers.values():
            slot = subscriber.slots.setdefault(address, _Slot((), interval))
            slot.values = tuple(values)
            subscriber.waiting.add(address)
            if subscriber.origin == source:
                slot.rests_at = now + _ECHO_REST
            elif mover is not None and self._may_be_own(subscriber, source, mover):
                slot.held_since = now if slot.held_since is None else slot.held_since
                slot.rests_at = min(now + _ECHO_REST, slot.held_since + _LONGEST_DOUBT)

    def flush(self, now: Seconds) -> None:
        """Send what is waiting and may go; call it about a hundred times a second."""
        for subscriber in self._subscribers.values():
            for address in tuple(subscriber.waiting):
                slot = subscriber.slots[address]
                if now < slot.not_before or now < slot.rests_at:
                    continue
                subscriber.waiting.discard(address)
                slot.held_since = None
                if slot.values != slot.sent:
                    self._send(encode(address, slot.values), subscriber.endpoint)
                    slot.sent, slot.not_before = slot.values, now + slot.interval

    def answer(self, source: str, values: Mapping[str, Sequence[Value]]) -> None:
        """Every value at once, to the packet's source and its host's subscriptions."""
        packets = [encode(address, given) for address, given in values.items()]
        for endpoint in self._concerned(source):
            for packet in packets:
                self._send(packet, endpoint)

    def error(self, source: str, sentence: str, now: Seconds) -> None:
        """Say to a sender what was wrong, and to the log; not more often than anybody reads."""
        if self._log_limit.allows(now):
            _log.warning("%s: %s", source, sentence)
        endpoint = endpoint_of(source)
        if endpoint is None:
            return
        if len(self._limits) >= _MOST_HOSTS:
            self._limits.clear()
        limit = self._limits.setdefault(endpoint[0], RateLimit(_ERRORS_A_SECOND))
        if not limit.allows(now):
            self.suppressed += 1
            return
        packet = encode(_ERROR, (sentence,))
        for concerned in self._concerned(source):
            self._send(packet, concerned)

    def complaints(self, found: Iterable[tuple[str, str]], now: Seconds) -> None:
        """Answer what the inbox complained of; an address stands for not being known."""
        for source, what in found:
            self.error(source, _unknown(what) if what.startswith("/") else what, now)

    def _endpoint(self, source: str, port: int, host: str | None) -> Endpoint:
        sender = endpoint_of(source)
        if sender is None and host is None:
            raise Refused("Name the host that feedback shall go to.")
        wanted = host if host is not None else (sender or ("", 0))[0]
        wanted = "127.0.0.1" if wanted == "localhost" else wanted
        is_other = sender is None or wanted != sender[0]
        if is_other and not self._allow_list.allows(wanted):
            raise Refused(f"Feedback to {wanted} is not allowed: name it in [osc] allow.")
        return wanted, port

    def _concerned(self, source: str) -> list[Endpoint]:
        """The packet's source and the subscriptions of its host."""
        sender = endpoint_of(source)
        if sender is None:
            return []
        same_host = [endpoint for endpoint in self._subscribers if endpoint[0] == sender[0]]
        return [sender, *(endpoint for endpoint in same_host if endpoint != sender)]

    def _may_be_own(self, subscriber: _Subscriber, source: str, mover: Endpoint) -> bool:
        """Whether a surface that the config subscribed may be the mover: nobody else is known."""
        if subscriber.origin or subscriber.endpoint[0] != mover[0]:
            return False
        return source not in {other.origin for other in self._subscribers.values()}


def _unknown(address: str) -> str:
    try:
        resolve(address)
    except Refused as refusal:
        return str(refusal)
    return f"{address} was not understood."
