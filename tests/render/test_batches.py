"""Pictures that are denoised together: each as if it had been alone, whoever was beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import MakeRequest
from diffusers import EulerAncestralDiscreteScheduler
from PIL import Image

from livediffusion.errors import UserError
from livediffusion.render import offline
from livediffusion.render.cache import LoopCache
from livediffusion.render.engine_room import EngineRoom
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import render_loop, render_pictures
from livediffusion.render.request import RenderRequest
from livediffusion.session.rerender import Rerender

TWO = (("techno", 0.25), ("warm pads", 0.75))
KINDS = [
    {}, {"prompts": TWO}, {"guidance": 3.0, "negative": "noise", "prompts": TWO},
    {"sampler": "lcm", "steps": 3}, {"sampler": "euler"}, {"sampler": "dpm++", "steps": 4},
    {"guidance": 3.0, "negative": "no drums, no bells, no hum " * 8, "prompts": TWO},
]  # fmt: skip


def three(engine: StableDiffusion, first: RenderRequest) -> list[RenderRequest]:
    """A request and two beside it: other seeds, other weights, other guidance."""
    others = [replace(first, seeds=((seed, 0.5), (seed + 1, 0.5))) for seed in (5, 8)]
    if len(first.prompts) > 1:
        others[0] = replace(others[0], prompts=(("techno", 0.6), ("warm pads", 0.4)))
    if first.guidance > 1.0:
        others[1] = replace(others[1], guidance=5.0)
    batch = [engine.settle(replace(one, batch=3)) for one in (first, *others)]
    assert len({one.company_key() for one in batch}) == 1
    return batch


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_a_picture_is_the_same_to_the_bit_whoever_is_beside_it(
    engine: StableDiffusion, make_request: MakeRequest, changes: dict[str, object]
) -> None:
    batch = three(engine, make_request(**changes))
    together = engine.pictures(batch, Stopwatch())
    for request, picture in zip(batch, together, strict=True):
        assert torch.equal(engine.picture(request, Stopwatch()), picture)
        alone = engine.picture(replace(request, batch=1), Stopwatch())
        assert torch.allclose(alone, picture, atol=1e-4), "only last bits may differ"
    assert not torch.allclose(together[0], together[1], atol=1e-2)


@pytest.mark.parametrize("masked", [False, True])
def test_seed_images_and_masks_go_together(
    engine: StableDiffusion, make_request: MakeRequest, tmp_path: Path, masked: bool
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "seed.png")
    Image.fromarray((noise > 128).astype(np.uint8) * 255).save(tmp_path / "mask.png")
    mask = str(tmp_path / "mask.png") if masked else ""
    first = make_request(seed_image=str(tmp_path / "seed.png"), mask=mask, strength=0.8, steps=5)
    batch = three(engine, first)
    for request, picture in zip(batch, engine.pictures(batch, Stopwatch()), strict=True):
        assert torch.equal(engine.picture(request, Stopwatch()), picture)
        alone = engine.picture(replace(request, batch=1), Stopwatch())
        assert torch.allclose(alone, picture, atol=1e-4)


def test_loops_find_the_pictures_that_were_made_together(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    cache = LoopCache(64.0)
    wanted = [make_request(seeds=((seed, 1.0),)) for seed in (1, 2, 3)]
    shared = render_pictures(engine, wanted, cache)
    assert shared.stages["denoise"] > 0.0
    assert shared.stages["phase"] == 0.0
    for request in wanted:
        loop = render_loop(engine, request, cache)
        assert loop.stages["denoise"] == 0.0
        assert loop.request.batch == 3
        faster = render_loop(engine, replace(request, tempo=200.0), cache)
        assert faster.stages["denoise"] == 0.0, "a new tempo needs no diffusing"
        assert faster.request.batch == 3
    assert render_pictures(engine, wanted, cache).stages["denoise"] == 0.0, "all are there"


def test_what_does_not_fit_together_is_left_to_be_rendered_alone(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    cache = LoopCache(64.0)
    wanted = [make_request(), make_request(seeds=((2, 1.0),), steps=3)]
    assert sum(render_pictures(engine, wanted, cache).stages.values()) == 0.0
    assert render_loop(engine, wanted[0], cache).request.batch == 1


def test_a_session_plays_such_loops_again_to_the_bit(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    cache, key = LoopCache(64.0), None
    wanted = [make_request(seeds=((seed, 1.0),)) for seed in (1, 2)]
    render_pictures(engine, wanted, cache)
    loops = []
    for request in wanted:
        loops.append(render_loop(engine, replace(request, phase_from=key), cache))
        key = loops[-1].request.audio_key()
    loops.append(render_loop(engine, replace(wanted[1], batch=1), LoopCache(0.0)))
    requests = {loop.request.audio_key(): loop.request for loop in loops}
    assert len(requests) == 3
    assert [loop.request.batch for loop in loops] == [2, 2, 1]
    sound = Rerender(requests, {"tiny": engine}, set(requests))
    for loop in reversed(loops):
        again = sound(loop.request.audio_key(), len(loop.audio), 4)
        assert again.tobytes() == loop.audio.tobytes()


def test_noise_that_a_sampler_draws_itself_is_the_same_for_each(
    engine: StableDiffusion, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ancestral steps add noise: the first picture's, whichever place a picture has."""
    own = EulerAncestralDiscreteScheduler.from_config(engine._parts.scheduler.config)
    monkeypatch.setattr(engine._latents, "_parts", replace(engine._parts, scheduler=own))
    batch = three(engine, make_request(steps=4))
    for request, picture in zip(batch, engine.pictures(batch, Stopwatch()), strict=True):
        assert picture is not None
        assert torch.equal(engine.picture(request, Stopwatch()), picture)
        alone = engine.picture(replace(request, batch=1), Stopwatch())
        assert torch.allclose(alone, picture, atol=1e-4)


def test_one_that_overflows_is_rendered_alone_and_the_others_stay(
    engine: StableDiffusion, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, of = LoopCache(64.0), engine._latents.of
    wanted = [make_request(seeds=((seed, 1.0),)) for seed in (1, 2, 3)]

    def overflowing(requests: Sequence[RenderRequest], *more: object) -> torch.Tensor:
        latents = of(requests, *more)  # type: ignore[arg-type]
        if len(latents) > 1:
            latents[1, 0, 0, 0] = torch.inf
        return latents

    monkeypatch.setattr(engine._latents, "of", overflowing)
    render_pictures(engine, wanted, cache)
    loops = [render_loop(engine, request, cache) for request in wanted]
    assert [loop.request.batch for loop in loops] == [3, 1, 3]
    assert [loop.stages["denoise"] == 0.0 for loop in loops] == [True, False, True]


def test_where_places_in_a_batch_differ_loops_are_rendered_one_by_one(
    tiny_folder: Path, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a kernel summed up the last rows of a batch in another order."""
    engine = offline.open_engine("tiny", tiny_folder, device="cpu", threads=1)
    of = engine._latents.of

    def uneven(requests: Sequence[RenderRequest], *more: object) -> torch.Tensor:
        latents = of(requests, *more)  # type: ignore[arg-type]
        latents[1:] *= 1.0 + 2e-7
        return latents

    monkeypatch.setattr(engine._latents, "of", uneven)
    told: list[int] = []
    room = EngineRoom(64.0, 4, lambda _: None, lambda: told.append(1))
    room.install(engine)
    room.pictures([make_request(seeds=((seed, 1.0),)) for seed in (1, 2)], lambda: None)
    assert room.loop(make_request(), lambda: None).request.batch == 1
    assert room.described()["defaults"]["batch"] == 1
    assert told == [1]


def test_a_cache_without_room_holds_them_until_they_are_rendered(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    cache = LoopCache(0.0)
    wanted = [make_request(seeds=((seed, 1.0),)) for seed in (1, 2)]
    render_pictures(engine, wanted, cache)
    assert [render_loop(engine, one, cache).stages["denoise"] for one in wanted] == [0.0, 0.0]
    cache.let_go()
    assert render_loop(engine, wanted[0], cache).stages["denoise"] > 0.0


def test_where_memory_ends_they_are_rendered_one_by_one(
    engine: StableDiffusion, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    changed: list[int] = []
    room = EngineRoom(64.0, 4, said.append, lambda: changed.append(1))
    room.install(engine)
    assert room.described()["defaults"]["batch"] == 4

    def full(_: object, requests: Sequence[RenderRequest], *__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    wanted = [make_request(seeds=((seed, 1.0),)) for seed in (1, 2)]
    monkeypatch.setattr(offline, "render_pictures", full)
    assert sum(room.pictures(wanted, lambda: None).stages.values()) == 0.0
    assert said == ["Memory ran out; from now on loops are rendered one by one."]
    assert room.described()["defaults"]["batch"] == 1
    assert changed
    assert room.loop(wanted[0], lambda: None).request.batch == 1
    room.install(engine)
    assert room.described()["defaults"]["batch"] == 4, "another model may be smaller"


def test_what_was_ordered_before_memory_ran_out_is_not_blamed_for_it(
    tiny_folder: Path, make_request: MakeRequest
) -> None:
    said: list[str] = []
    room = EngineRoom(64.0, 4, said.append)
    room.install(offline.open_engine("tiny", tiny_folder, device="cpu", threads=1))
    assert room._make_room(1), "it has shrunk"
    told = list(said)
    room.pictures([make_request(seeds=((seed, 1.0),)) for seed in (1, 2)], lambda: None)
    assert said == told
    assert room.loop(make_request(), lambda: None).request.batch == 1


def test_what_stands_in_the_way_of_one_is_left_to_it(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    room = EngineRoom(64.0, 4)
    room.install(engine)
    bad = make_request(sampler="magic")
    assert sum(room.pictures([bad, make_request()], lambda: None).stages.values()) == 0.0
    with pytest.raises(UserError, match="no sampler"):
        room.loop(bad, lambda: None)


def test_a_batch_has_its_limits(engine: StableDiffusion, make_request: MakeRequest) -> None:
    for batch in (0, 9):
        with pytest.raises(UserError, match="batch must be in"):
            engine.settle(make_request(batch=batch))
    one = make_request()
    assert replace(one, batch=1).picture_key() == one.picture_key()
    assert replace(one, batch=2).picture_key() != one.picture_key()
    assert replace(one, batch=2).cache_key() == one.cache_key(), "nobody hears it"
