"""Where there is no room for two models, the new one is loaded instead of the old one."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livediffusion.ipc.arena import Arena
from livediffusion.render import engine_room, loader
from livediffusion.render.settings import RendererSettings
from livediffusion.render.worker import Worker
from livediffusion.types import Json


class Wire:
    """The server's side of the wire, in memory."""

    def __init__(self) -> None:
        self.received: queue.Queue[Json] = queue.Queue()
        self.sent: list[Json] = []

    def drain(self) -> list[Json]:
        found = []
        while not self.received.empty():
            found.append(self.received.get())
        return found

    def send(self, message: Json) -> bool:
        self.sent.append(message)
        return True

    def states(self) -> list[tuple[str, str]]:
        return [(m["state"], m["model"]) for m in self.sent if m["type"] == "model"]


@pytest.fixture
def play(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker of two models, run until something holds."""
    models = {"tiny": str(tiny_folder), "twin": str(tiny_folder), "none": str(tmp_path / "none")}
    settings = RendererSettings(tmp_path, "tiny", models, device="cpu", threads=1)
    wire: Any = Wire()
    worker = Worker(settings, Arena.create(settings.arena_path), wire)
    real = loader.has_room
    monkeypatch.setattr(loader, "has_room", lambda *asked: real(*asked) and False)

    def until(holds: Callable[[Wire], bool]) -> Wire:
        stop = threading.Event()
        running = threading.Thread(target=worker.run, args=(stop,))
        running.start()
        end = time.monotonic() + 60.0
        while not holds(wire) and time.monotonic() < end:
            time.sleep(0.01)
        stop.set()
        running.join()
        assert holds(wire), wire.sent
        return wire

    until(lambda w: ("ready", "tiny") in w.states())
    wire.sent.clear()
    return worker, wire, until


def test_the_old_one_makes_room_and_that_is_said(play: Any) -> None:
    worker, wire, until = play
    wire.received.put({"type": "load", "model": "twin"})
    until(lambda w: ("ready", "twin") in w.states())
    assert worker._room.engine.name == "twin"
    assert wire.states() == [("loading", "twin"), ("ready", "twin")]
    notices = [m["text"] for m in wire.sent if m["type"] == "notice"]
    assert notices == [
        "There is no room for 'twin' beside 'tiny': the loop goes on until it is loaded."
    ]


def test_when_the_new_one_does_not_load_the_old_one_comes_back(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, wire, until = play
    wire.received.put({"type": "load", "model": "none"})
    until(lambda w: len(w.states()) == 2)  # refused before there is talk of room
    assert wire.states()[-1] == ("failed", "none") and worker._room.engine.name == "tiny"
    wire.sent.clear()
    from livediffusion.render import offline

    real = offline.open_engine

    def fail(model: str, **more: Any) -> Any:
        if model == "twin":
            raise MemoryError
        return real(model, **more)

    monkeypatch.setattr(offline, "open_engine", fail)
    wire.received.put({"type": "load", "model": "twin"})
    until(lambda w: ("ready", "tiny") in w.states())
    assert wire.states() == [("loading", "twin"), ("failed", "twin"), ("ready", "tiny")]
    assert worker._room.engine.name == "tiny"


def test_what_each_model_lacks_alike_is_said_once(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)  # no compiler on this machine
    models = {"tiny": str(tiny_folder), "twin": str(tiny_folder)}
    settings = RendererSettings(tmp_path, "tiny", models, device="cpu", threads=1, compile=True)
    said: list[str] = []
    one = loader.Loader(settings, said.append, lambda: None)
    for model in ("tiny", "twin", "tiny"):
        assert one._load(model).engine is not None
    assert len(said) == 1
    assert said[0].endswith("a C compiler is missing; install it.")


def test_the_pocket_model_has_room_beside_another() -> None:
    from livediffusion.render.settings import POCKET_FOLDER

    assert loader.has_room("pocket", str(POCKET_FOLDER), "cpu")


def test_what_the_heap_has_kept_is_given_back_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trimmed: list[int] = []
    monkeypatch.setattr(engine_room, "_trim_heap", lambda: trimmed.append(1))
    room = engine_room.EngineRoom(1.0)
    for _ in range(3 * engine_room._TRIM_EVERY - 1):
        room.tidy_up()
    assert len(trimmed) == 2
