"""OSC through real sockets, with senders nobody here wrote: liblo, python-osc, Pure Data."""

import shutil
import socket
import subprocess
import time
from ipaddress import ip_network

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from livediffusion.config import OscConfig
from livediffusion.control import osc as osc_module
from livediffusion.control.endpoint import AllowList, endpoint_of
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc import OscServer
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscwire import encode
from livediffusion.control.wallclock import measured_offset


class Room:
    """A server on a free port, its inbox and feedback, and a client socket."""

    def __init__(self):
        self.inbox, allow_list = Inbox(), AllowList([])
        self.server = OscServer(OscConfig(port=free_port()), self.inbox, allow_list)
        self.feedback = Feedback(self.server.send, allow_list)
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.bind(("127.0.0.1", 0))
        self.client.settimeout(30.0)

    def send(self, packet):
        self.client.sendto(packet, ("127.0.0.1", self.server.port))

    def answer_complaints(self):
        for complaint in self.inbox.complaints():
            self.feedback.complaints.hear(complaint, 0.0)

    def receive(self, count=1, timeout=30.0):
        """The next messages, as (address, *values)."""
        found, end = [], time.monotonic() + timeout
        while len(found) < count and time.monotonic() < end:
            self.inbox.wait(0.1)
            found += self.inbox.drain(time.monotonic())
        return [(message.address, *message.values) for message in found]

    def settle(self, packets, timeout=60.0):
        """Wait until the inbox has taken so many packets, drops counted."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.inbox.counts.messages + self.server.kernel_drops() >= packets:
                return
            time.sleep(0.01)
        raise AssertionError(self.server.statistics())

    def close(self):
        self.client.close()
        self.server.close()


@pytest.fixture
def room():
    found = Room()
    yield found
    found.close()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def oscsend(room, *words):
    subprocess.run(["oscsend", "127.0.0.1", str(room.server.port), *words], check=True)


needs_liblo = pytest.mark.skipif(not shutil.which("oscsend"), reason="needs liblo-tools (oscsend)")


@needs_liblo
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["/ld/prompt/1/weight", "f", "0.5"], ("/ld/prompt/1/weight", 0.5)),
        (["/ld/prompt/2/text", "s", "pads 🌊"], ("/ld/prompt/2/text", "pads 🌊")),
        (["/ld/blend", "ffi", "0.5", "0.25", "1"], ("/ld/blend", 0.5, 0.25, 1)),
        (["/ld/play"], ("/ld/play",)),
        (["/ld/mute", "T"], ("/ld/mute", True)),
        (["/ld/seed/a", "h", "4000000000"], ("/ld/seed/a", 4000000000)),
        (["/ld/gain", "d", "-6"], ("/ld/gain", -6.0)),
    ],
)
def test_liblo_is_understood(room, words, message):
    oscsend(room, *words)
    assert room.receive() == [message]


def test_a_bundle_with_a_future_timetag_acts_at_its_time(room):
    due = time.time() + 0.3
    builder = OscBundleBuilder(due)
    for address, value in (("/ld/gain", -6.0), ("/ld/drift", 0.5)):
        content = OscMessageBuilder(address)
        content.add_arg(value)
        builder.add_content(content.build())
    room.send(builder.build().dgram)
    found = []
    while not found and time.time() < due + 30.0:
        room.inbox.wait(60.0)  # ends by itself when something has come, and at the bundle's time
        found = room.inbox.drain(time.monotonic())
    assert time.time() > due - 0.002
    assert [message.address for message in found] == ["/ld/gain", "/ld/drift"]
    assert all(message.tagged for message in found)
    assert found[0].time + measured_offset() == pytest.approx(due, abs=0.002)
    assert time.time() < due + 30.0


def test_after_a_flood_the_last_value_received_stands(room):
    for value in range(20_000):
        room.send(encode("/ld/gain", (value / 20_000,)))
    room.settle(20_000)
    room.send(encode("/ld/gain", (-7.0,)))  # the kernel drops the newest, so: after the flood
    room.settle(20_001)
    (message,) = room.inbox.drain(time.monotonic())
    assert message.values == (-7.0,)
    statistics = room.server.statistics()
    assert statistics["packets"] + statistics["drops"] == 20_001


def test_kernel_drops_are_counted():
    server = OscServer(OscConfig(port=free_port()), Inbox(), AllowList([]))
    server.close()  # nobody reads any more, but here is another socket that nobody reads:
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    deaf.bind(("127.0.0.1", 0))
    server._socket = deaf
    for _ in range(100):
        deaf.sendto(b"x" * 500, deaf.getsockname())
    dropped = server.kernel_drops()
    deaf.close()
    assert 80 <= dropped <= 100


@pytest.mark.parametrize(
    "packet",
    [b"", b"\0", b"garbage", b"/", b"/ld/gain\0\0\0\0,f\0\0", b"#bundle\0", b"/x" * 30_000,
     b"/ld/gain\0\0\0\0,x\0\0", b"/\xff\xfe\0"],
    ids=range(9),
)  # fmt: skip
def test_garbage_is_counted_and_answered_and_stops_nothing(room, packet):
    room.send(packet)
    room.send(encode("/ld/gain", (-3.0,)))
    assert ("/ld/gain", -3.0) in room.receive()
    room.answer_complaints()
    answer = OscMessage(room.client.recv(4096))
    assert answer.address == "/ld/out/error"
    assert answer.params[0].startswith("This is not OSC: ")
    assert room.server.counts.malformed == 1


def test_a_60_kb_packet_is_taken(room):
    room.send(encode("/ld/prompt/1/text", ("x" * 60_000,)))
    ((address, text),) = room.receive()
    assert (address, len(text)) == ("/ld/prompt/1/text", 60_000)


def test_an_unknown_address_is_answered_to_the_packets_source(room):
    room.send(encode("/ld/sed/morph", (1.0,)))
    room.settle(1)
    room.answer_complaints()
    assert 'Did you mean "/ld/seed/morph"?' in OscMessage(room.client.recv(4096)).params[0]


def test_strangers_are_refused():
    allowed = AllowList([ip_network("192.168.1.0/24"), ip_network("10.0.0.7/32")])
    hosts = ["127.0.0.1", "::1", "192.168.1.9", "10.0.0.7", "10.0.0.8", "fe80::1%eth0", "x"]
    assert [allowed.allows(host) for host in hosts] == [True] * 4 + [False] * 3
    assert allowed.allows("::ffff:10.0.0.7") and not allowed.allows("::ffff:10.0.0.8")


def test_a_taken_port_is_said_in_a_sentence_and_tried_again(room, caplog, monkeypatch):
    monkeypatch.setattr(osc_module, "_TRY_AGAIN", 0.02)
    port, inbox = room.server.port, Inbox()
    second = OscServer(OscConfig(port=port), inbox, AllowList([]))
    assert f"OSC port {port} is taken" in caplog.text and not second.listening
    second.send(b"nowhere", endpoint_of("osc 127.0.0.1:9"))
    room.server.close()
    end = time.monotonic() + 30.0
    while not second.listening and time.monotonic() < end:
        time.sleep(0.01)
    room.client.sendto(encode("/ld/gain", (-4.0,)), ("127.0.0.1", port))
    inbox.wait(30.0)
    assert [message.values for message in inbox.drain(time.monotonic())] == [(-4.0,)]
    second.close()


def test_an_address_that_is_not_ours_is_said_in_a_sentence(caplog):
    server = OscServer(OscConfig(host="203.0.113.1"), Inbox(), AllowList([]))
    assert "This machine has no address 203.0.113.1" in caplog.text
    server.close()


def test_sources_name_their_endpoint():
    assert endpoint_of("osc 127.0.0.1:9000") == ("127.0.0.1", 9000, "udp")
    assert endpoint_of("osc ::1:9000") == ("::1", 9000, "udp")
    for source in ("osc 127.0.0.1:9000", "osc-tcp ::1:9", "osc-web 10.0.0.7:50000"):
        assert endpoint_of(source).source == source
    assert endpoint_of("midi Launch cc 1 ch 1") is None


PD_PATCH = """\
#N canvas 0 0 450 300 10;
#X obj 10 10 loadbang;
#X msg 10 40 connect 127.0.0.1 {send};
#X obj 10 220 netsend -u -b;
#X obj 120 10 delay 200;
#X msg 120 40 0.75;
#X obj 120 80 oscformat /ld/prompt/2/weight;
#X obj 120 120 list prepend send;
#X obj 120 150 list trim;
#X obj 250 10 netreceive -u -b {receive};
#X obj 250 50 oscparse;
#X obj 250 90 print heard;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 0 0 3 0;
#X connect 3 0 4 0;
#X connect 4 0 5 0;
#X connect 5 0 6 0;
#X connect 6 0 7 0;
#X connect 7 0 2 0;
#X connect 8 0 9 0;
#X connect 9 0 10 0;
"""


@pytest.mark.skipif(not shutil.which("pd"), reason="needs Pure Data (puredata-core)")
def test_pure_data_sends_and_hears(room, tmp_path):
    receive_port = free_port()
    patch = tmp_path / "x.pd"
    patch.write_text(PD_PATCH.format(send=room.server.port, receive=receive_port))
    command = ["pd", "-nogui", "-noaudio", "-nomidi", "-stderr", "-open", str(patch)]
    pd = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert room.receive(timeout=60.0) == [("/ld/prompt/2/weight", 0.75)]
        room.feedback.subscribe("osc 127.0.0.1:1", receive_port)
        for address, value in (("/ld/mute", True), ("/ld/quantise", "bar"), ("/ld/gain", -6.5)):
            room.feedback.publish(address, (value,), "test", 0.0)
            room.feedback.flush(0.0)
        heard = [pd.stderr.readline() for _ in range(3)]
    finally:
        pd.kill()
        pd.communicate()
    assert [line.split(": ")[1].split()[1:] for line in heard] == [
        ["ld", "mute", "1"], ["ld", "quantise", "bar"], ["ld", "gain", "-6.5"]
    ]  # fmt: skip
