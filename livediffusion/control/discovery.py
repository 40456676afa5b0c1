"""Announced by zeroconf, so that clients find us by themselves: `_oscjson._tcp` and `_osc._udp`.

The one file that touches the zeroconf library, which is an optional extra; without it nothing is
announced. Where only this machine can reach a port, only this machine hears of it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livediffusion.types import Seconds

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf

_LONGEST_END: Seconds = 1.0
_EVERYWHERE = ("0.0.0.0", "::")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """Something that can be found: "_osc._udp" on a port of the address that is listened on."""

    kind: str
    host: str
    port: int


class Announcement:
    """Threading: made and closed by one thread; announces from another, which may take seconds."""

    def __init__(self, services: Sequence[Service], name: str) -> None:
        """`name` is what people see; the machine's is added."""
        self._services = tuple(services)
        self._name = f"{name} on {socket.gethostname().partition('.')[0]}"
        self._open: list[Zeroconf] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._announce, name="announce", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say goodbye."""
        self._closing.set()
        self._thread.join(_LONGEST_END)
        for zeroconf in self._open:
            with contextlib.suppress(OSError, RuntimeError):
                zeroconf.close()
        self._open.clear()

    def _announce(self) -> None:
        try:
            import zeroconf
        except ImportError:
            return
        logging.getLogger("zeroconf").setLevel(logging.ERROR)  # it tells of every odd interface
        for host in {service.host: None for service in self._services}:
            try:
                everywhere = host in _EVERYWHERE
                places = zeroconf.InterfaceChoice.All if everywhere else [_numeric(host)]
                opened = zeroconf.Zeroconf(interfaces=places)
                self._open.append(opened)
                for service in self._services:
                    if service.host == host and not self._closing.is_set():
                        opened.register_service(self._info(service), allow_name_change=True)
            except (OSError, RuntimeError, zeroconf.Error) as error:
                _log.warning(_FAILED, error or type(error).__name__)

    def _info(self, service: Service) -> ServiceInfo:
        from zeroconf import ServiceInfo

        kind = f"{service.kind}.local."
        hosts = _own_addresses() if service.host in _EVERYWHERE else [_numeric(service.host)]
        return ServiceInfo(
            kind,
            f"{self._name}.{kind}",
            service.port,
            parsed_addresses=hosts,
            server=f"livediffusion-{service.port}.local.",
        )


def _numeric(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _own_addresses() -> list[str]:
    """This machine's IPv4 addresses, those of the network before the loopback."""
    import ifaddr  # zeroconf's own

    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    addresses = [address for address in found if isinstance(address, str)]
    return sorted(addresses, key=lambda address: address.startswith("127."))


_FAILED = (
    "Nobody can find this by zeroconf (%s): clients need the address and port. "
    "`announce = false` under [web] in config.toml ends this message."
)
