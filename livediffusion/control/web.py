"""The web server: OSCQuery by HTTP and WebSocket; a page has its place beside it.

Its libraries are loaded on the net loop's thread, see `Port`.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from livediffusion.config import WebConfig
from livediffusion.control.endpoint import Endpoint
from livediffusion.control.inbox import Inbox
from livediffusion.control.netloop import NetLoop
from livediffusion.control.oscquery import Host, answer
from livediffusion.control.snapshot import Names, Snap, ask_for
from livediffusion.control.webport import Port
from livediffusion.types import Seconds

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

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
    ) -> None:
        """`osc` is where OSC is received. A taken port is said, and tried again each second."""
        self.port = config.port
        self._config = config
        self._osc = osc
        self._inbox = inbox
        self._loop = loop
        self._snap = snap
        self._names = names
        self._listeners = listeners
        self._sockets: Sockets | None = None
        self._port = Port(config, config.port, loop, self._application, "The web server")

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
        return counts | {"refused": counts["refused"] + self._port.refused}

    def close(self) -> None:
        """Hang up and let the port go."""
        self._port.close()

    def _application(self) -> Starlette:
        from starlette.applications import Starlette
        from starlette.routing import Route, WebSocketRoute

        from livediffusion.control.websocket import Sockets

        self._sockets = Sockets(self._inbox, self._listeners)
        return Starlette(
            routes=[  # a page's own come before these, which take everything
                WebSocketRoute("/{path:path}", self._talk),
                Route("/{path:path}", self._answer),
            ]
        )

    async def _talk(self, client: WebSocket) -> None:
        assert self._sockets is not None
        await self._sockets.serve(client)

    async def _answer(self, request: Request) -> Response:
        """One object of the tree, or an attribute of it, as JSON."""
        from starlette.responses import JSONResponse, Response

        try:
            future = asyncio.wrap_future(ask_for(self._inbox, self._snap))
            snapshot = await asyncio.wait_for(future, _PATIENCE)
        except TimeoutError:
            return JSONResponse({"ERROR": "The control loop is busy: try again."}, 503)
        snapshot = replace(snapshot, choices={**snapshot.choices, **self._names()})
        query, path = request.url.query, request.path_params["path"]
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
