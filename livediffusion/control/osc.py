"""OSC over UDP: a socket, read on a thread of its own into the Inbox."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import struct
import sys
import threading
import time
from dataclasses import asdict, dataclass

from livediffusion.config import OscConfig
from livediffusion.control.endpoint import AllowList, Endpoint
from livediffusion.control.inbox import Inbox
from livediffusion.control.oscwire import Malformed, decode
from livediffusion.control.roles import Role, role_of
from livediffusion.types import Seconds

_BUFFER_BYTES = 4 * 1024 * 1024  # as much as the system grants of it
_LARGEST_PACKET = 65536
_MOST_SENDERS = 1024  # remembered
_TRY_AGAIN: Seconds = 1.0  # while the port is taken
_SO_MEMINFO = 55  # Linux: nine counters of a socket, the last one of packets dropped
_MEMINFO = struct.Struct("=9I")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class OscCounts:
    """What a wire has brought."""

    packets: int = 0
    malformed: int = 0
    refused: int = 0  # from senders that are not allowed


def take(packet: bytes, source: str, inbox: Inbox, counts: OscCounts) -> None:
    """Put a packet of any wire into the inbox; what is no OSC is counted and complained of."""
    counts.packets += 1
    lane = inbox.lanes.find(packet)
    if lane is not None:
        inbox.put_raw(lane, packet, source, time.monotonic())
        return
    try:
        units = decode(packet)
    except Malformed as error:
        counts.malformed += 1
        inbox.complain(source, f"This is not OSC: {error}.")
        return
    now = time.monotonic()
    for unit in units:
        inbox.put(unit, source, now)
    if packet[:1] == b"/" and role_of(address := units[0].messages[0][0]) is Role.PLAIN:
        inbox.lanes.open(packet, address)


class OscServer:
    """Receives into an inbox and sends answers from the same port.

    Threading: one receiving thread; `send` may be called from any thread. A port that is taken is
    said in the log, and tried again each second until it is free.
    """

    def __init__(self, config: OscConfig, inbox: Inbox, allow_list: AllowList) -> None:
        self.counts = OscCounts()
        self._inbox = inbox
        self._allows = allow_list.allows
        self._host, self._port = config.host, config.port
        self._closing = threading.Event()
        self._sources: dict[tuple[object, ...], str] = {}  # of senders that are let in
        self._socket = _open(config.host)
        self.listening = self._bind()
        self._thread = threading.Thread(target=self._run, name="osc in", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on, or shall be."""
        return int(self._socket.getsockname()[1]) if self.listening else self._port

    def send(self, packet: bytes, to: Endpoint) -> None:
        """Send if it can be sent at once; UDP promises no more."""
        if not self.listening:  # sending would give the socket another port for ever
            return
        with contextlib.suppress(OSError, OverflowError):
            self._socket.sendto(packet, getattr(socket, "MSG_DONTWAIT", 0), (to.host, to.port))

    def statistics(self) -> dict[str, int]:
        """Every counter by name, kernel drops among them."""
        return asdict(self.counts) | {"drops": self.kernel_drops()}

    def kernel_drops(self) -> int:
        """Packets that the kernel dropped because the buffer was full; 0 where it does not say.

        The counter is SO_RXQ_OVFL's own, asked for when wanted instead of with every packet.
        """
        if sys.platform != "linux":
            return 0
        try:
            counters = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        except OSError:
            return 0
        return int(_MEMINFO.unpack(counters)[-1]) if len(counters) == _MEMINFO.size else 0

    def close(self) -> None:
        """Stop receiving and let the port go."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self.listening:
            host = self._socket.getsockname()[0]
            here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
            self.send(b"", Endpoint(here, self.port))  # wakes the receiving thread
        self._thread.join(timeout=1.0)
        self._socket.close()

    def _bind(self) -> bool:
        try:
            self._socket.bind((self._host, self._port))
        except OSError as error:
            text = _BIND_ERRORS.get(error.errno or 0, _BIND_FAILED)
            _log.warning(text.format(host=self._host, port=self._port, why=error.strerror))
            return False
        return True

    def _run(self) -> None:
        while not self.listening and not self._closing.wait(_TRY_AGAIN):
            with contextlib.suppress(OSError):
                self._socket.bind((self._host, self._port))
                self.listening = True
                _log.warning("OSC port %d is free now, and listened on.", self._port)
        if self.listening:
            self._receive()

    def _receive(self) -> None:
        receive, sources = self._socket.recvfrom, self._sources
        while True:
            try:
                packet, sender = receive(_LARGEST_PACKET)
            except OSError as error:
                if error.errno == errno.EBADF or self._closing.is_set():
                    return
                continue  # what an earlier answer met with (Windows reports that here)
            if self._closing.is_set():
                return
            source = sources.get(sender) or self._admit(sender)
            if source:
                take(packet, source, self._inbox, self.counts)

    def _admit(self, sender: tuple[object, ...]) -> str:
        """How the messages of a new sender are signed; "" when nothing is taken from there."""
        host, port = str(sender[0]), int(str(sender[1]))
        if not self._allows(host):
            self.counts.packets += 1
            self.counts.refused += 1
            return ""
        if len(self._sources) >= _MOST_SENDERS:
            self._sources.clear()
        source = self._sources[sender] = Endpoint(host, port).source
        return source


def _open(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    return opened


_BIND_FAILED = (
    "OSC cannot listen on {host}:{port} ({why}): choose others under [osc] in config.toml. "
    "The rest works."
)
_BIND_ERRORS = {
    errno.EADDRINUSE: "OSC port {port} is taken, perhaps by another livediffusion: "
    "end that, or choose another port under [osc] in config.toml. The rest works meanwhile.",
    errno.EADDRNOTAVAIL: "This machine has no address {host}: "
    "choose another host under [osc] in config.toml. The rest works meanwhile.",
}
