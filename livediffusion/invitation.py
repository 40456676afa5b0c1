"""The address of the page, as `play` prints it: with a key for other machines, and as QR code."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from ipaddress import ip_address

from livediffusion.config import WebConfig, is_loopback
from livediffusion.types import Json

_ANYWHERE = "192.0.2.1"  # of nobody (RFC 5737); asking for the way there sends nothing


class Invitation:
    """What to say of the page, line by line, once each."""

    def __init__(self, web: WebConfig, token: str) -> None:
        """`token` is what other machines must know."""
        self._web = web
        self._token = token
        self._said_silent = False

    def lines(self) -> Iterator[str]:
        """At the start: where the page is."""
        if not self._web.serve:
            return
        if is_loopback(self._web.host):
            yield f"The page: {self.address()}"
            return
        yield "The page, also for a phone (the key is in the link; show it to nobody else):"
        yield self.address()
        yield from _qr_code(self.address()).splitlines()

    def look(self, status: Json) -> Iterator[str]:
        """While it plays: how it can be heard where there is no sound device."""
        if self._said_silent or not str(status.get("output", "")).startswith("nowhere"):
            return
        self._said_silent = True
        if self._web.serve:
            yield f"There is no sound device: press Listen on the page, {self.address()}"

    def address(self) -> str:
        """A link to the page; what follows the # is never sent to any server."""
        host, port = self._web.host, self._web.port
        if is_loopback(host):
            return f"http://{_bracketed(host)}:{port}/"
        return f"http://{_bracketed(_reachable(host))}:{port}/#token={self._token}"


def _reachable(host: str) -> str:
    """An address of this machine that others can reach it by."""
    if not ip_address(host).is_unspecified:
        return host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect((_ANYWHERE, 9))
            return str(out.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _qr_code(text: str) -> str:
    """A QR code of half blocks, for a terminal."""
    import segno

    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()
