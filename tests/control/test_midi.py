"""MIDI over a real JACK server, from python-rtmidi and from Csound."""

import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from livediffusion.control.midi_driver import NO_MIDI
from tests.jack import Jack, available

PEER = Path(__file__).with_name("midi_peer.py")

pytestmark = [
    pytest.mark.jack,
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
    pytest.mark.skipif(Path("/dev/snd/seq").exists(), reason="ALSA's MIDI would be used here"),
]


class Peer:
    """A process of midi_peer.py; its lines are read on a thread."""

    def __init__(self, *arguments):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, str(PEER), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        self.expect("ready")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def send(self, *data):
        print(*data, file=self.process.stdin, flush=True)

    def next(self, timeout=45.0):
        return self.lines.get(timeout=timeout)

    def expect(self, wanted, timeout=45.0):
        """Read on until this line."""
        end = time.monotonic() + timeout
        while (line := self.next(max(0.01, end - time.monotonic()))) != wanted:
            pass
        return line

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def peers():
    """Starts peers, and ends those that are left."""
    started = []

    def start(*arguments):
        started.append(Peer(*arguments))
        return started[-1]

    yield start
    for peer in started:
        peer.close()


@pytest.fixture
def jack():
    with Jack() as server:
        yield server


def is_open(listener, *devices):
    wanted = {f"log MIDI input {device}:out is open." for device in devices}
    while wanted:
        wanted.discard(listener.next())


def test_devices_come_and_go_and_keep_their_names(jack, peers):
    listener = peers("listen", "Launch*", "pads*")
    launch, pads = peers("send", "Launch Control"), peers("send", "pads")
    peers("send", "other")
    is_open(listener, "Launch Control", "pads")
    launch.send(176, 21, 5)
    pads.send(0x95, 36, 100)
    assert {listener.next(), listener.next()} == {"Launch Control cc 1 21 5", "pads note 6 36 100"}
    launch.close()
    listener.expect("Launch Control gone 1 0 0")
    launch = peers("send", "Launch Control")
    is_open(listener, "Launch Control")
    launch.send(0xE0, 0, 64)
    assert listener.next() == "Launch Control bend 1 0 8192"


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
    server = Jack()
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    try:
        listener = peers("listen", "*")
        listener.expect(f"log {NO_MIDI}")
        with server:
            peers("send", "late")
            is_open(listener, "late")
    finally:
        os.environ.pop("JACK_DEFAULT_SERVER", None)


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
def test_csounds_glued_messages_are_all_heard(jack, peers, tmp_path):
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
