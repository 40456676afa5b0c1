"""From request to loop without any process: what the worker, `render`, bench and tests call."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

# Before torch is imported: idle threads must sleep, not spin, beside a player and its callback.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only so

import torch
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.cache import LoopCache
from livediffusion.render.engines import rivals
from livediffusion.render.engines.base import Engine, Notice
from livediffusion.render.engines.compiled import keep_on_disk
from livediffusion.render.engines.components import load_components
from livediffusion.render.engines.compute import choose_compute
from livediffusion.render.engines.hub import locate
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Loop, Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import POCKET, Addons, model_source
from livediffusion.spectrogram.level import LOUDNESS, MONO_GAIN, level_and_measure
from livediffusion.spectrogram.loop import picture_to_loop
from livediffusion.spectrogram.params import Phase, PhaseChoice, SpectrogramParams


def open_engine(
    model: str = POCKET,
    folder: str | Path | None = None,
    *,
    models: Mapping[str, str] | None = None,
    device: str = "auto",
    dtype: str = "auto",
    threads: int = 0,
    phase: PhaseChoice = "model",
    compiles: bool = False,
    addons: Addons | None = None,
    decoder: str = "",
    denoiser: Path | Literal["faster", "torch"] = "faster",
    notice: Notice = lambda _: None,
) -> StableDiffusion:
    """Load a model by name, or whatever lies in `folder` under that name.

    `notice` receives sentences that the performer should see. Raises UserError when the model
    does not load or the device is not there. `phase` is how it is found where a request does not
    say, `decoder` the one that then makes the picture. With `compiles` networks are compiled beside
    rendering. `addons` is what requests may name. `denoiser` is torch's, or an exported folder's,
    or whichever was faster when the model was exported; LoRAs, embeddings and compiling need
    torch's.
    """
    keep_on_disk()
    source = str(folder) if folder is not None else model_source(model, models or {})
    compute = choose_compute(device, dtype, threads, notice, compiles=compiles)
    found = locate(model, source)
    params = SpectrogramParams.load(found.path)

    def rival(digest: str) -> Path | None:
        if isinstance(denoiser, Path):
            return denoiser
        if denoiser == "torch" or compute.compiles or (addons and addons.reach_into_weights):
            return None
        known = rivals.measured(digest, compute)
        return Path(known.folder) if known and known.is_onnx_faster else None

    parts = load_components(found, compute, rival)
    engine = StableDiffusion(model, parts, params, compute, notice, addons)
    engine.phase = phase
    engine.additions.decoder = decoder
    return engine


def default_request(engine: Engine, prompt: str, *, seed: int = 0) -> RenderRequest:
    """One prompt and one seed with the model's own defaults, at its own tempo."""
    params = engine.params
    return RenderRequest(
        prompts=((prompt, 1.0),),
        seeds=((seed, 1.0),),
        tempo=params.native_tempo,
        model=engine.name,
        guidance=params.guidance,
        steps=params.steps,
        sampler=params.sampler,
    )


def warm_up(engine: Engine, progress: Callable[[], None] = lambda: None) -> None:
    """Render a short loop and forget it, so that the first real one is not the slow one."""
    request = default_request(engine, "warm up")
    render_loop(engine, dataclasses.replace(request, steps=min(request.steps, 2)), None, progress)


def render_loop(
    engine: Engine,
    request: RenderRequest,
    cache: LoopCache | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Loop:
    """The loop of a request, from the cache where it is there.

    `progress` is called between stages and before each sampler step; it may raise Cancelled.
    Raises UserError with one sentence when the request cannot be rendered.
    """
    watch = Stopwatch(progress)
    request = engine.settle(request)
    cache = cache or LoopCache(0.0)
    found = cache.loop(request)
    if found is not None:
        return dataclasses.replace(found, render_ms=watch.total_ms)
    request = cache.as_kept(request)
    picture = cache.picture(request)
    if picture is None:
        picture = engine.picture(request, watch)
        cache.keep_picture(request, picture)
    phase = cache.phase(request) if _method(engine, request) != "reference" else None
    if phase is None:
        request = dataclasses.replace(request, phase_from=None)
    loop, phase = sound_of(engine, request, picture, phase, watch)
    cache.keep_loop(loop, phase)
    return loop


def render_pictures(
    engine: Engine,
    requests: Sequence[RenderRequest],
    cache: LoopCache,
    progress: Callable[[], None] = lambda: None,
) -> Stopwatch:
    """Have the cache hold the pictures of several loops, denoised together where they fit.

    What it took; nothing is done where fewer than two are missing. Raises as `render_loop` does.
    """
    watch = Stopwatch(progress)
    missing: dict[str, RenderRequest] = {}
    for request in map(engine.settle, requests):
        kept = cache.as_kept(request)
        if cache.loop(request) is None and cache.picture(kept) is None:
            missing[request.picture_key()] = request
    companies = {request.company_key() for request in missing.values()}
    if len(missing) > 1 and len(companies) == 1:
        batch = [dataclasses.replace(one, batch=len(missing)) for one in missing.values()]
        for request, picture in zip(batch, engine.pictures(batch, watch), strict=True):
            if picture is not None:
                cache.hold_picture(request, picture)
    return watch


def _method(engine: Engine, request: RenderRequest) -> Phase:
    """How the phase of a request is found."""
    return engine.params.phase if request.phase == "model" else request.phase


@torch.inference_mode()
def sound_of(
    engine: Engine, request: RenderRequest, picture: Tensor, phase: Tensor | None, watch: Stopwatch
) -> tuple[Loop, Tensor]:
    """Audio of a picture, at the house's loudness and in stereo, and the phase it ended with."""
    try:
        with watch.stage("phase"):
            made = picture_to_loop(
                picture,
                engine.params,
                request.beats,
                request.tempo,
                iterations=request.phase_iterations or None,
                phase=phase,
                method=_method(engine, request),
            )
            audio = made.audio.cpu()
        with watch.stage("level"):
            mono = audio.shape[0] == 1
            target = LOUDNESS - MONO_GAIN if mono else LOUDNESS
            audio, reached = level_and_measure(audio, loudness=target, full_scale=made.full_scale)
            loudness = reached + (MONO_GAIN if mono else 0.0)
            stereo = audio.expand(2, -1).T.contiguous()
    except ValueError as error:
        raise UserError(f"This loop has no sound ({error}); change its tempo or beats.") from error
    loop = Loop(
        audio=stereo.numpy(),
        request=request,
        peak=float(audio.abs().max()),
        loudness=loudness,
        cold=request.phase_from is None,
        stages=watch.stages,
        render_ms=watch.total_ms,
    )
    return loop, made.phase
