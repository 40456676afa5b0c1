"""Riffusion's server: `POST /run_inference/`, on the web port and on one of its own.

Threading: the net loop's thread; files are looked for by a helper thread.
"""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from livediffusion.control.guests import Busy, Guests, Wish
from livediffusion.control.inference import parse_inference, wish_of
from livediffusion.control.webguard import LARGEST_BODY
from livediffusion.errors import UserError
from livediffusion.render.process import GuestReady
from livediffusion.types import Seconds

_PATIENCE: Seconds = 58.0  # Riffusion's app waits for a minute
_LOOK: Seconds = 0.5  # for whether the client is still there


class Riffusion:
    """Answers as Riffusion's own server does."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    def routes(self) -> list[BaseRoute]:
        """What is answered, with and without the slash at the end."""
        paths = ("/run_inference/", "/run_inference")
        return [Route(path, self._infer, methods=["POST"]) for path in paths]

    async def _infer(self, request: Request) -> Response:
        try:
            inference = parse_inference(await _body(request))
            wish = await asyncio.to_thread(wish_of, inference, self._guests.images)
            served = await self._serve(request, wish)
        except UserError as error:
            return PlainTextResponse(str(error), 400)
        except Busy as error:
            return PlainTextResponse(str(error), 503)
        except (_TooLarge, ClientDisconnect):
            return PlainTextResponse("At most 1 MB.", 413)
        answer = {
            "image": f"data:image/jpeg;base64,{served.image}",
            "audio": f"data:audio/mpeg;base64,{served.audio}",
            "duration_s": served.duration_s,
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def _serve(self, request: Request, wish: Wish) -> GuestReady:
        """What was rendered; Busy when it takes too long, or nobody waits for it any more."""
        served = asyncio.wrap_future(self._guests.ask(wish))
        gone = asyncio.create_task(_until_gone(request))
        both = (served, gone)
        try:
            await asyncio.wait(both, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not served.done():
                raise Busy(_TOO_LONG)
            return served.result()
        finally:
            for future in both:
                future.cancel()


class _TooLarge(Exception):  # noqa: N818 - see Busy
    """A body without a length turned out to be longer than any may be."""


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _TooLarge
    return bytes(body)


async def _until_gone(request: Request) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(_LOOK)


_TOO_LONG = "The performance left no time for this within a minute; ask again, or for fewer steps."
