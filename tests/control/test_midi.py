"""MIDI over a real JACK server, from python-rtmidi and from Csound."""

import contextlib
import os
import queue
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from livediffusion.control.midi_driver import NO_MIDI
from tests.jack import Jack, available
from tests.midi import Peer

pytestmark = [
    pytest.mark.jack,
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
    pytest.mark.skipif(Path("/dev/snd/seq").exists(), reason="ALSA's MIDI would be used here"),
]


@pytest.fixture
def peers():
    """Starts peers, and ends those that are left."""
    started = []

    def start(*arguments):
        started.append(Peer(*arguments))
        return started[-1]

    yield start
    for peer in started:
        peer.leave()


@pytest.fixture
def jack():
    with Jack(patient=False) as server:
        yield server


@pytest.fixture
def patient_jack():
    """A server on which no event is lost because somebody was late."""
    with Jack() as server:
        yield server


def is_open(listener, *devices):
    wanted = {f"log MIDI input {device}:out is open." for device in devices}
    while wanted:
        wanted.discard(listener.next())


def arrives(listener, device, message, wanted, *earlier):
    """Send until it is heard: JACK loses what it is given while somebody is late.

    Nothing else is heard, but what arrived `earlier` may be, once more.
    """
    for _ in range(40):
        device.send(*message)
        with contextlib.suppress(queue.Empty):
            while (line := listener.next(timeout=1.0)) != wanted:
                assert line in earlier, line
            return
    raise AssertionError(f"{wanted} was never heard")


def test_devices_come_and_go_and_keep_their_names(jack, peers):
    listener = peers("listen", "Launch*", "pads*")
    launch, pads = peers("send", "Launch Control"), peers("send", "pads")
    peers("send", "other")
    is_open(listener, "Launch Control", "pads")
    knob, pad = "Launch Control cc 1 21 5", "pads note 6 36 100"
    arrives(listener, launch, (176, 21, 5), knob)
    arrives(listener, pads, (0x95, 36, 100), pad, knob)
    launch.close()
    listener.expect("Launch Control gone 1 0 0")
    launch = peers("send", "Launch Control")
    is_open(listener, "Launch Control")
    arrives(listener, launch, (0xE0, 0, 64), "Launch Control bend 1 0 8192", knob, pad)


def test_a_jack_server_that_dies_is_waited_for(jack, peers):
    listener = peers("listen", "*")
    peers("send", "knobs")
    is_open(listener, "knobs")
    jack.kill()
    listener.expect("log The JACK server is gone; MIDI comes back when it does.")
    listener.expect("knobs gone 1 0 0")
    jack.start()
    peers("send", "knobs").send(176, 7, 127)
    is_open(listener, "knobs")
    peers("send", "more")
    is_open(listener, "more")
    assert listener.process.poll() is None


def test_without_any_midi_it_says_so_once_and_finds_it_later(peers):
    server = Jack(patient=False)
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    try:
        listener = peers("listen", "*")
        listener.expect(f"log {NO_MIDI}")
        with server:
            peers("send", "late")
            is_open(listener, "late")
    finally:
        os.environ.pop("JACK_DEFAULT_SERVER", None)


def test_controllers_show_the_values_and_everything_again_when_they_come_back(patient_jack, peers):
    stage = peers("show", "Launch Control", "nobody")
    launch, other = peers("receive", "Launch Control"), peers("receive", "other")
    assert {launch.next(), launch.next()} == {"176 21 127", "144 36 0"}
    for line, shown in (("/ld/gain -60", "176 21 0"), ("/ld/hold 1", "144 36 127")):
        stage.send(line)
        assert launch.next() == shown
    launch.leave()
    stage.expect("log MIDI output Launch Control:in is gone.")
    launch = peers("receive", "Launch Control")
    assert {launch.next(), launch.next()} == {"176 21 0", "144 36 127"}
    stage.send("/ld/gain", "0")
    assert launch.next() == "176 21 127"
    assert other.lines.empty()


def test_nobody_listens_to_what_livediffusion_itself_sends(jack, peers):
    stage = peers("show", "*")
    peers("receive", "Launch Control")
    stage.expect("log MIDI output Launch Control:in is open.")
    listener = peers("listen", "*")
    pads = peers("send", "pads")
    is_open(listener, "pads")
    stage.send("/ld/gain", "-60")
    time.sleep(0.2)
    arrives(listener, pads, (0xC3, 7), "pads program 4 7 0")
    assert [port for port in jack.ports() if port.startswith("livediffusion")] != []


def test_pressure_and_rpn_come_through(patient_jack, peers):
    listener, keys = peers("listen", "keys"), peers("send", "keys")
    is_open(listener, "keys")
    for message in ((0xA2, 60, 100), (0xD2, 99), (0xB0, 101, 0), (0xB0, 100, 2), (0xB0, 6, 64)):
        keys.send(*message)
    assert [listener.next() for _ in range(5)] == [
        "keys polytouch 3 60 100", "keys touch 3 0 99", "keys cc 1 101 0", "keys cc 1 100 2",
        "keys cc 1 6 64",
    ]  # fmt: skip


def test_garbage_is_passed_over_and_said_once(patient_jack, peers):
    listener, box = peers("listen", "box"), peers("send", "box")
    is_open(listener, "box")
    for message in ((1, 2), (0xF4, 5), (0xB0, 21), (0xB0, 21, 5), (0xB0, 0xB0, 21)):
        box.send(*message)
    box.send(6)
    assert [listener.next() for _ in range(3)] == [
        "box garbage 1 0 0", "box cc 1 21 5", "box cc 1 21 6"
    ]  # fmt: skip


@pytest.mark.skipif(not shutil.which("jack_midiseq"), reason="needs jack_midiseq")
def test_a_sequencers_notes_are_heard_in_order(patient_jack, peers):
    listener = peers("listen", "seq*")
    command = ["jack_midiseq", "seq", "24000", "0", "60", "8000", "12000", "63", "8000"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    sequencer = subprocess.Popen(command, **quiet)
    try:
        listener.expect("log MIDI input seq:out is open.")
        heard = [listener.next().split()[1:] for _ in range(16)]
    finally:
        patient_jack.stop()  # first: it would wait for a client that is killed
        sequencer.kill()
        sequencer.wait()
    notes = [(number, value != "0") for _, _, number, value in map(tuple, heard)]
    first = notes.index(("60", True))
    assert notes[first : first + 8] == [
        ("60", True), ("60", False), ("63", True), ("63", False)
    ] * 2  # fmt: skip


CSOUND = """\
<CsoundSynthesizer>
<CsOptions>
-odac -+rtaudio=jack -+rtmidi=jack -Qnobody -b512 -B2048
</CsOptions>
<CsInstruments>
sr = 48000
ksmps = 512
nchnls = 2
instr 1
  kval line 0, p3, 127
  outkc 1, 74, int(kval), 0, 127
  outkc 1, 75, 127 - int(kval), 0, 127
endin
</CsInstruments>
<CsScore>
i1 2.5 1
e 4
</CsScore>
</CsoundSynthesizer>
"""


@pytest.mark.skipif(not shutil.which("csound"), reason="needs csound")
def test_csounds_glued_messages_are_all_heard(patient_jack, peers, tmp_path):
    listener = peers("listen", "csound*")
    (tmp_path / "ramp.csd").write_text(CSOUND)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    csound = subprocess.Popen(["csound", str(tmp_path / "ramp.csd")], **quiet)
    found = {74: [], 75: []}
    try:
        while "gone" not in (line := listener.next()):
            if line.startswith("csound"):
                *_, number, value = line.split()
                found[int(number)].append(int(value))
    finally:
        csound.kill()
        csound.wait()
    assert found[74] == sorted(found[74]) and len(found[74]) > 50 and found[74][-1] >= 125
    assert found[75] == [127 - value for value in found[74]]
