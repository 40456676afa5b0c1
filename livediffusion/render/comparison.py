"""A model's loops timed with torch's denoiser and with an exported one, in turns."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from livediffusion.render.engines import rivals
from livediffusion.render.engines.digest import model_hash
from livediffusion.render.engines.folder import open_folder
from livediffusion.render.engines.rivals import Measured
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.offline import default_request, open_engine, render_loop, warm_up
from livediffusion.types import Seconds

_ROUNDS = 9
_STEPS = 4  # at most: all take the same time
_LONG_ENOUGH: Seconds = 60.0  # then no further round is begun


def compare(
    model: str, exported: Path, models: Mapping[str, str] | None = None, threads: int = 0
) -> Measured:
    """Measure both on the CPU, and remember what was found. Raises UserError.

    They take turns, so that what else the machine has to do troubles both.
    """
    ours = open_engine(
        model, models=models, device="cpu", dtype="float32", threads=threads, denoiser="torch"
    )
    theirs = open_engine(
        model, models=models, device="cpu", dtype="float32", threads=threads, denoiser=exported
    )
    for engine in (ours, theirs):
        warm_up(engine)
        engine.hasten()
    times: list[tuple[float, float]] = []
    began = time.monotonic()
    while len(times) < _ROUNDS and (not times or time.monotonic() - began < _LONG_ENOUGH):
        times.append((_loop_ms(ours, len(times)), _loop_ms(theirs, len(times))))
    torch_ms, onnx_ms = (statistics.median(each) for each in zip(*times, strict=True))
    digest = model_hash(open_folder(model, exported))
    found = Measured(str(exported.resolve()), digest, torch_ms, onnx_ms)
    rivals.remember(ours.hash, ours.compute, found)
    return found


def _loop_ms(engine: StableDiffusion, seed: int) -> float:
    """How long a loop takes, its prompt being known."""
    request = default_request(engine, "dark techno", seed=seed)
    request = dataclasses.replace(request, steps=min(request.steps, _STEPS))
    return render_loop(engine, request).render_ms
