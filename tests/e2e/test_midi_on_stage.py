"""A set played by MIDI over JACK: knobs, scenes, banks, learning, and lights that answer."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemon import Daemon, free_port, running
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer

from tests.jack import Jack, available
from tests.midi import Peer

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.jack,
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
    pytest.mark.skipif(Path("/dev/snd/seq").exists(), reason="ALSA's MIDI would be used here"),
]

PATCH = """\
# tonight
quantise = "off"
[[prompt]]
text = "techno"    # loud
[[prompt]]
text = "ambient"

[[midi]]           # the filter has a ring
control = "cc 40"
target = "/ld/filter"
takeover = "jump"

[[midi]]
control = "program"
target = "/ld/scene"

[[midi]]
control = "note 40"
target = "/ld/bank"
values = [1, 2]

[[midi]]
control = "cc 50"
target = "/ld/prompt/1/weight"
takeover = "jump"
bank = 1

[[midi]]
control = "cc 50"
target = "/ld/prompt/2/weight"
takeover = "jump"
bank = 2

[[midi]]
control = "cc 51"
target = "/ld/seed/morph"
takeover = "jump"

[[midi]]
control = "cc 52"
target = "/ld/drift"
takeover = "scale"

[[scene]]
name = "high"
filter = 0.5

[[scene]]
name = "low"
filter = -0.5
"""


class Values:
    """What the daemon says its values are, by feedback."""

    def __init__(self, daemon: Daemon) -> None:
        self.now: dict[str, object] = {}
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._take)
        self._server = ThreadingOSCUDPServer(("127.0.0.1", free_port()), dispatcher)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        daemon.osc.send_message("/ld/subscribe", self._server.server_address[1])

    def _take(self, address: str, *values: object) -> None:
        self.now[address] = values[0]

    def wait(self, holds: Callable[[dict[str, object]], bool], what: str) -> float:
        """Until something holds; the seconds that it took."""
        start = time.monotonic()
        while time.monotonic() - start < 30.0:
            if holds(dict(self.now)):
                return time.monotonic() - start
            time.sleep(0.002)
        raise AssertionError(f"{what}: {self.now}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Set:
    """A daemon, a controller that plays it, and one with rings."""

    def __init__(self, folder: Path, daemon: Daemon) -> None:
        self.folder, self.daemon = folder, daemon
        self.lamp, self.knobs = Peer("receive", "Lamp"), Peer("send", "Knobs")
        daemon.wait(lambda d: "MIDI input Knobs:out is open" in d.log(), "the knobs")
        daemon.wait(lambda d: "MIDI output Lamp:in is open" in d.log(), "the lamp")
        self.values = Values(daemon)
        self.values.wait(lambda v: "/ld/filter" in v, "feedback")

    def turn(self, *messages: tuple[int, int, int], pause: float = 0.004) -> None:
        for message in messages:
            self.knobs.send(*message)
            time.sleep(pause)

    def command(self, *words: str) -> subprocess.Popen[str]:
        config = str(self.folder / "config.toml")
        line = [sys.executable, "-m", "livediffusion", *words, "--config", config]
        pipe = subprocess.PIPE
        return subprocess.Popen(line, stdout=pipe, stderr=pipe, text=True)

    def lit(self, wanted: str) -> None:
        """Read on what the lamp was sent until this."""
        self.lamp.expect(wanted, timeout=30.0)

    def close(self) -> None:
        self.values.close()
        self.lamp.leave()
        self.knobs.leave()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Set]:
    folder = tmp_path_factory.mktemp("midi")
    more = '[midi]\noutputs = ["Lamp"]\n'
    with Jack(patient=False), running(folder, PATCH, "null", more=more) as daemon:
        made = Set(folder, daemon)
        yield made
        made.close()


def test_a_knob_a_program_and_a_bank_button_move_values_and_rings(stage: Set) -> None:
    stage.turn((0xB0, 40, 127))
    stage.values.wait(lambda v: v["/ld/filter"] == 1.0, "the filter")
    stage.lit("176 40 127")
    for program, filtered, ring in ((1, -0.5, 32), (0, 0.5, 95)):
        stage.knobs.send(0xC0, program)
        stage.values.wait(lambda v, f=filtered: v["/ld/filter"] == f, "the scene")  # type: ignore[misc]
        stage.lit(f"176 40 {ring}")
    stage.turn((0x90, 40, 100), (0x80, 40, 0))
    stage.values.wait(lambda v: v["/ld/bank"] == 2, "the bank")
    stage.turn((0xB0, 50, 64))
    stage.values.wait(lambda v: v["/ld/prompt/2/weight"] == pytest.approx(64 / 127), "weight 2")
    assert stage.values.now["/ld/prompt/1/weight"] == 1.0
    stage.turn((0x90, 40, 100), (0x80, 40, 0))
    stage.values.wait(lambda v: v["/ld/bank"] == 1, "the bank")
    stage.daemon.osc.send_message("/ld/filter", 0.0)


def test_touch_move_done_and_the_patch_keeps_its_comments(stage: Set) -> None:
    learner = stage.command("learn")
    assert learner.stdout and "whichever first" in learner.stdout.readline()
    stage.daemon.osc.send_message("/ld/gain", 0.0)
    assert "shall move /ld/gain" in learner.stdout.readline()
    wobble = ((0xB0, 22, 64 + step % 2) for step in range(200))
    for value in range(5, 120):
        stage.turn((0xB0, 21, value), next(wobble))
    said, complaint = learner.communicate(timeout=60.0)
    assert (learner.returncode, complaint) == (0, "")
    assert said.strip() == "cc 21 ch 1 of Knobs now moves /ld/gain."
    text = stage.daemon.patch.read_text(encoding="utf-8")
    assert text.startswith("# tonight\n") and "# the filter has a ring" in text
    assert tomllib.loads(text)["midi"][-1] == {
        "control": "cc 21 ch 1", "device": "Knobs", "target": "/ld/gain", "bank": 1
    }  # fmt: skip
    loud = stage.daemon.transport.peak
    stage.turn(*((0xB0, 21, value) for value in range(119, 127)))  # picked up at 0 dB
    stage.turn(*((0xB0, 21, value) for value in range(126, -1, -1)))
    stage.values.wait(lambda v: v["/ld/gain"] == -60.0, "the gain")
    stage.daemon.wait(lambda d: d.transport.peak < 0.01 * loud, "what is heard")
    stage.turn(*((0xB0, 21, value) for value in range(117)))


def test_unlearned_it_moves_no_more(stage: Set) -> None:
    forgetting = stage.command("unlearn", "gain")
    said, complaint = forgetting.communicate(timeout=60.0)
    assert (forgetting.returncode, complaint) == (0, "")
    assert said.strip() == "cc 21 ch 1 no longer moves /ld/gain."
    before = stage.values.now["/ld/gain"]
    stage.turn(*((0xB0, 21, value) for value in range(127)))
    stage.turn((0xB0, 40, 64))
    stage.values.wait(lambda v: v["/ld/filter"] == pytest.approx(0.0, abs=0.01), "the filter")
    assert stage.values.now["/ld/gain"] == before
    wrong = stage.command("unlearn", "gian")
    _, complaint = wrong.communicate(timeout=60.0)
    assert wrong.returncode == 1 and 'Did you mean "/ld/gain"' in complaint


def test_a_sweep_of_four_knobs_ends_at_the_last_value_without_a_backlog(stage: Set) -> None:
    daemon, knobs = stage.daemon, (40, 50, 51, 52)
    underruns, start = daemon.transport.underruns, time.monotonic()
    for step, value in enumerate([*range(128), *range(127, -1, -1)]):
        for number in knobs:
            stage.knobs.send(0xB0, number, value)
        time.sleep(max(0.0, start + (step + 1) / 256 - time.monotonic()))
    for number in knobs:
        stage.knobs.send(0xB0, number, 101)
    last = {
        "/ld/filter": 202 / 127 - 1, "/ld/prompt/1/weight": 101 / 127, "/ld/seed/morph": 101 / 127,
        "/ld/drift": 101 / 127,
    }  # fmt: skip
    wanted = {address: pytest.approx(value, abs=1e-4) for address, value in last.items()}
    late = stage.values.wait(
        lambda v: {address: v[address] for address in last} == wanted, "the last values"
    )
    assert late < 3.0, "a look at one message at a time would take five seconds"
    stage.lit("176 40 101")
    swaps = daemon.transport.swaps
    daemon.wait(lambda d: d.transport.swaps > swaps, "the last request's loop", 20.0)
    assert daemon.transport.underruns == underruns and daemon.transport.playing
    daemon.osc.send_message("/ld/drift", 0.0)


def test_a_controller_that_vanishes_comes_back_by_its_name(stage: Set) -> None:
    stage.knobs.close()
    stage.daemon.wait(lambda d: "MIDI input Knobs:out is gone" in d.log(), "its end")
    stage.knobs = Peer("send", "Knobs")
    stage.daemon.wait(lambda d: d.log().count("MIDI input Knobs:out is open") == 2, "its return")
    stage.turn((0xB0, 40, 127))
    stage.values.wait(lambda v: v["/ld/filter"] == 1.0, "the filter")
    stage.lamp.close()
    stage.daemon.wait(lambda d: "MIDI output Lamp:in is gone" in d.log(), "its end")
    stage.lamp = Peer("receive", "Lamp")
    stage.lit("176 40 127")
