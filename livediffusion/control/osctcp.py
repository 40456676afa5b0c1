"""OSC over TCP: SLIP or length-prefixed, as each sender likes; answers go back the same way."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import asdict

from livediffusion.config import OscConfig
from livediffusion.control.endpoint import AllowList, Endpoint
from livediffusion.control.inbox import Inbox
from livediffusion.control.netloop import NetLoop
from livediffusion.control.osc import OscCounts, take
from livediffusion.control.oscstream import Framing, framing_of
from livediffusion.control.oscwire import Malformed
from livediffusion.types import Seconds

_MOST_CONNECTIONS = 32
_MOST_UNREAD = 1 << 20  # bytes that wait for a peer that does not read
_TRY_AGAIN: Seconds = 1.0  # while a port is taken
_LAST_WORDS: Seconds = 1.0  # for the answer to somebody who is hung up on

_log = logging.getLogger(__name__)


class OscTcp:
    """Receives into an inbox, and sends to those who are connected.

    Threading: everything happens on the loop's thread; `send` and `close` may be called from any
    other. `gone` is called on the loop's thread for each connection that ends.
    """

    def __init__(
        self,
        config: OscConfig,
        inbox: Inbox,
        allow_list: AllowList,
        loop: NetLoop,
        gone: Callable[[Endpoint], None],
    ) -> None:
        """A port that is taken is said in the log, and tried again each second."""
        self.counts = OscCounts()
        self.inbox = inbox
        self.allows = allow_list.allows
        self.gone = gone
        self.connections: dict[Endpoint, Connection] = {}
        self._loop = loop
        self._server: asyncio.Server | None = None
        listening = listen(config.host, config.port)
        if listening is not None:
            loop.run(self._serve(listening))
        else:
            _log.warning(_TAKEN, config.port)
            loop.start(self._serve_later(config.host, config.port))

    @property
    def listening(self) -> bool:
        """Whether the port could be had."""
        return self._server is not None

    def send(self, packet: bytes, to: Endpoint) -> None:
        """Send to a peer that is connected; one that does not read is hung up on."""
        self._loop.call(self._send, packet, to)

    def statistics(self) -> dict[str, int]:
        """Every counter by name."""
        return asdict(self.counts)

    def close(self) -> None:
        """Hang up and let the port go."""
        with contextlib.suppress(TimeoutError):
            self._loop.run(self._close(), 1.0)

    async def _serve(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=listening)

    async def _serve_later(self, host: str, port: int) -> None:
        await self._serve(await listen_later(host, port))
        _log.warning("Port %d is free now: OSC is taken over TCP too.", port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections.values()):
            connection.hang_up()

    def _send(self, packet: bytes, to: Endpoint) -> None:
        if connection := self.connections.get(to):
            connection.send(packet)


class Connection(asyncio.Protocol):
    """One peer. Threading: the loop's thread only."""

    def __init__(self, server: OscTcp) -> None:
        self._server = server
        self._framing: Framing | None = None
        self._endpoint = Endpoint("", 0, "tcp")
        self._transport: asyncio.Transport | None = None
        self._deaf = False  # nothing more can be understood

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the peer in, if it is on the allow-list and there is room."""
        assert isinstance(transport, asyncio.Transport)
        server, peer = self._server, transport.get_extra_info("peername")
        if not peer or not server.allows(peer[0]) or len(server.connections) >= _MOST_CONNECTIONS:
            server.counts.refused += 1
            transport.abort()
            return
        self._transport = transport
        self._endpoint = Endpoint(peer[0], peer[1], "tcp")
        server.connections[self._endpoint] = self
        _attend(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Take the packets that are whole by now."""
        if self._transport is None or self._deaf:
            return
        server, source = self._server, self._endpoint.source
        try:
            if self._framing is None:
                self._framing = framing_of(data)
            for packet in self._framing.feed(data):
                if isinstance(packet, bytes):
                    take(packet, source, server.inbox, server.counts)
                else:
                    self._complain(packet)
        except Malformed as error:
            self._complain(error)
            self._deaf = True
            asyncio.get_running_loop().call_later(_LAST_WORDS, self.hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the peer and what it subscribed to."""
        if self._transport is not None:
            self._transport = None
            del self._server.connections[self._endpoint]
            self._server.gone(self._endpoint)

    def send(self, packet: bytes) -> None:
        """Send in the peer's own framing, which is known once it has said something."""
        transport = self._transport
        if transport is None or self._framing is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > _MOST_UNREAD:
            _log.warning("%s does not read what it asked for: hung up.", self._endpoint.source)
            transport.abort()
            return
        transport.write(self._framing.frame(packet))

    def hang_up(self) -> None:
        """Send what waits, then end the connection."""
        if self._transport is not None:
            self._transport.close()

    def _complain(self, error: Malformed) -> None:
        self._server.counts.malformed += 1
        self._server.inbox.complain(self._endpoint.source, f"This is not OSC: {error}.")


def _attend(connected: socket.socket) -> None:
    """Let a knob's move not wait for the next one, and notice a tablet that has left the room."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    for name, seconds in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # not everywhere
            options.append((socket.IPPROTO_TCP, getattr(socket, name), seconds))
    for option in options:
        with contextlib.suppress(OSError):
            connected.setsockopt(*option)


def listen(host: str, port: int) -> socket.socket | None:
    """A TCP socket that listens, or None where the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # else a port that was just used could not be had for a minute
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(128)
        opened.setblocking(False)
    except (OSError, OverflowError) as error:
        opened.close()
        if isinstance(error, OSError) and error.errno not in _EXPECTED:
            raise
        return None
    return opened


async def listen_later(host: str, port: int) -> socket.socket:
    """The same, once it can be had; looked for each second."""
    while True:
        await asyncio.sleep(_TRY_AGAIN)
        if (listening := listen(host, port)) is not None:
            return listening


_EXPECTED = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)
_TAKEN = (
    "OSC over TCP cannot have port %d: end what has it, or choose another port under [osc] in "
    "config.toml. The rest works meanwhile."
)
