"""Everything that should not come, by every wire at once, at a desk without a daemon around it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from daemon import free_port
from hostile import ADDRESSES, SENTENCES, TIMES, Stranger, attack, foreign, spoil
from osc_corpus import CORPUS
from others_set import PATCH

from livediffusion.config import Config, OscConfig, WebConfig
from livediffusion.control.desk import Desk
from livediffusion.control.inbox import Inbox
from livediffusion.control.midi_out import MidiOutputs
from livediffusion.control.midibytes import Splitter, event_of
from livediffusion.control.network import Network
from livediffusion.control.patches import Patches
from livediffusion.control.snapshot import Snapshot
from livediffusion.errors import UserError
from livediffusion.state.controls import MidiEvent
from livediffusion.state.effects import LoadModel, LoadPatch
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance

pytestmark = pytest.mark.timeout(300)


class Box:
    """A MIDI input that is given its bytes by the test."""

    devices = ("Box:out",)

    def __init__(self) -> None:
        self.splitter, self._events = Splitter(), list[MidiEvent]()

    def send(self, *data: int) -> None:
        was_well = self.splitter.malformed == 0
        for message in self.splitter.feed(data):
            event = event_of(message, "Box:out", time.monotonic())
            self._events += [event] if event else []
        if was_well and self.splitter.malformed:
            self._events.append(MidiEvent("Box:out", "garbage", 1, 0, 0, 0.0))

    def drain(self) -> list[MidiEvent]:
        return [self._events.pop(0) for _ in range(len(self._events))]

    def statistics(self) -> dict[str, int]:
        return {"malformed": self.splitter.malformed}


class Stage:
    """Real wires, a desk and a patch file; nobody renders or plays."""

    def __init__(self, folder: Path) -> None:
        (folder / "set.toml").write_text(PATCH, encoding="utf-8")
        osc, web = OscConfig(port=free_port()), WebConfig(port=free_port(), announce=False)
        self.port, self.web_port = osc.port, web.port
        self.inbox, self.box = Inbox(), Box()
        self.network = Network(Config(osc=osc, web=web), self.inbox, ())
        self.performance = Performance(load_patch(folder / "set.toml"), "pocket")
        midi: Any = self.box
        feedback = self.network.feedback
        self.desk = Desk(self.performance, self.inbox, midi, MidiOutputs([]), feedback, {})
        renderer: Any = SimpleNamespace(load=lambda model: True, cancel=lambda: True)
        parts = (renderer, self.desk, feedback, [folder])
        self.patches = Patches(Config(), self.performance, *parts)
        self.network.open_web(lambda: Snapshot(2), dict)
        self._stop = threading.Event()
        self._loop = threading.Thread(target=self._run, daemon=True)
        self._loop.start()

    def close(self) -> None:
        self._stop.set()
        self._loop.join()
        self.patches.close()
        self.network.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.inbox.wait(0.005)
            now = time.monotonic()
            for asked in self.desk.listen(now, 1.0, 2.0):
                try:
                    if isinstance(asked.effect, LoadModel):
                        self.patches.use_model(asked.effect.name)
                    elif isinstance(asked.effect, LoadPatch):
                        self.patches.carry_out(asked.effect, asked.source, 1.0)
                except UserError as error:
                    self.desk.refuse(asked.source, str(error), now)
            self.patches.hear(now, 1.0)
            self.inbox.run_errands()
            self.network.feedback.flush(now)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


def test_each_is_said_once_and_counted_and_moves_nothing(
    stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def wait_for(sentence: str) -> None:
        end = time.monotonic() + 60.0
        while sentence not in caplog.text and time.monotonic() < end:
            time.sleep(0.02)
        assert caplog.text.count(sentence) == 1, sentence

    caplog.set_level(logging.INFO)
    stranger, daemon = Stranger(stage), stage  # type: ignore[arg-type]
    before = stage.performance.everything(1.0)
    wait_until_served(stage)
    attack(daemon, stranger, stage.box)  # type: ignore[arg-type]
    assert foreign(stage.web_port) == [403, 403, 403, 403, 200, 101]
    spoil(tmp_path / "set.toml", PATCH)
    wait_for("There is no prompt 8: the last is 2. The old patch plays on.")
    wait_for("Box:out sends bytes that are no MIDI messages")
    wait_for("both move /ld/fade: the last move counts")
    for sentence in SENTENCES:
        wait_for(sentence)
        assert any(told.startswith(sentence) for told in stranger.told), sentence
    counts = stage.network.statistics()
    streams, websocket = 1 + 4 + 2, 5
    assert counts["malformed"] == TIMES * len(CORPUS) + streams + websocket
    assert (counts["unknown"], counts["refused"]) == (ADDRESSES + TIMES, 4)
    assert stage.desk.midi_statistics()["malformed"] == 6
    assert stage.desk.midi_statistics()["quarrels"] >= 30
    after = stage.performance.everything(1.0)
    assert after | {"/ld/fade": before["/ld/fade"]} == before
    assert "completing handshake" not in caplog.text and "Traceback" not in caplog.text
    stranger.close()


def wait_until_served(stage: Stage) -> None:
    """The web server's libraries take their time."""
    end = time.monotonic() + 120.0
    while time.monotonic() < end:
        if (web := stage.network._web) is not None and web.serving:
            return
        time.sleep(0.02)
    raise AssertionError("nobody serves")
