"""OSC over TCP through real sockets, with clients nobody here wrote: liblo and python-osc."""

import contextlib
import shutil
import socket
import struct
import subprocess
import time

import pytest
from osc_room import Room, free_port
from pythonosc.osc_message import OscMessage
from pythonosc.tcp_client import SimpleTCPClient

from livediffusion.config import Config, OscConfig, WebConfig
from livediffusion.control import osctcp
from livediffusion.control.inbox import Inbox
from livediffusion.control.network import Network
from livediffusion.control.oscstream import LengthPrefixed, Slip
from livediffusion.control.oscwire import encode


@pytest.fixture
def room():
    found = Room()
    yield found
    found.close()


def client_of(room, mode):
    return SimpleTCPClient("127.0.0.1", room.osc_port, mode=mode, timeout=30.0)


def next_message(client):
    while not (packets := client.receive()):
        pass
    return OscMessage(packets[0])


def raw(room, data):
    opened = socket.create_connection(("127.0.0.1", room.osc_port), timeout=30.0)
    opened.sendall(data)
    return opened


@pytest.mark.parametrize("mode", ["1.0", "1.1"])
def test_python_osc_is_understood_and_answered_on_the_same_connection(room, mode):
    with client_of(room, mode) as client:
        client.send_message("/ld/gain", -6.0)
        source = room.wait_to_hear("/ld/gain", -6.0)
        assert source == f"osc-tcp 127.0.0.1:{client.socket.getsockname()[1]}"
        client.send_message("/ld/gian", 1.0)
        answer = next_message(client)
        assert answer.address == "/ld/out/error"
        assert 'Did you mean "/ld/gain"?' in answer.params[0]


@pytest.mark.parametrize("mode", ["1.0", "1.1"])
def test_feedback_comes_back_on_the_same_connection_until_it_ends(room, mode):
    with client_of(room, mode) as client:
        client.send_message("/ld/subscribe", 9000)
        source = room.wait_to_hear("/ld/subscribe", 9000)
        endpoint = room.do(room.feedback.subscribe, source, 9000)
        assert endpoint.wire == "tcp"
        room.do(room.feedback.publish, "/ld/gain", (-3.0,), "patch", 0.0)
        answer = next_message(client)
        assert (answer.address, answer.params) == ("/ld/gain", [-3.0])
        assert endpoint in room.feedback._subscribers
    room.wait_for(lambda: endpoint not in room.feedback._subscribers, "the end of the subscription")


@pytest.mark.skipif(not shutil.which("oscsend"), reason="needs liblo-tools (oscsend)")
def test_liblo_is_understood(room):
    url = f"osc.tcp://127.0.0.1:{room.osc_port}"
    subprocess.run(["oscsend", url, "/ld/blend", "ff", "0.5", "0.25"], check=True, timeout=30)
    room.wait_to_hear("/ld/blend", 0.5, 0.25)


@pytest.mark.parametrize("framing", [Slip(), LengthPrefixed()])
def test_a_packet_may_come_in_pieces_and_many_at_once(room, framing):
    first, second = (framing.frame(encode("/ld/prompt/1/text", (text,))) for text in "ab")
    with raw(room, (first + second)[:-3]) as client:
        room.wait_to_hear("/ld/prompt/1/text", "a")
        client.sendall(second[-3:])
        room.wait_to_hear("/ld/prompt/1/text", "b")


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x08garbage!", b"\xc0garbage\xc0", b"\0\xff\xff\xff" * 3,
     b"\0\0\0\x04/", b"\xff" * 100_000],
    ids=range(6),
)  # fmt: skip
def test_garbage_is_counted_and_ends_nothing(room, data):
    before = room.network.statistics()["malformed"]
    with raw(room, data), client_of(room, "1.1") as other:
        other.send_message("/ld/gain", -1.0)
        room.wait_to_hear("/ld/gain", -1.0)
        if data != b"\0\0\0\x04/":  # that one may still become a packet
            room.wait_for(lambda: room.network.statistics()["malformed"] > before, "the count")


def test_what_cannot_be_framed_is_answered_and_hung_up_on(room):
    with raw(room, LengthPrefixed().frame(encode("/ld/gain", (1.0,)))) as client:
        room.wait_to_hear("/ld/gain", 1.0)
        client.sendall(b"\x7f\xff\xff\xff")
        (size,) = struct.unpack(">I", client.recv(4))
        answer = OscMessage(client.recv(size))
        assert answer.params[0].startswith("This is not OSC: a packet of 2147483647 bytes")
        assert client.recv(1) == b""


def test_one_that_does_not_read_is_hung_up_on(room, caplog):
    with raw(room, Slip().frame(encode("/ld/gain", (1.0,)))) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        room.wait_to_hear("/ld/gain", 1.0)
        endpoint = next(iter(room.network._tcp.connections))
        packet = encode("/ld/prompt/1/text", ("x" * 60_000,))
        for _ in range(300):
            room.network.send(packet, endpoint)
        room.wait_for(lambda: not room.network._tcp.connections, "the end")
    assert "does not read" in caplog.text


def test_a_crowd_is_refused(room):
    crowd = [raw(room, b"\xc0") for _ in range(40)]
    room.wait_for(lambda: room.network.statistics()["refused"] == 8, "the refusals")
    assert len(room.network._tcp.connections) == 32
    for client in crowd:
        client.close()
    room.wait_for(lambda: not room.network._tcp.connections, "the end")


def test_strangers_are_refused(room, monkeypatch):
    monkeypatch.setattr(room.network._tcp, "allows", lambda host: False)
    with raw(room, Slip().frame(encode("/ld/gain", (-9.0,)))) as stranger:
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(1) == b""
        room.wait_for(lambda: room.network.statistics()["refused"] == 1, "the refusal")
    assert room.heard == []


def test_a_taken_port_is_said_and_tried_again_and_udp_works(caplog, monkeypatch):
    monkeypatch.setattr(osctcp, "_TRY_AGAIN", 0.05)
    port = free_port()
    config = Config(osc=OscConfig(port=port), web=WebConfig(serve=False))
    with socket.create_server(("127.0.0.1", port)):
        network = Network(config, Inbox(), ())
        assert f"OSC over TCP cannot have port {port}" in caplog.text
        assert network._udp.listening and not network._tcp.listening
    end = time.monotonic() + 10.0
    while not network._tcp.listening and time.monotonic() < end:
        time.sleep(0.01)
    socket.create_connection(("127.0.0.1", port), timeout=30.0).close()
    network.close()
