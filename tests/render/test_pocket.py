"""The model that ships, where it has been put: prompts, seeds, tempos and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from livediffusion.render.cache import LoopCache
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import default_request, open_engine, render_loop
from livediffusion.render.settings import POCKET_FOLDER

pytestmark = pytest.mark.skipif(
    not (POCKET_FOLDER / "model_index.json").is_file(), reason="the pocket model is not here"
)


@pytest.fixture(scope="module")
def pocket() -> Iterator[StableDiffusion]:
    """The model in the package, on one thread so that other tests do not disturb it."""
    yield open_engine(device="cpu", threads=1)


def test_it_asks_for_four_steps_and_no_guidance(pocket: StableDiffusion) -> None:
    request = default_request(pocket, "techno")
    assert (request.steps, request.guidance, request.sampler) == (4, 1.0, "model")


@pytest.mark.parametrize(("tempo", "beats"), [(120.0, 8), (93.75, 8), (174.0, 16), (60.0, 4)])
def test_a_loop_is_exactly_its_beats(pocket: StableDiffusion, tempo: float, beats: int) -> None:
    request = replace(default_request(pocket, "dark techno"), tempo=tempo, beats=beats)
    loop = render_loop(pocket, request)
    assert loop.audio.shape == (round(beats * 60 / tempo * 48000), 2)
    assert loop.loudness == pytest.approx(-16.0, abs=1.0)
    assert loop.peak <= 0.892


def test_prompts_differ_more_than_neighbours_on_the_way(pocket: StableDiffusion) -> None:
    def at(weight: float) -> torch.Tensor:
        prompts = (("dark techno", 1.0 - weight), ("ambient pads", weight))
        request = replace(
            default_request(pocket, "x"), prompts=tuple(p for p in prompts if p[1] > 0.0)
        )
        return pocket.picture(pocket.settle(request), Stopwatch())

    ends = float((at(0.0) - at(1.0)).norm())
    assert ends > 5.0
    assert float((at(0.50) - at(0.52)).norm()) < 0.3 * ends


def test_a_blend_is_the_one_that_the_evaluation_measures(pocket: StableDiffusion) -> None:
    from livediffusion.training.sampling import Model

    prompts = (("dark techno", 0.625), ("organ", 0.375))
    request = replace(default_request(pocket, "x"), prompts=prompts, seeds=((7, 1.0),))
    played = pocket.picture(pocket.settle(request), Stopwatch())
    model = Model.load(POCKET_FOLDER)
    ends, weights = model.embed([text for text, _ in prompts]), torch.tensor([0.375])
    measured = model.pictures(model.between(ends, weights, model.noise([7])))[0]
    assert torch.allclose(played, measured, atol=1e-3)
    embedded = torch.lerp(ends[:1], ends[1:], 0.375)
    other = model.pictures(model.latents(embedded, model.noise([7])))[0]
    assert not torch.allclose(played, other, atol=1e-2)


def test_a_follower_starts_warm_and_takes_less_phase_time(pocket: StableDiffusion) -> None:
    cache = LoopCache(64.0)
    base = default_request(pocket, "house")
    first = render_loop(pocket, base, cache)
    near = replace(base, seeds=((0, 0.99), (1, 0.01)), phase_from=first.request.audio_key())
    warm = render_loop(pocket, near, cache)
    assert not warm.cold
    assert warm.request.phase_from == first.request.audio_key()
    again = LoopCache(64.0)
    render_loop(pocket, base, again)
    assert np.array_equal(render_loop(pocket, near, again).audio, warm.audio)
