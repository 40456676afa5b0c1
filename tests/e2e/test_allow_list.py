"""Who listens beyond this machine takes nothing from anybody who is not on the allow-list."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from daemon import free_port
from hostile import foreign

from livediffusion.config import Config, OscConfig, WebConfig
from livediffusion.control.inbox import Inbox
from livediffusion.control.network import Network
from livediffusion.control.oscwire import encode
from livediffusion.control.snapshot import Snapshot

pytestmark = pytest.mark.timeout(300)

FRIEND = (ip_network("198.51.100.7/32"),)


def test_a_stranger_is_neither_heard_nor_answered() -> None:
    host, inbox, mute = own_address(), Inbox(), encode("/ld/mute", (1,))
    osc = OscConfig("0.0.0.0", free_port(), FRIEND)
    web = WebConfig(host="0.0.0.0", port=free_port(), allow=FRIEND, announce=False)
    network = Network(Config(osc=osc, web=web), inbox, ())
    network.open_web(lambda: Snapshot(2), dict)
    try:
        wait_for(lambda: network._web is not None and network._web.serving)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(5):
                out.sendto(mute, (host, osc.port))
        with socket.create_connection((host, osc.port), timeout=60.0) as out:
            assert is_hung_up(out)
        assert foreign(web.port, host) == [403] * 6
        wait_for(lambda: network.statistics()["refused"] == 5 + 1 + 6)
        assert inbox.counts.messages == 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(mute, ("127.0.0.1", osc.port))
        wait_for(lambda: inbox.counts.messages == 1)
    finally:
        network.close()


def is_hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def own_address() -> str:
    """An address of this machine that is no loopback; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.7", 9))
        except OSError:
            pytest.skip("needs an address beyond loopback")
        return str(probe.getsockname()[0])
