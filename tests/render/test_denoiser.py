"""The traced denoiser: the same bits, whatever the shape, or not used at all."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import MakeRequest
from torch import Tensor

from livediffusion.render.engines import denoiser
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.request import RenderRequest


@pytest.fixture(autouse=True)
def _no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoiser, "_traces", {})


@pytest.fixture
def fresh(tiny_folder: Path) -> StableDiffusion:
    """An engine of one's own, not hastened yet."""
    return open_engine("tiny", tiny_folder, device="cpu", threads=1)


def picture(engine: StableDiffusion, request: RenderRequest) -> Tensor:
    return engine.picture(engine.settle(request), Stopwatch())


def runs_of_the_trace(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    seen: list[torch.Size] = []
    run = denoiser._run

    def counting(traced: Any, inputs: tuple[Tensor, ...]) -> Tensor:
        seen.append(inputs[0].shape)
        return run(traced, inputs)

    monkeypatch.setattr(denoiser, "_run", counting)
    return seen


def test_a_hastened_engine_gives_the_bits_of_a_plain_one(
    engine: StableDiffusion,
    fresh: StableDiffusion,
    make_request: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    traced = runs_of_the_trace(monkeypatch)
    fresh.hasten()
    long = (("a very long prompt with many words " * 9, 1.0),)
    for changes in ({}, {"beats": 8}, {"guidance": 3.0}, {"prompts": long, "sampler": "euler"}):
        request = make_request(steps=3, **changes)
        wanted = picture(engine, request)
        before = len(traced)
        assert torch.equal(picture(fresh, request), wanted)
        assert len(traced) > before
        assert torch.equal(picture(fresh, request), wanted), "also once it is trusted"
    assert fresh.engine_id == engine.engine_id


def test_hastening_beside_rendering_changes_no_bits(
    engine: StableDiffusion, fresh: StableDiffusion, make_request: MakeRequest
) -> None:
    request = make_request()
    wanted = picture(engine, request)
    beside = threading.Thread(target=fresh.hasten)
    beside.start()
    while beside.is_alive():
        assert torch.equal(picture(fresh, request), wanted)
    assert torch.equal(picture(fresh, request), wanted)
    assert fresh._denoiser._traced is not None


def test_a_trace_with_other_bits_is_not_used(
    engine: StableDiffusion,
    fresh: StableDiffusion,
    make_request: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = denoiser._run
    monkeypatch.setattr(denoiser, "_run", lambda traced, inputs: run(traced, inputs) + 1e-6)
    fresh.hasten()
    request = make_request()
    for _ in range(2):
        assert torch.equal(picture(fresh, request), picture(engine, request))


def test_a_shape_that_the_trace_does_not_take_is_run_plainly(
    engine: StableDiffusion,
    fresh: StableDiffusion,
    make_request: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = denoiser._run

    def fussy(traced: Any, inputs: tuple[Tensor, ...]) -> Tensor:
        if inputs[0].shape[-1] != 64:
            raise RuntimeError("shape mismatch")
        return run(traced, inputs)

    monkeypatch.setattr(denoiser, "_run", fussy)
    fresh.hasten()
    for beats in (4, 8):
        request = make_request(beats=beats)
        for _ in range(2):
            assert torch.equal(picture(fresh, request), picture(engine, request))


def test_what_cannot_be_traced_goes_on_as_it_is(
    fresh: StableDiffusion, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(fresh, make_request())

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(torch.jit, "trace", refuse)
    fresh.hasten()
    assert fresh._denoiser._traced is None
    assert torch.equal(picture(fresh, make_request()), before)


def test_large_networks_are_left_alone(
    fresh: StableDiffusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoiser, "_SMALL", 10)
    fresh.hasten()
    assert fresh._denoiser._traced is None


def test_a_model_that_is_loaded_again_is_not_traced_again(
    tiny_folder: Path, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces: list[object] = []
    trace = denoiser._trace
    monkeypatch.setattr(denoiser, "_trace", lambda *of: traces.append(of) or trace(*of))
    request, pictures = make_request(steps=2), []
    for name in ("tiny", "tiny", "tinier"):
        engine = open_engine(name, tiny_folder, device="cpu", threads=1)
        engine.hasten()
        pictures.append(picture(engine, dataclasses.replace(request, model=name)))
    assert len(traces) == 1, "torch would keep the memory of each"
    assert torch.equal(pictures[0], pictures[1]) and torch.equal(pictures[0], pictures[2])
