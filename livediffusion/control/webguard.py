"""Who may talk to the web server: peers of the allow-list, to a name that is ours, from no page of
somebody else's. Without this any web page that a performer looks at could play the instrument.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from livediffusion.control.endpoint import AllowList

LARGEST_BODY = 1 << 20  # bytes
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Guard:
    """An ASGI middleware that answers 403 (413 for a body that is too large)."""

    def __init__(self, app: ASGIApp, allow_list: AllowList, host: str) -> None:
        """`host` is the address that is listened on."""
        self.refused = 0
        self._app = app
        self._allow_list = allow_list
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        why = self._why_not(scope)
        if not why and int(_length(Headers(scope=scope))) <= LARGEST_BODY:
            await self._app(scope, receive, send)
            return
        self.refused += 1
        status = 403 if why else 413
        refusal = PlainTextResponse(why or "At most 1 MB.", status)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def _why_not(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        client, server = scope.get("client"), scope.get("server")
        if client is None or not self._allow_list.allows(client[0]):
            return "This address is not on the allow-list."
        ours = {self._host, str(server[0]) if server else ""}
        if not is_ours(headers.get("host", ""), ours):
            return "The Host is not this machine's."
        origin = headers.get("origin")
        if origin is not None and not is_same(origin, headers["host"]):
            return "The page is from elsewhere."
        return ""


def is_ours(host: str, ours: set[str]) -> bool:
    """Whether a Host header names this machine: as localhost, a loopback or one of its addresses.

    A name is never believed: whoever owns one can let it point here (DNS rebinding).
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name in ours or ip_address(name).is_loopback
    except ValueError:
        return False


def is_same(origin: str, host: str) -> bool:
    """Whether an Origin header is the server that a Host header names."""
    try:
        page, server = urlsplit(origin), urlsplit(f"//{host}")
        default = _DEFAULT_PORTS.get(page.scheme)
        return (
            default is not None
            and page.hostname == server.hostname
            and (page.port or default) == (server.port or default)
        )
    except ValueError:
        return False


def _length(headers: Headers) -> str:
    given = headers.get("content-length", "0")
    return given if given.isdecimal() and len(given) < 12 else str(LARGEST_BODY + 1)
