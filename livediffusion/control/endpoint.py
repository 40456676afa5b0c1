"""Where an OSC peer is, and by which wire it is reached; and who is let in at all."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Literal, NamedTuple, TypeAlias

from livediffusion.config import Network

Wire: TypeAlias = Literal["udp", "tcp", "web"]

_KINDS: dict[Wire, str] = {"udp": "osc", "tcp": "osc-tcp", "web": "osc-web"}
_WIRES: dict[str, Wire] = {kind: wire for wire, kind in _KINDS.items()}
_MOST_HOSTS = 1024  # remembered by the allow-list


class Endpoint(NamedTuple):
    """A peer. Over TCP and WebSocket, host and port are its end of the connection."""

    host: str
    port: int
    wire: Wire = "udp"

    @property
    def source(self) -> str:
        """How messages from there are signed: "osc 127.0.0.1:9000", "osc-tcp ..." and so on."""
        return f"{_KINDS[self.wire]} {self.host}:{self.port}"


def endpoint_of(source: str) -> Endpoint | None:
    """The endpoint that signs as `source`; None of a source that is not OSC."""
    kind, _, address = source.partition(" ")
    host, _, port = address.rpartition(":")
    if kind not in _WIRES or not port.isdecimal():
        return None
    return Endpoint(host, int(port), _WIRES[kind])


class AllowList:
    """Who may send: this machine always, else the addresses of the config."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._known: dict[str, bool] = {}

    def allows(self, host: str) -> bool:
        """Whether packets from (or feedback to) an IP address are allowed."""
        allowed = self._known.get(host)
        if allowed is None:
            if len(self._known) >= _MOST_HOSTS:
                self._known.clear()
            allowed = self._known[host] = self._look_up(host)
        return allowed

    def _look_up(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return host == "localhost"
        mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 peer of an IPv6 socket
        address = mapped or address
        return address.is_loopback or any(address in network for network in self._networks)
