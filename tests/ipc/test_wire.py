"""JSON over sockets: reconnecting, garbage, floods, and peers that hang."""

from __future__ import annotations

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import connection
from pathlib import Path

import pytest

from livediffusion.ipc import wire
from livediffusion.ipc.wire import CONNECTED, DISCONNECTED, Client, Peer, Server
from livediffusion.types import Json


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s"  # a socket's path has 107 bytes at most


@pytest.fixture
def server(path: Path) -> Iterator[Server]:
    with_socket = Server(path)
    yield with_socket
    with_socket.close()


def take(peer: Peer, count: int = 1, timeout_s: float = 20.0) -> list[Json]:
    return [peer.received.get(timeout=timeout_s) for _ in range(count)]


def eventually(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def test_messages_both_ways_in_order(path: Path, server: Server) -> None:
    client = Client(path)
    assert take(client) == take(server) == [{"type": CONNECTED}]
    for number in range(500):
        assert client.send({"type": "up", "n": number, "text": "ü"})
        assert server.send({"type": "down", "n": number})
    assert [m["n"] for m in take(server, 500)] == list(range(500))
    assert [m["n"] for m in take(client, 500)] == list(range(500))
    client.close()
    assert take(server) == [{"type": DISCONNECTED}]
    assert eventually(lambda: not server.send({"type": "x"}))


def test_client_waits_for_a_server_and_finds_its_successor(path: Path) -> None:
    client = Client(path)
    assert not client.connected and not client.send({"type": "early"})
    first = Server(path)
    assert take(client) == [{"type": CONNECTED}]
    first.close()
    assert take(client) == [{"type": DISCONNECTED}]
    second = Server(path)
    assert take(client) == [{"type": CONNECTED}]
    assert client.send({"type": "hello"})
    assert take(second, 2)[1] == {"type": "hello"}
    client.close()
    second.close()


def test_newest_client_is_the_one_that_counts(path: Path, server: Server) -> None:
    with connection.Client(str(path), family="AF_UNIX") as old:
        take(server)
        with connection.Client(str(path), family="AF_UNIX") as new:
            take(server)
            assert server.send({"type": "x"})
            assert new.recv_bytes() == b'{"type": "x"}'
            with pytest.raises(EOFError):
                old.recv_bytes()


def test_garbage_is_counted_and_passed_over(path: Path, server: Server) -> None:
    with connection.Client(str(path), family="AF_UNIX") as raw:
        for text in (b"\xff\x00", b"{", b"[1]", b"7", b"null", b'{"no": "type"}', b'{"type": 1}',
                     b"[" * 100_000):  # fmt: skip
            raw.send_bytes(text)
        raw.send_bytes(b'{"type": "good"}')
        assert [m["type"] for m in take(server, 2)] == [CONNECTED, "good"]
    assert server.garbage == 8


def test_raw_bytes_end_only_their_own_connection(path: Path, server: Server) -> None:
    for junk in (b"GET / HTTP/1.1\r\n\r\n", struct.pack("!i", 1 << 30), b"\xff" * 64, b""):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(path))
            raw.sendall(junk)
    client = Client(path)
    take(client)
    assert eventually(lambda: client.send({"type": "still here"}))
    assert eventually(lambda: {"type": "still here"} in list(server.drain()))
    client.close()


def test_full_queue_makes_the_sender_wait_and_loses_nothing(path: Path) -> None:
    server, client = Server(path, queue_length=8), Client(path)
    take(client)
    sender = threading.Thread(
        target=lambda: [client.send({"type": "n", "n": n}) for n in range(600)]
    )
    sender.start()
    numbers: list[int] = []
    while len(numbers) < 600:
        batch = list(server.drain(limit=5))
        assert len(batch) <= 5
        numbers += [message["n"] for message in batch if message["type"] == "n"]
    sender.join()
    assert numbers == list(range(600)) and server.overflowed == 0
    client.close()
    server.close()


def test_queue_that_nobody_drains_is_loud(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_FULL_TIMEOUT_S", 0.001)
    server, client = Server(path, queue_length=4), Client(path)
    take(client)
    for number in range(20):
        client.send({"type": "n", "n": number})
    assert eventually(lambda: server.overflowed >= 17)
    client.close()
    assert eventually(lambda: {"type": DISCONNECTED} in list(server.drain()))
    server.close()


def test_peer_that_hangs_is_given_up(path: Path, server: Server) -> None:
    code = (
        "import sys, time, pathlib; from livediffusion.ipc.wire import Client;"
        "Client(pathlib.Path(sys.argv[1])); time.sleep(600)"
    )
    peer = subprocess.Popen([sys.executable, "-c", code, str(path)])
    try:
        assert take(server) == [{"type": CONNECTED}]
        os.kill(peer.pid, signal.SIGSTOP)
        message = {"type": "x", "text": "x" * 50_000}
        start = time.monotonic()
        while server.send(message):
            assert time.monotonic() - start < 60.0
        assert take(server) == [{"type": DISCONNECTED}]
        os.kill(peer.pid, signal.SIGCONT)
        assert take(server) == [{"type": CONNECTED}]  # it lives, and comes back
    finally:
        peer.kill()
        peer.wait()


def test_socket_is_ours_alone_and_goes_at_the_end(path: Path) -> None:
    server = Server(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server.close()
    assert not path.exists()


def test_file_left_by_a_killed_server_is_no_obstacle(path: Path) -> None:
    path.write_bytes(b"")
    server, client = Server(path), Client(path)
    assert take(client) == [{"type": CONNECTED}]
    client.close()
    server.close()


def test_sending_from_many_threads_keeps_messages_whole(path: Path, server: Server) -> None:
    client = Client(path)
    take(client)

    def send(who: int) -> None:
        for number in range(200):
            client.send({"type": "n", "who": who, "n": number, "pad": "x" * (number * 7)})

    threads = [threading.Thread(target=send, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    got = take(server, 801)[1:]
    for thread in threads:
        thread.join()
    for who in range(4):
        assert [m["n"] for m in got if m["who"] == who] == list(range(200))
    assert server.garbage == 0
    client.close()
