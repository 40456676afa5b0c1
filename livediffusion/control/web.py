"""The web server: OSCQuery by HTTP and WebSocket; a page has its place beside it.

The one file that knows the server's libraries' lives. They are loaded on the net loop's thread, so
that the control loop need not wait for them at its start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from concurrent.futures import CancelledError
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from livediffusion.config import WebConfig
from livediffusion.control.endpoint import AllowList, Endpoint
from livediffusion.control.inbox import Inbox
from livediffusion.control.netloop import NetLoop
from livediffusion.control.oscquery import Host, answer
from livediffusion.control.osctcp import listen, listen_later
from livediffusion.control.snapshot import Names, Snap, ask_for
from livediffusion.types import Seconds

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from livediffusion.control.webguard import Guard
    from livediffusion.control.websocket import Listeners, Sockets

_PATIENCE: Seconds = 2.0  # with the control loop
_LONGEST_END: Seconds = 1.5
_LARGEST_MESSAGE = 65536  # bytes from a WebSocket, as over UDP

_log = logging.getLogger(__name__)


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
        self._server: uvicorn.Server | None = None
        self._sockets: Sockets | None = None
        self._guard: Guard | None = None
        listening = listen(config.host, config.port)
        if listening is None:
            _log.warning(_TAKEN, config.port)
        self._served = loop.start(self._serve(listening))

    @property
    def serving(self) -> bool:
        """Whether the port could be had and the server is up."""
        return self._server is not None and self._server.started

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
        if self._sockets is None or self._guard is None:
            return {}
        counts = asdict(self._sockets.counts)
        return counts | {"refused": counts["refused"] + self._guard.refused}

    def close(self) -> None:
        """Hang up and let the port go."""
        if self._server is not None:
            self._server.should_exit = True
            with contextlib.suppress(TimeoutError, CancelledError):
                self._served.result(_LONGEST_END)
        self._served.cancel()

    async def _serve(self, listening: socket.socket | None) -> None:
        if listening is None:
            listening = await listen_later(self._config.host, self._config.port)
            _log.warning("Port %d is free now: the web server listens there.", self.port)
        import uvicorn

        from livediffusion.control.webguard import Guard

        app = self._application()
        self._guard = Guard(app, AllowList(self._config.allow), self._config.host)
        config = uvicorn.Config(
            self._guard,
            http="h11",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,  # else a header could claim another sender
            server_header=False,
            limit_concurrency=128,
            timeout_graceful_shutdown=1,
        )
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        self._server = uvicorn.Server(config)
        try:
            await self._server.serve(sockets=[listening])
        finally:
            listening.close()

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


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the server's is worth a line of the log: a page that was refused is not."""
    return "without completing handshake" not in record.getMessage()


_TAKEN = (
    "The web server cannot have port %d: end what has it, or choose another port under [web] in "
    "config.toml. The rest works meanwhile."
)
