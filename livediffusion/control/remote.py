"""Asking the livediffusion that is playing on this machine, over OSC, from the command line."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from livediffusion.config import OscConfig, load_config
from livediffusion.control.oscwire import Malformed, decode, encode
from livediffusion.errors import UserError
from livediffusion.state.lesson import ANY, LONGEST
from livediffusion.state.parameters import PREFIX, address_of
from livediffusion.types import Seconds

_ANSWERS_WITHIN: Seconds = 3.0
_LEARN, _UNLEARN = "/ld/learn", "/ld/unlearn"
_NEWS, _ERROR = "/ld/out/learn", "/ld/out/error"
_NOBODY = (
    "No livediffusion answers on OSC port {port}: start one with `livediffusion play`, or name its "
    "config with --config."
)

Say = Callable[[str], None]


def learn(target: str, config: Path | None, say: Say) -> None:
    """Have the running daemon learn what moves a target, and say how it goes.

    Raises UserError when it was not learned.
    """
    with connection(load_config(config).osc) as daemon:
        daemon.send(encode(_LEARN, (_address(target) if target else ANY,)))
        try:
            for word, sentence in _news(daemon, LONGEST + _ANSWERS_WITHIN):
                if word in ("failed", "ended"):
                    raise UserError(sentence)
                say(sentence)
                if word == "learned":
                    return
        except KeyboardInterrupt:
            daemon.send(encode(_LEARN, ("",)))
            raise


def unlearn(target: str, config: Path | None, say: Say) -> None:
    """Have the running daemon forget what moves a target. Raises UserError."""
    with connection(load_config(config).osc) as daemon:
        daemon.send(encode(_UNLEARN, (_address(target),)))
        for word, sentence in _news(daemon, _ANSWERS_WITHIN):
            if word != "learned":
                raise UserError(sentence)
            say(sentence)
            return


def _address(target: str) -> str:
    """ "gain", "seed.morph" and "/ld/gain" are what they seem."""
    known = target == ANY or target.startswith(PREFIX)
    return target if known else address_of(target.strip("/"))


@contextlib.contextmanager
def connection(config: OscConfig) -> Iterator[socket.socket]:
    """A socket that is connected to the daemon's port."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as opened:
        opened.connect((host, config.port))
        yield opened


def _news(daemon: socket.socket, within: Seconds) -> Iterator[tuple[str, str]]:
    """How learning goes, as (word, sentence), until nothing comes any more.

    Raises UserError where nobody answers, or the daemon refuses.
    """
    port = daemon.getpeername()[1]
    end, patience = time.monotonic() + within, _ANSWERS_WITHIN
    while (left := min(patience, end - time.monotonic())) > 0.0:
        daemon.settimeout(left)
        try:
            packet = daemon.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            break
        for address, values in _messages(packet):
            if address == _ERROR:
                raise UserError(str(values[0]))
            if address == _NEWS:
                patience = within
                yield str(values[0]), str(values[1])
    raise UserError(_NOBODY.format(port=port))


def _messages(packet: bytes) -> Iterator[tuple[str, tuple[object, ...]]]:
    try:
        for unit in decode(packet):
            yield from unit.messages
    except Malformed:
        return
