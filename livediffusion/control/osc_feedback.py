"""OSC out: values on their own addresses to who subscribed, read-outs, answers and errors.

A value goes out at most 30 times a second and its last state always does. A surface that moves a
value itself is not sent its own move until it has rested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from livediffusion.control.complaints import Complaints, RateLimit
from livediffusion.control.endpoint import AllowList, Endpoint, endpoint_of
from livediffusion.control.oscwire import encode
from livediffusion.state.parameters import Refused, find
from livediffusion.types import Seconds, Value

_MOST_SUBSCRIBERS = 16  # besides those who listen to single addresses
_VALUE_INTERVAL = 1 / 30  # seconds between two packets of one value
_READOUT_INTERVAL = 1 / 15
_ECHO_REST = 0.3  # seconds a surface must have let go before it hears of its own move
_LONGEST_DOUBT = 1.0  # seconds to hold back for a mover that only shares the surface's host
_ANSWERS_A_SECOND = 20  # of every value, to one host
_MOST_HOSTS = 64
_ERROR = "/ld/out/error"

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
    paths: set[str] | None = None  # what it listens to, with all that is below; None: everything
    ignored: set[str] = field(default_factory=set)  # of that
    slots: dict[str, _Slot] = field(default_factory=dict)
    waiting: dict[str, None] = field(default_factory=dict)  # addresses with something to send

    def wants(self, address: str) -> bool:
        """Whether changes of an address are meant for it."""
        return address in self.slots or self.listens_to(address)

    def listens_to(self, address: str) -> bool:
        """Whether it asked for an address, by its name or by what that is below; closest counts."""
        if self.paths is None:
            return True
        return _closest(address, self.paths) > _closest(address, self.ignored)


class Feedback:
    """Threading: the control loop's alone. Times are time.monotonic()'s."""

    def __init__(
        self, send: Send, allow_list: AllowList, fixed: Iterable[tuple[str, int]] = ()
    ) -> None:
        """`fixed` are UDP ports that get everything from the start."""
        self.complaints = Complaints(self._tell)
        self._send = send
        self._allow_list = allow_list
        endpoints = [Endpoint(host, port) for host, port in fixed]
        self._subscribers = {endpoint: _Subscriber(endpoint) for endpoint in endpoints}
        self._limits: dict[str, RateLimit] = {}

    @property
    def subscriptions(self) -> list[tuple[str, int]]:
        """Who is subscribed over UDP, to be handed to `fixed` after a restart."""
        everything = [s.endpoint for s in self._subscribers.values() if s.paths is None]
        return [(to.host, to.port) for to in everything if to.wire == "udp"]

    @property
    def listeners(self) -> list[str]:
        """Everybody who gets feedback, by whatever wire."""
        return [endpoint.source for endpoint in self._subscribers]

    def subscribe(self, source: str, port: int | None, host: str | None = None) -> Endpoint:
        """From now on send changes to this port of the sender, or of a host that is allowed.

        Without a port they go back the way the request came; over a connection they do in any
        case, unless a host is named. Raises Refused.
        """
        endpoint = self._endpoint(source, port, host)
        everything = [s for s in self._subscribers.values() if s.paths is None]
        if endpoint not in self._subscribers and len(everything) >= _MOST_SUBSCRIBERS:
            raise Refused(f"There are {_MOST_SUBSCRIBERS} subscribers already.")
        subscriber = self._subscribers.setdefault(endpoint, _Subscriber(endpoint))
        subscriber.origin, subscriber.paths = source, None
        return endpoint

    def unsubscribe(self, source: str, port: int | None, host: str | None = None) -> None:
        """Send no more there. Raises Refused when nobody was subscribed."""
        endpoint = self._endpoint(source, port, host)
        if self._subscribers.pop(endpoint, None) is None:
            raise Refused(f"Nobody is subscribed at {endpoint.host}:{endpoint.port}.")

    def listen(self, endpoint: Endpoint, path: str) -> None:
        """Send changes of an address, or of all below it, to somebody who is connected."""
        subscriber = self._subscribers.setdefault(
            endpoint, _Subscriber(endpoint, endpoint.source, set())
        )
        if subscriber.paths is not None:
            subscriber.paths.add(path)
            subscriber.ignored = {one for one in subscriber.ignored if not _closest(one, [path])}

    def ignore(self, endpoint: Endpoint, path: str) -> None:
        """Send no more changes of what `listen` asked for, or of a part of that."""
        subscriber = self._subscribers.get(endpoint)
        if subscriber is None or subscriber.paths is None:
            return
        subscriber.paths.discard(path)
        if _closest(path, subscriber.paths):
            subscriber.ignored.add(path)
        for address in list(subscriber.slots):
            if not subscriber.listens_to(address):
                del subscriber.slots[address]
                subscriber.waiting.pop(address, None)

    def leave(self, endpoint: Endpoint) -> None:
        """Forget somebody whose connection has ended."""
        self._subscribers.pop(endpoint, None)

    def publish(self, address: str, values: Sequence[Value], source: str, now: Seconds) -> None:
        """A value has changed, moved by `source`; `flush` sends it."""
        found = find(address)
        is_readout = found is not None and found[0].kind == "readout"
        interval = _READOUT_INTERVAL if is_readout else _VALUE_INTERVAL
        mover = endpoint_of(source)
        for subscriber in self._subscribers.values():
            if not subscriber.wants(address):
                continue
            slot = subscriber.slots.setdefault(address, _Slot((), interval))
            slot.values = tuple(values)
            subscriber.waiting[address] = None
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
                subscriber.waiting.pop(address, None)
                slot.held_since = None
                if slot.values != slot.sent:
                    self._send_values(address, slot.values, subscriber.endpoint)
                    slot.sent, slot.not_before = slot.values, now + slot.interval

    def answer(self, source: str, values: Mapping[str, Sequence[Value]], now: Seconds) -> None:
        """Every value at once, to the packet's source and its host's subscriptions."""
        sender = endpoint_of(source)
        if sender is None:
            return
        if len(self._limits) >= _MOST_HOSTS:
            self._limits.clear()
        if self._limits.setdefault(sender.host, RateLimit(_ANSWERS_A_SECOND)).allows(now):
            for endpoint in self._concerned(sender):
                self.tell(endpoint, values)

    def tell(self, endpoint: Endpoint, values: Mapping[str, Sequence[Value]]) -> None:
        """Every value at once, to one peer."""
        subscriber = self._subscribers.get(endpoint)
        for address, given in values.items():
            self._send_values(address, given, endpoint)
            if subscriber is not None and subscriber.wants(address):
                slot = subscriber.slots.setdefault(address, _Slot((), _VALUE_INTERVAL))
                slot.sent = tuple(given)

    def error(self, source: str, sentence: str, now: Seconds) -> None:
        """Say to a sender what was wrong, and to the log; not more often than anybody reads."""
        self.complaints.say(source, sentence, now)

    def announce(self, sentence: str) -> None:
        """Say something to everybody; unlike a value it is not replaced by what comes next."""
        for subscriber in self._subscribers.values():
            if subscriber.wants(_ERROR):
                self._send_values(_ERROR, (sentence,), subscriber.endpoint)

    def _tell(self, sender: Endpoint, sentence: str) -> None:
        for concerned in self._concerned(sender):
            self._send_values(_ERROR, (sentence,), concerned)

    def _send_values(self, address: str, values: Sequence[Value], to: Endpoint) -> None:
        self._send(encode(address, values, bools=to.wire == "web"), to)

    def _endpoint(self, source: str, port: int | None, host: str | None) -> Endpoint:
        sender = endpoint_of(source)
        if sender is not None and host is None and (port is None or sender.wire != "udp"):
            return sender
        if port is None or (sender is None and host is None):
            raise Refused("Name the port and the host that feedback shall go to.")
        wanted = host if host is not None else (sender or Endpoint("", 0)).host
        wanted = "127.0.0.1" if wanted == "localhost" else wanted
        is_other = sender is None or wanted != sender.host
        if is_other and not self._allow_list.allows(wanted):
            raise Refused(f"Feedback to {wanted} is not allowed: name it in [osc] allow.")
        return Endpoint(wanted, port)

    def _concerned(self, sender: Endpoint) -> list[Endpoint]:
        """The packet's source and the subscriptions of its host."""
        same_host = [
            endpoint
            for endpoint, subscriber in self._subscribers.items()
            if endpoint.host == sender.host and subscriber.paths is None
        ]
        return [sender, *(endpoint for endpoint in same_host if endpoint != sender)]

    def _may_be_own(self, subscriber: _Subscriber, source: str, mover: Endpoint) -> bool:
        """Whether somebody of whom only the host is known may be the mover.

        That is a surface that the config subscribed, or one that listens by WebSocket and sends
        over UDP, as OSCQuery has it.
        """
        by_web = subscriber.endpoint.wire == "web"
        if (subscriber.origin and not by_web) or subscriber.endpoint.host != mover.host:
            return False
        return source not in {other.origin for other in self._subscribers.values()}


def _closest(address: str, paths: Iterable[str]) -> int:
    """How much of an address the closest of the paths above it spells out; 0 where none is."""
    above = (p for p in paths if address == p or address.startswith(p.rstrip("/") + "/"))
    return max(map(len, above), default=0)
