"""The web server: OSCQuery by HTTP and WebSocket, and the page beside it.

Its libraries are loaded on the net loop's thread, see `Port`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from livediffusion.config import WebConfig
from livediffusion.control.backstage import Backstage
from livediffusion.control.endpoint import Endpoint
from livediffusion.control.guests import Guests
from livediffusion.control.inbox import Inbox
from livediffusion.control.netloop import NetLoop
from livediffusion.control.oscquery import Host, answer
from livediffusion.control.snapshot import Names, Snap, Snapshot, ask_for
from livediffusion.control.webport import Port
from livediffusion.types import Seconds

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from livediffusion.control.webpage import Page
    from livediffusion.control.websocket import Listeners, Sockets

_PATIENCE: Seconds = 2.0  # with the control loop


class Web:
    """Threading: made, asked and closed by the control loop's thread; serves on the net loop's."""

    def __init__(
        self,
        config: WebConfig,
        osc: Endpoint,
        inbox: Inbox,
        loop: NetLoop,
        snap: Snap,
        names: Names,
        listeners: Listeners,
        backstage: Backstage | None = None,
        guests: Guests | None = None,
    ) -> None:
        """`osc` is where OSC is received. A taken port is said, and tried again each second.

        Without a `backstage` there is no page, without `guests` no Riffusion's server.
        """
        self.port = config.port
        self._config = config
        self._osc = osc
        self._inbox = inbox
        self._loop = loop
        self._snap = snap
        self._names = names
        self._listeners = listeners
        self._backstage = backstage
        self._page: Page | None = None
        self._guests = guests
        self._sockets: Sockets | None = None
        token = backstage.token if backstage is not None else ""
        self._port = Port(config, config.port, loop, self._application, "The web server", token)
        self._also: Port | None = None
        if guests is not None and config.riffusion_port not in (0, config.port):
            make, what = self._riffusion_alone, "Riffusion's server"
            self._also = Port(config, config.riffusion_port, loop, make, what, token)

    @property
    def serving(self) -> bool:
        """Whether the port could be had and the server is up."""
        return self._port.serving

    def send(self, packet: bytes, to: Endpoint) -> None:
        """Send to somebody who is connected."""
        if self._sockets is not None:
            self._loop.call(self._sockets.send, packet, to)

    def broadcast(self, command: str, path: str) -> None:
        """Tell everybody who is connected that the tree has changed."""
        if self._sockets is not None:
            self._loop.call(self._sockets.broadcast, command, path)

    def statistics(self) -> dict[str, int]:
        """Every counter by name."""
        if self._sockets is None:
            return {}
        counts = asdict(self._sockets.counts)
        refused = self._port.refused + (self._also.refused if self._also is not None else 0)
        return counts | {"refused": counts["refused"] + refused}

    def close(self) -> None:
        """Hang up and let the port go."""
        self._port.close()
        if self._also is not None:
            self._also.close()

    def _application(self) -> Starlette:
        from starlette.applications import Starlette
        from starlette.routing import Route, WebSocketRoute

        from livediffusion.control.websocket import Sockets

        self._sockets = Sockets(self._inbox, self._listeners)
        return Starlette(
            routes=[
                *self._page_routes(self._sockets),  # before those that take everything
                *self._riffusion_routes(),
                WebSocketRoute("/{path:path}", self._talk),
                Route("/{path:path}", self._answer),
            ]
        )

    def _page_routes(self, sockets: Sockets) -> list[BaseRoute]:
        if self._backstage is None:
            return []
        from livediffusion.control.webpage import Page

        self._page = Page(self._backstage, self._snapshot)
        return self._page.routes(sockets)

    def _riffusion_routes(self) -> list[BaseRoute]:
        if self._guests is None:
            return []
        from livediffusion.control.webriffusion import Riffusion

        return Riffusion(self._guests).routes()

    def _riffusion_alone(self) -> Starlette:
        from starlette.applications import Starlette

        return Starlette(routes=self._riffusion_routes())

    async def _talk(self, client: WebSocket) -> None:
        assert self._sockets is not None
        await self._sockets.serve(client)

    async def _snapshot(self) -> Snapshot:
        """Everything at one moment. Raises TimeoutError."""
        future = asyncio.wrap_future(ask_for(self._inbox, self._snap))
        snapshot = await asyncio.wait_for(future, _PATIENCE)
        return replace(snapshot, choices={**snapshot.choices, **self._names()})

    async def _answer(self, request: Request) -> Response:
        """One object of the tree, or an attribute of it, as JSON; to a browser first the page."""
        from starlette.responses import JSONResponse, Response

        query, path = request.url.query, request.path_params["path"]
        if self._page is not None and not (query or path) and is_browsing(request.headers):
            return self._page.front()
        try:
            snapshot = await self._snapshot()
        except TimeoutError:
            return JSONResponse({"ERROR": "The control loop is busy: try again."}, 503)
        status, found = answer(f"/{path}", query, snapshot, self._host(request))
        if not found:
            return Response(status_code=status)
        return JSONResponse(found, status, headers={"Cache-Control": "no-store"})

    def _host(self, request: Request) -> Host:
        """Where we are, as seen by who asks: at the address where it has found us."""
        server = request.scope.get("server")
        here = str(server[0]) if server else self._config.host
        everywhere = self._osc.host in ("0.0.0.0", "::")
        return Host(here if everywhere else self._osc.host, self._osc.port, here, self.port)


def is_browsing(headers: Mapping[str, str]) -> bool:
    """Whether somebody wants to look at a page, and not to read the tree."""
    return "text/html" in headers.get("accept", "")
