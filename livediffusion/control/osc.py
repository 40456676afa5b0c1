"""OSC in: a UDP socket, read on a thread of its own into the Inbox."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

from livediffusion.config import Network, OscConfig
from livediffusion.control.inbox import Inbox
from livediffusion.control.oscwire import Malformed, decode
from livediffusion.errors import UserError

Endpoint: TypeAlias = tuple[str, int]  # host, port

_BUFFER_BYTES = 4 * 1024 * 1024  # as much as the system grants of it
_LARGEST_PACKET = 65536
_MOST_HOSTS = 1024  # remembered by the allow-list


@dataclass(slots=True)
class OscCounts:
    """What the socket has seen."""

    packets: int = 0
    malformed: int = 0
    refused: int = 0  # from senders that are not allowed


class AllowList:
    """Who may send: this machine always, else the addresses of the config."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._known: dict[str, bool] = {}

    def allows(self, host: str) -> bool:
        """Whether packets from (or feedback to) an IP address are allowed."""
        if host not in self._known:
            if len(self._known) >= _MOST_HOSTS:
                self._known.clear()
            self._known[host] = self._look_up(host)
        return self._known[host]

    def _look_up(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return host == "localhost"
        return address.is_loopback or any(address in network for network in self._networks)


class OscServer:
    """Receives into an inbox and sends answers from the same port.

    Threading: one receiving thread; `send` may be called from any thread. Raises UserError when
    the port cannot be had.
    """

    def __init__(self, config: OscConfig, inbox: Inbox) -> None:
        self.counts = OscCounts()
        self.allow_list = AllowList(config.allow)
        self._inbox = inbox
        self._socket = _bind(config.host, config.port)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._receive, name="osc in", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._socket.getsockname()[1])

    def send(self, packet: bytes, to: Endpoint) -> None:
        """Send if it can be sent at once; UDP promises no more."""
        try:
            self._socket.sendto(packet, socket.MSG_DONTWAIT, to)
        except (OSError, OverflowError):
            return

    def statistics(self) -> dict[str, int]:
        """Every counter by name, kernel drops among them."""
        counters = asdict(self.counts) | asdict(self._inbox.counts)
        return counters | {"kernel_drops": self.kernel_drops()}

    def kernel_drops(self) -> int:
        """Packets that the kernel dropped because the buffer was full; 0 where it does not say."""
        try:
            inode = str(Path(f"/proc/self/fd/{self._socket.fileno()}").stat().st_ino)
            table = "udp6" if self._socket.family == socket.AF_INET6 else "udp"
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                columns = line.split()
                if columns[9] == inode:
                    return int(columns[12])
        except (OSError, IndexError, ValueError):
            pass
        return 0

    def close(self) -> None:
        """Stop receiving and let the port go."""
        if self._closing.is_set():
            return
        self._closing.set()
        host = self._socket.getsockname()[0]
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        self.send(b"", (here, self.port))  # wakes the receiving thread
        self._thread.join(timeout=1.0)
        self._socket.close()

    def _receive(self) -> None:
        receive, allows, counts = self._socket.recvfrom, self.allow_list.allows, self.counts
        while True:
            try:
                packet, address = receive(_LARGEST_PACKET)
            except OSError as error:
                if error.errno == errno.EBADF or self._closing.is_set():
                    return
                continue  # what an earlier answer met with (Windows reports that here)
            if self._closing.is_set():
                return
            counts.packets += 1
            if allows(address[0]):
                self._take(packet, f"osc {address[0]}:{address[1]}")
            else:
                counts.refused += 1

    def _take(self, packet: bytes, source: str) -> None:
        try:
            units = decode(packet)
        except Malformed as error:
            self.counts.malformed += 1
            self._inbox.complain(source, f"This is not OSC: {error}.")
            return
        now = time.monotonic()
        for unit in units:
            self._inbox.put(unit, source, now)


def endpoint_of(source: str) -> Endpoint | None:
    """("127.0.0.1", 9000) of the source "osc 127.0.0.1:9000"; None of a source that is not OSC."""
    kind, _, address = source.partition(" ")
    host, _, port = address.rpartition(":")
    if kind != "osc" or not port.isdecimal():
        return None
    return host, int(port)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise UserError(
            _BIND_ERRORS.get(error.errno or 0, _BIND_FAILED).format(
                host=host, port=port, why=error.strerror
            )
        ) from None
    return opened


_BIND_FAILED = (
    "OSC cannot listen on {host}:{port} ({why}): choose others under [osc] in config.toml."
)
_BIND_ERRORS = {
    errno.EADDRINUSE: "OSC port {port} is taken, perhaps by another livediffusion: "
    "end that, or choose another port under [osc] in config.toml.",
    errno.EADDRNOTAVAIL: "This machine has no address {host}: "
    "choose another host under [osc] in config.toml.",
}
