"""Memory runs out: the cache is emptied, then a smaller setting is taken, and it is said."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import MakeRequest

from livediffusion.ipc.arena import Arena
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.orders import Order
from livediffusion.render.settings import RendererSettings
from livediffusion.render.worker import Worker


class Wire:
    """What the worker says, and nothing to hear."""

    def __init__(self) -> None:
        self.received: queue.Queue[Any] = queue.Queue()
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> bool:
        self.sent.append(message)
        return True

    def drain(self) -> Iterator[Any]:
        return iter(())

    @property
    def notices(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "notice"]


Hungry = Callable[[int, type[Exception]], tuple[Worker, Wire]]


@pytest.fixture
def hungry(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hungry:
    """A worker whose engine runs out of memory so many times."""
    monkeypatch.setattr(Worker, "_load", lambda self, model: None)

    def make(times: int, kind: type[Exception]) -> tuple[Worker, Wire]:
        wire = Wire()
        arena = Arena.create(tmp_path / "arena")
        worker = Worker(RendererSettings(tmp_path, "tiny"), arena, wire)  # type: ignore[arg-type]
        engine = open_engine("tiny", tiny_folder, device="cpu", threads=1)
        worker._room.engine, picture, left = engine, engine.picture, [times]

        def starve(*arguments: Any) -> torch.Tensor:
            if left[0] > 0:
                left[0] -= 1
                raise kind("CUDA out of memory. Tried to allocate 20.00 MiB")
            return picture(*arguments)

        monkeypatch.setattr(engine, "picture", starve)
        return worker, wire

    return make


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, MemoryError])
def test_at_first_the_cache_is_emptied_and_the_loop_is_rendered_all_the_same(
    hungry: Hungry, make_request: MakeRequest, kind: type[Exception]
) -> None:
    worker, wire = hungry(0, kind)
    worker._render((Order(1, 0, make_request().to_json()),))
    assert len(worker._room.cache._loops) == 1
    starved, wire = worker, wire
    engine = starved._room.engine
    assert engine is not None
    before, picture, left = engine.engine_id, engine.picture, [1]

    def once(*arguments: Any) -> torch.Tensor:
        if left[0]:
            left[0] = 0
            raise kind("CUDA out of memory.")
        return picture(*arguments)

    engine.picture = once  # type: ignore[method-assign]
    starved._render((Order(2, 1, make_request(seeds=((5, 1.0),)).to_json()),))
    answer = wire.sent[-1]
    assert (answer["type"], answer["id"], answer["slot"]) == ("ready", 2, 1)
    assert len(starved._room.cache._loops) == 1, "only the new one"
    assert wire.notices == ["Memory ran out while rendering; the cache of loops was emptied."]
    assert engine.engine_id == before


def test_then_smaller_settings_are_taken_and_said(
    hungry: Hungry, make_request: MakeRequest
) -> None:
    worker, wire = hungry(3, torch.OutOfMemoryError)
    worker._render((Order(1, 0, make_request().to_json()),))
    assert wire.sent[-1]["type"] == "ready"
    assert len(wire.notices) == 3
    assert "piece by piece" in wire.notices[1] and "in tiles" in wire.notices[2]
    states = [message["engine_id"] for message in wire.sent if message["type"] == "model"]
    assert states[0].endswith(" one-by-one") and states[1].endswith(" one-by-one tiled")


def test_when_nothing_is_left_to_give_up_it_is_a_sentence_and_the_next_one_is_tried(
    hungry: Hungry, make_request: MakeRequest
) -> None:
    worker, wire = hungry(4, torch.OutOfMemoryError)
    worker._render((Order(1, 0, make_request().to_json()),))
    assert wire.sent[-1]["type"] == "failed"
    assert wire.sent[-1]["error"] == "Memory ran out; use fewer beats, a smaller model or the CPU."
    worker._render((Order(2, 0, make_request().to_json()),))
    assert wire.sent[-1]["type"] == "ready"


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_a_shrunk_engine_paints_nearly_the_same_picture(
    tiny_folder: Path, engine: StableDiffusion, make_request: MakeRequest, guidance: float
) -> None:
    small = open_engine("tiny", tiny_folder, device="cpu", threads=1)
    small.hasten()
    request = engine.settle(make_request(guidance=guidance))
    whole = engine.picture(request, Stopwatch(lambda: None))
    assert small.shrink() is not None
    one_by_one = small.picture(request, Stopwatch(lambda: None))
    assert one_by_one.shape == whole.shape
    assert torch.allclose(one_by_one, whole, atol=1e-3)
    assert small.shrink() is not None
    tiled = small.picture(request, Stopwatch(lambda: None))
    assert tiled.shape == whole.shape and bool(torch.isfinite(tiled).all())
    assert small.shrink() is None
    assert small.engine_id != engine.engine_id


def test_asked_to_end_it_does_not_finish_the_loop(
    hungry: Hungry, make_request: MakeRequest
) -> None:
    worker, wire = hungry(0, MemoryError)
    stop = threading.Event()
    stop.set()
    worker._stop = stop
    worker._render((Order(1, 0, make_request().to_json()),))
    assert wire.sent[-1]["type"] == "failed" and wire.sent[-1]["cancelled"]
