"""What it gains to denoise several pictures at once, and whether each stays what it is alone."""

from __future__ import annotations

import dataclasses
import statistics
from functools import partial

import torch

from livediffusion.bench import eager
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.types import Json

SIZES = (1, 2, 4)


def measure_batches(engine: StableDiffusion, request: RenderRequest) -> Json:
    """Milliseconds a picture by how many are denoised at once, medians; and `alike`.

    That is whether each picture has the same bits in a batch of itself, as sessions that are played
    again rely on.
    """
    times, alike = {}, True
    for size in SIZES:
        batch = _batch(engine, request, size)
        # Before it is timed: the first of a shape takes longer.
        for one, found in zip(batch, engine.pictures(batch, Stopwatch()), strict=True):
            alike &= found is not None and torch.equal(engine.picture(one, Stopwatch()), found)
        run = partial(engine.pictures, batch, Stopwatch())
        took = eager.several(partial(eager.milliseconds, run, engine.compute))
        times[str(size)] = statistics.median(took) / size
    return {"picture_ms": times, "alike": alike}


def _batch(engine: StableDiffusion, request: RenderRequest, size: int) -> list[RenderRequest]:
    """So many requests that differ by their seeds."""
    settled = engine.settle(dataclasses.replace(request, batch=size))
    return [dataclasses.replace(settled, seeds=((seed, 1.0),)) for seed in range(size)]
