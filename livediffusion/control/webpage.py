"""The page: its files, what it is made from, what it shows, and the way in from other machines.

Files lie under /page, what changes under /stage; `webguard` knows who may have which. Threading:
the net loop's thread; what takes longer is done by a helper thread.
"""

from __future__ import annotations

import asyncio
import base64
import json
import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

import livediffusion
from livediffusion.control.backstage import Backstage
from livediffusion.control.gallery import as_wav
from livediffusion.control.guests import Busy
from livediffusion.control.snapshot import Snapshot
from livediffusion.control.webguard import LARGEST_UPLOAD, UPLOAD, cookie_of, is_token
from livediffusion.control.websocket import Packet, Sockets
from livediffusion.control.websound import hear
from livediffusion.errors import UserError
from livediffusion.state.parameters import TABLE
from livediffusion.types import Json, Seconds

FILES = Path(livediffusion.__file__).parent / "web"
_SHOWN: Seconds = 0.05  # from one look at what is on show to the next
_PATIENCE: Seconds = 60.0  # with the renderer, which the performance comes first for
_KEY = re.compile(r"[0-9a-f]{8,64}")  # of a loop
_FOR_EVER = {"Cache-Control": "private, max-age=86400, immutable"}  # a key means one loop only
_NEVER = {"Cache-Control": "no-store"}


class Page:
    """Answers what the page asks."""

    def __init__(self, backstage: Backstage, snapshot: Callable[[], Awaitable[Snapshot]]) -> None:
        """`snapshot` raises TimeoutError where the control loop has no time."""
        self._backstage = backstage
        self._snapshot = snapshot

    def routes(self, sockets: Sockets) -> list[BaseRoute]:
        """What is served; the tree's own routes come after these."""

        async def talk(client: WebSocket) -> None:
            await sockets.serve(client, self._stream)

        async def listen(client: WebSocket) -> None:
            await hear(client, self._backstage.listening)

        mimetypes.add_type("text/javascript", ".js")  # not everywhere known as such
        return [
            Mount("/page", _Files(directory=FILES)),
            WebSocketRoute("/stage/socket", talk),
            WebSocketRoute("/stage/sound", listen),
            Route("/stage/table", self._table),
            Route("/stage/choices", self._choices),
            Route("/stage/loop/{key}.png", self._picture),
            Route("/stage/loop.wav", self._sound),
            Route("/stage/loop.png", self._original),
            Route("/stage/enter", self._enter, methods=["POST"]),
            Route(UPLOAD, self._seed, methods=["POST"]),
        ]

    @staticmethod
    def front() -> Response:
        """The page itself."""
        return FileResponse(FILES / "index.html", headers={"Vary": "Accept", **_NEVER})

    async def _table(self, request: Request) -> Response:
        """Every row, for the controls to be made from."""
        return JSONResponse([asdict(row) | {"address": row.address} for row in TABLE])

    async def _choices(self, request: Request) -> Response:
        """What the table cannot know: names to choose from, mappings, places on the pad."""
        try:
            snapshot = await self._snapshot()
        except TimeoutError:
            return JSONResponse({"error": "The control loop is busy: try again."}, 503)
        names = ("choices", "mapped", "places", "loras")
        said = {name: getattr(snapshot, name) for name in names}
        return JSONResponse(said, headers=_NEVER)

    async def _picture(self, request: Request) -> Response:
        key = request.path_params["key"]
        if not _KEY.fullmatch(key):
            return Response("This is no loop.", 404)
        draw: Callable[[str], bytes | None] = self._backstage.gallery.picture
        png = await asyncio.to_thread(draw, key)
        if png is None:  # it is gone, as loops go: nothing that a browser should complain of
            return Response(status_code=204, headers=_NEVER)
        return Response(png, media_type="image/png", headers=_FOR_EVER)

    async def _sound(self, request: Request) -> Response:
        """The loop that sounds, as it was rendered, in 32-bit float."""
        found = self._backstage.gallery.sound(self._backstage.show.sounding)
        if found is None:
            return Response("Nothing sounds yet.", 404)
        wav = await asyncio.to_thread(as_wav, found[0])
        return Response(wav, media_type="audio/wav", headers=_NEVER)

    async def _original(self, request: Request) -> Response:
        """The picture that the loop that sounds was made from, with tags for decoders."""
        if (guests := self._backstage.guests) is None:
            return Response("There is no renderer to ask.", 404)
        try:
            asked = asyncio.wrap_future(guests.ask_for_picture(self._backstage.show.sounding))
            ready = await asyncio.wait_for(asked, _PATIENCE)
        except UserError as error:
            return Response(str(error), 404, media_type="text/plain")
        except (Busy, TimeoutError) as error:
            said = str(error) or "The performance leaves no time for this: try again."
            return Response(said, 503, media_type="text/plain")
        png = base64.b64decode(ready.image)
        return Response(png, media_type="image/png", headers=_NEVER)

    async def _seed(self, request: Request) -> Response:
        """Make a seed image of a file; who sent it may then choose it by its name."""
        if (seeding := self._backstage.seeding) is None:
            return JSONResponse({"error": "Nothing can be kept here."}, 404)
        filename = request.query_params.get("name", "")
        try:
            name, said = await seeding.take(filename, request.stream(), LARGEST_UPLOAD)
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse({"name": name, "said": said})

    async def _enter(self, request: Request) -> Response:
        """Take the token that came in the address's last part, and let the browser keep it."""
        try:
            said: Json = json.loads(await request.body())
            given = str(said["token"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return JSONResponse({"error": 'A token is sent as {"token": "..."}.'}, 400)
        if not is_token(given, self._backstage.token):
            return JSONResponse({"error": _WRONG_TOKEN}, 401)
        response = Response(status_code=204)
        name = cookie_of(request.url.port)
        response.set_cookie(name, given, httponly=True, samesite="strict")
        return response

    async def _stream(self, put: Callable[[Packet], None]) -> None:
        """Send what is on show whenever it was made anew."""
        show, seen = self._backstage.show, ""
        show.watchers += 1
        try:
            while True:
                if (text := show.text) is not seen:
                    seen = text
                    put('{"SHOW": ' + text + "}")
                await asyncio.sleep(_SHOWN)
        finally:
            show.watchers -= 1


class _Files(StaticFiles):
    """Files that are asked for again after each start, in case they have changed."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


_WRONG_TOKEN = (
    "This link is not of the program that runs now: take the one that it printed at its start."
)
