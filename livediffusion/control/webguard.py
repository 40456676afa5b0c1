"""Who may talk to the web server: peers of the allow-list, to a name that is ours, from no page of
somebody else's. Without this any web page that a performer looks at could play the instrument.

A browser beyond this machine needs the token as well, which the program printed at its start. It
comes in the part of an address that no server ever sees, is handed in once, and is kept as a
cookie: so it stands in no log and no history. Programs that the allow-list names need none, as over
OSC; what is under /stage asks everybody.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from livediffusion.control.endpoint import AllowList

LARGEST_BODY = 1 << 20  # bytes
LARGEST_UPLOAD = 32 << 20  # bytes of a sound or picture that is dropped on the page
UPLOAD = "/stage/seed"
ENTER = "/stage/enter"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Guard:
    """An ASGI middleware that answers 403 (413 for a body that is too large)."""

    def __init__(self, app: ASGIApp, allow_list: AllowList, host: str, token: str = "") -> None:
        """`host` is the address that is listened on; without a token nobody needs one."""
        self.refused = 0
        self._token = token
        self._app = app
        self._allow_list = allow_list
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        headers = Headers(scope=scope)
        largest = LARGEST_UPLOAD if scope.get("path") == UPLOAD else LARGEST_BODY
        if why := self._why_not(scope):
            refusal = PlainTextResponse(why, 403)
        elif int(_length(headers)) > largest:
            refusal = PlainTextResponse(f"At most {largest >> 20} MB.", 413)
        elif self._token and _asks_for_token(scope) and not self._has_token(headers):
            refusal = PlainTextResponse(_NO_TOKEN, 401)
        else:
            await self._app(scope, receive, sealed(send))
            return
        self.refused += 1
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

    def _has_token(self, headers: Headers) -> bool:
        """Whether a request has the token: a browser in its cookie, a program as Bearer."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and is_token(given.strip(), self._token):
            return True
        try:
            kept = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        name = cookie_of(urlsplit(f"//{headers.get('host', '')}").port)
        return name in kept and is_token(kept[name].value, self._token)


def sealed(send: Send) -> Send:
    """A `send` that tells the browser to run nothing but our own files, and to tell nobody."""

    async def send_sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_SEALS]}
        await send(message)

    return send_sealed


def is_token(given: str, token: str) -> bool:
    """Whether it is the token, in a time that says nothing about it."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), token.encode())


def cookie_of(port: int | None) -> str:
    """The cookie's name; the port is in it because cookies do not know ports."""
    return f"livediffusion-{port or 80}"


def _asks_for_token(scope: Scope) -> bool:
    """Whether what is asked for is kept from browsers beyond this machine that have no token."""
    client = scope.get("client")
    if client is None or ip_address(client[0].partition("%")[0]).is_loopback:
        return False
    path, headers = scope.get("path", ""), Headers(scope=scope)
    if path == ENTER or path.startswith("/page/"):
        return False
    if path == "/" and "text/html" in headers.get("accept", ""):
        return False
    is_browser = any(name in headers for name in ("origin", "sec-fetch-site", "cookie"))
    return is_browser or path.startswith("/stage/")


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


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SEALS = [
    (name.lower().encode(), value.encode())
    for name, value in {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }.items()
]
_NO_TOKEN = (
    "Open the page by the link or the QR code that the program printed at its start: the key to it "
    "is in there."
)
