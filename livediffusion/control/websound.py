"""Sound by WebSocket: packets of what the player plays, to whoever listens in a browser.

A listener asks for its format, for how much comes at once, and, when it comes back, for the frame
to go on from: `/stage/sound?format=int16&buffer=200&from=123456`.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import QueryParams
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from livediffusion.control.listening import LONGEST_BUFFER, Listener, Listening
from livediffusion.control.websocket import Packet, send_all
from livediffusion.types import SAMPLE_RATE

_MOST_UNREAD = 512  # packets, of 10 ms and more; then the oldest is lost, which a listener sees
_TOO_MANY = 1013


async def hear(socket: WebSocket, listening: Listening) -> None:
    """Send somebody the sound until they go."""
    try:
        listener = _wishes(socket.query_params)
    except ValueError as error:
        await socket.send_denial_response(PlainTextResponse(str(error), 400))
        return
    await socket.accept()
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Packet | None](_MOST_UNREAD)

    def put(packet: bytes) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there any more
            loop.call_soon_threadsafe(_offer, queue, packet)

    listener.put = put
    if not listening.join(listener):
        await socket.close(_TOO_MANY, "Too many listen already.")
        return
    tasks = [asyncio.create_task(part) for part in (send_all(socket, queue), _until_gone(socket))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        listening.leave(listener)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


def _wishes(asked: QueryParams) -> Listener:
    """What a listener asks for. Raises ValueError with a sentence."""
    listener = Listener(lambda packet: None)
    form = asked.get("format", "float")
    if form not in ("float", "int16"):
        raise ValueError("format must be float or int16.")
    listener.format = "int16" if form == "int16" else "float"
    milliseconds = _number(asked, "buffer", 200, LONGEST_BUFFER * 1000 // SAMPLE_RATE)
    listener.buffer = milliseconds * SAMPLE_RATE // 1000
    if "from" in asked:
        listener.next = _number(asked, "from", 0, 1 << 52)
    return listener


def _number(asked: QueryParams, name: str, default: int, most: int) -> int:
    given = asked.get(name, str(default))
    if not (given.isascii() and given.isdecimal() and len(given) < 17 and int(given) <= most):
        raise ValueError(f"{name} must be a whole number from 0 to {most}.")
    return int(given)


def _offer(queue: asyncio.Queue[Packet | None], packet: bytes) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(packet)


async def _until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass
