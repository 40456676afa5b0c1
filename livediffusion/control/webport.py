"""One port that a web application is served on, behind the guard.

The server's libraries are loaded on the net loop's thread, so that the control loop need not wait
for them at its start.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from livediffusion.config import WebConfig
from livediffusion.control.endpoint import AllowList
from livediffusion.control.netloop import NetLoop
from livediffusion.control.osctcp import listen, listen_later
from livediffusion.types import Seconds

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from livediffusion.control.webguard import Guard

_LONGEST_END: Seconds = 1.5
_LARGEST_MESSAGE = 65536  # bytes from a WebSocket, as over UDP

_log = logging.getLogger(__name__)


class Port:
    """Threading: made, asked and closed by the control loop's thread; serves on the net loop's."""

    def __init__(
        self,
        config: WebConfig,
        port: int,
        loop: NetLoop,
        make: Callable[[], ASGIApp],
        what: str,
        token: str = "",
    ) -> None:
        """Serve what `make` gives, once the port can be had; `what` names it in sentences.

        A taken port is said, and tried again each second. `token` is as the guard takes it.
        """
        self.guard: Guard | None = None
        self._config = config
        self._port = port
        self._make = make
        self._what = what
        self._token = token
        self._server: uvicorn.Server | None = None
        listening = listen(config.host, port)
        if listening is None:
            _log.warning(_TAKEN, what, port)
        self._served = loop.start(self._serve(listening))

    @property
    def serving(self) -> bool:
        """Whether the port could be had and the server is up."""
        return self._server is not None and self._server.started

    @property
    def refused(self) -> int:
        """How many requests the guard has turned away."""
        return self.guard.refused if self.guard is not None else 0

    def close(self) -> None:
        """Hang up and let the port go."""
        if self._server is not None:
            self._server.should_exit = True
            with contextlib.suppress(TimeoutError, CancelledError):
                self._served.result(_LONGEST_END)
        self._served.cancel()

    async def _serve(self, listening: socket.socket | None) -> None:
        if listening is None:
            listening = await listen_later(self._config.host, self._port)
            _log.warning("Port %d is free now: %s listens there.", self._port, self._what)
        import uvicorn

        from livediffusion.control.webguard import Guard

        allow_list = AllowList(self._config.allow)
        self.guard = Guard(self._make(), allow_list, self._config.host, self._token)
        config = uvicorn.Config(
            self.guard,
            http="h11",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            ws_per_message_deflate=False,  # sound does not get smaller, and it takes time
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


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the server's is worth a line of the log: a page that was refused is not."""
    return "without completing handshake" not in record.getMessage()


_TAKEN = (
    "%s cannot have port %d: end what has it, or choose another port under [web] in config.toml. "
    "The rest works meanwhile."
)
