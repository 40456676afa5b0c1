"""Those who are connected by WebSocket: OSCQuery's commands as JSON, OSC packets as bytes.

Threading: the net loop's thread only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeAlias

from starlette.websockets import WebSocket, WebSocketDisconnect

from livediffusion.control.endpoint import Endpoint
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc import OscCounts, take
from livediffusion.control.oscquery import exists

_MOST_CLIENTS = 32
_MOST_UNREAD = 1024  # packets that wait for a client that does not read
_TRY_LATER = 1013
_LISTENERS = ("LISTEN", "IGNORE")

Packet: TypeAlias = bytes | str  # OSC, or a command
Beside: TypeAlias = Callable[[Callable[[Packet], None]], Coroutine[Any, Any, None]]


class Listeners(Protocol):
    """Who takes the wishes of those who are connected."""

    def listen(self, endpoint: Endpoint, path: str) -> None:
        """Send changes of a path from now on."""

    def ignore(self, endpoint: Endpoint, path: str) -> None:
        """Send them no more."""

    def leave(self, endpoint: Endpoint) -> None:
        """Forget somebody."""


class Sockets:
    """Every client there is."""

    def __init__(self, inbox: Inbox, listeners: Listeners) -> None:
        self.counts = OscCounts()
        self._inbox = inbox
        self._listeners = listeners
        self._clients: dict[Endpoint, asyncio.Queue[Packet | None]] = {}

    async def serve(self, socket: WebSocket, beside: Beside | None = None) -> None:
        """Talk to one client until it goes; `beside` is given a way to send it more."""
        client = socket.client
        if client is None or len(self._clients) >= _MOST_CLIENTS:
            await socket.close(_TRY_LATER)
            return
        await socket.accept()
        endpoint = Endpoint(client.host, client.port, "web")
        queue = self._clients[endpoint] = asyncio.Queue[Packet | None](_MOST_UNREAD)
        work = [send_all(socket, queue), self._receive_all(socket, endpoint)]
        if beside is not None:
            work.append(beside(partial(_put, queue)))
        tasks = [asyncio.create_task(part) for part in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._clients[endpoint]
            self._listeners.leave(endpoint)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()

    def send(self, packet: Packet, endpoint: Endpoint) -> None:
        """Send to one client; one that does not read is hung up on."""
        if queue := self._clients.get(endpoint):
            _put(queue, packet)

    def broadcast(self, command: str, path: str) -> None:
        """Tell everybody that the tree has changed."""
        for queue in self._clients.values():
            _put(queue, json.dumps({"COMMAND": command, "DATA": path}))

    async def _receive_all(self, socket: WebSocket, endpoint: Endpoint) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if (packet := message.get("bytes")) is not None:
                    take(packet, endpoint.source, self._inbox, self.counts)
                else:
                    self._obey(message.get("text") or "", endpoint)

    def _obey(self, text: str, endpoint: Endpoint) -> None:
        """LISTEN or IGNORE; anything else is answered with a sentence."""
        self.counts.packets += 1
        try:
            asked = json.loads(text)
            command, path = asked["COMMAND"], asked["DATA"]
        except (ValueError, KeyError, TypeError, RecursionError):
            command = path = None
        if command not in _LISTENERS or not isinstance(path, str):
            self.counts.malformed += 1
            self._inbox.complain(endpoint.source, _NO_COMMAND)
        elif not exists(path):
            self._inbox.complain(endpoint.source, f"There is nothing to listen to at {path[:80]}.")
        elif command == "LISTEN":
            self._listeners.listen(endpoint, path)
        else:
            self._listeners.ignore(endpoint, path)


def _put(queue: asyncio.Queue[Packet | None], packet: Packet) -> None:
    try:
        queue.put_nowait(packet)
    except asyncio.QueueFull:
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)  # the end


async def send_all(socket: WebSocket, queue: asyncio.Queue[Packet | None]) -> None:
    """Send what is put into a queue, until None or the client's end."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (packet := await queue.get()) is not None:
            if isinstance(packet, bytes):
                await socket.send_bytes(packet)
            else:
                await socket.send_text(packet)


_NO_COMMAND = 'A command is written {"COMMAND": "LISTEN", "DATA": "/ld/gain"}, or IGNORE.'
