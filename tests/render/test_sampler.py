"""Noise from seeds, schedulers by name, and where img2img begins."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, EulerAncestralDiscreteScheduler, PNDMScheduler
from torch import Tensor

from livediffusion.render import sampler
from livediffusion.render.cache import MemoryLru
from livediffusion.render.request import SAMPLERS, WeightedSeeds

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers")
SHAPE = (1, 4, 8, 32)
CPU = torch.device("cpu")
LATENT = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def pndm() -> Any:
    return PNDMScheduler(**LATENT, skip_prk_steps=True, steps_offset=1)


def noise(seeds: WeightedSeeds) -> Tensor:
    return next(sampler.noise_stream(seeds, SHAPE, CPU, torch.float32))


def predict(latents: Tensor, t: Tensor) -> Tensor:
    return 0.5 * latents.sin()


def test_one_seed_is_its_own_noise() -> None:
    expected = torch.randn(SHAPE, generator=torch.Generator().manual_seed(7))
    assert torch.equal(noise(((7, 1.0),)), expected)


def test_two_seeds_are_slerped() -> None:
    a, b = noise(((1, 1.0),)), noise(((2, 1.0),))
    angle = math.acos(float((a * b).sum() / (a.norm() * b.norm())))
    middle = (a + b) * math.sin(angle / 2) / math.sin(angle)
    torch.testing.assert_close(noise(((1, 0.5), (2, 0.5))), middle)


@pytest.mark.parametrize("budget", [0, 2 * 4096, 2**20])
def test_noise_that_is_kept_is_the_same(budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: MemoryLru[Tensor] = MemoryLru(budget)
    seeds = ((1, 0.3), (2, 0.7))

    def first(count: int, *keeping: MemoryLru[Tensor]) -> list[Tensor]:
        stream = sampler.noise_stream(seeds, SHAPE, CPU, torch.float32, *keeping)
        return list(itertools.islice(stream, count))

    wanted = first(4)
    for count in (1, 3, 4, 2, 4):  # longer ones go on where what is kept ends
        assert all(map(torch.equal, first(count, kept), wanted))
    assert kept.held <= budget
    if budget == 2**20:
        monkeypatch.setattr(torch, "randn", lambda *_, **__: pytest.fail("it is there"))
        assert all(map(torch.equal, first(4, kept), wanted))


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.9, 0.1), (0.2, 0.3, 0.5), (0.25,) * 4])
def test_blended_noise_keeps_its_norm(weights: tuple[float, ...]) -> None:
    blended = noise(tuple(enumerate(weights)))
    norms = [float(noise(((seed, 1.0),)).norm()) for seed in range(len(weights))]
    assert min(norms) * 0.98 <= float(blended.norm()) <= max(norms) * 1.02


def test_parallel_noise_is_mixed_linearly() -> None:
    a = noise(((1, 1.0),))
    torch.testing.assert_close(sampler.slerp(a, 2.0 * a, 0.5), 1.5 * a)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 4, 60, 100])
def test_every_sampler_gives_finite_latents(name: str, steps: int) -> None:
    scheduler = sampler.fresh_scheduler(pndm(), name)
    stream = sampler.noise_stream(((1, 1.0),), SHAPE, CPU, torch.float32)
    result = sampler.sample(predict, scheduler, steps, stream)
    assert result.shape == SHAPE
    assert result.dtype == torch.float32
    assert bool(result.isfinite().all())


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("strength", [0.0, 0.3, 0.75, 1.0])
def test_every_sampler_can_start_from_an_image(name: str, strength: float) -> None:
    start = sampler.Start(torch.full(SHAPE, 0.3), strength)
    scheduler = sampler.fresh_scheduler(pndm(), name)
    stream = sampler.noise_stream(((1, 1.0),), SHAPE, CPU, torch.float32)
    result = sampler.sample(predict, scheduler, 10, stream, start)
    assert bool(result.isfinite().all())
    if strength == 0.0 and name != "model":
        assert torch.equal(result, start.latents)


@pytest.mark.parametrize("steps", [4, 20, 50])
@pytest.mark.parametrize("strength", [0.1, 0.5, 0.75, 0.99, 1.0])
def test_pndm_begins_where_riffusion_begins(steps: int, strength: float) -> None:
    scheduler = pndm()
    timesteps = sampler.set_steps(scheduler, steps)
    begin = sampler.first_step(scheduler, steps, strength)
    offset = 1
    init_timestep = min(int(steps * strength) + offset, steps)
    assert begin == max(steps - init_timestep + offset, 0)
    assert timesteps[begin] == timesteps[-init_timestep]


@pytest.mark.parametrize("strength", [0.0, 0.25, 0.75, 1.0])
def test_other_schedulers_take_their_share_of_the_steps(strength: float) -> None:
    scheduler = DDIMScheduler(**LATENT)
    sampler.set_steps(scheduler, 20)
    assert 20 - sampler.first_step(scheduler, 20, strength) == int(20 * strength)


def test_black_of_a_mask_is_kept_and_white_repainted() -> None:
    repaint = torch.zeros(1, 1, 8, 32)
    repaint[..., 16:] = 1.0
    seeded = torch.full(SHAPE, 0.3)
    scheduler = sampler.fresh_scheduler(pndm(), "euler")
    stream = sampler.noise_stream(((1, 1.0),), SHAPE, CPU, torch.float32)
    result = sampler.sample(predict, scheduler, 20, stream, sampler.Start(seeded, 0.9, repaint))
    torch.testing.assert_close(result[..., :16], seeded[..., :16])
    assert float((result - seeded)[..., 16:].abs().mean()) > 0.1


@pytest.mark.parametrize("own", [pndm(), EulerAncestralDiscreteScheduler(**LATENT)])
@pytest.mark.parametrize("name", ["model", "lcm", "dpm++"])
def test_a_render_leaves_no_trace_in_the_next(own: Any, name: str) -> None:
    def run(seed: int) -> Tensor:
        scheduler = sampler.fresh_scheduler(own, name)
        stream = sampler.noise_stream(((seed, 1.0),), SHAPE, CPU, torch.float32)
        return sampler.sample(predict, scheduler, 4, stream)

    first = run(1)
    torch.randn(5)  # whatever else uses the global generator
    run(2)
    assert torch.equal(run(1), first)


def test_lcm_walks_smoothly_from_seed_to_seed() -> None:
    def run(morph: float) -> Tensor:
        seeds = ((1, 1.0 - morph), (2, morph))
        stream = sampler.noise_stream(seeds, SHAPE, CPU, torch.float32)
        return sampler.sample(predict, sampler.fresh_scheduler(pndm(), "lcm"), 4, stream)

    path = [run(i / 10) for i in range(1, 10)]
    steps = [float((a - b).norm()) for a, b in itertools.pairwise(path)]
    assert max(steps) < 0.4 * float((path[0] - path[-1]).norm())


def test_the_step_callback_may_stop_it() -> None:
    class EnoughError(Exception):
        pass

    calls = iter([None, None, EnoughError()])

    def on_step() -> None:
        if (error := next(calls)) is not None:
            raise error

    stream = sampler.noise_stream(((1, 1.0),), SHAPE, CPU, torch.float32)
    with pytest.raises(EnoughError):
        sampler.sample(predict, pndm(), 10, stream, None, on_step)
