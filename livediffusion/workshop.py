"""Work at the bench, not on the stage: one loop rendered to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.console import Console
from scipy.io import wavfile

from livediffusion.config import Config, load_config, model_name
from livediffusion.errors import UserError
from livediffusion.render.loop import Loop
from livediffusion.render.request import RenderRequest, normalise
from livediffusion.stage import read_patch
from livediffusion.state.patch import Patch
from livediffusion.state.performance import Performance
from livediffusion.state.vocabulary import of_model, remark
from livediffusion.types import BPM, SAMPLE_RATE, ModelDefaults

_SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `render` was asked for; None leaves it to the patch, else to the model."""

    prompts: tuple[str, ...] = ()
    patch: str | None = None
    weights: tuple[float, ...] = ()
    beats: int | None = None
    tempo: BPM | None = None
    seed: int | None = None
    steps: int | None = None
    model: str | None = None
    image: Path | None = None


def render(wanted: Wanted, output: Path, config_path: Path | None, console: Console) -> None:
    """Render one loop to a file, with a spinner and one line on what came of it.

    Words that the model never learned are named on stderr.
    """
    check_output(output)
    config = load_config(config_path)
    patch = read_patch(wanted.patch) if wanted.patch else None
    if patch is None and not wanted.prompts:
        raise UserError('Say what to render: livediffusion render "dark techno", or --patch P.')
    model = model_name(config, patch.model if patch else "", wanted.model or "")
    prompts = wanted.prompts or _texts(patch)
    vocabulary = of_model(model, config.models)
    if sentence := remark(vocabulary, prompts, config.addons.embeddings):
        Console(stderr=True).print(sentence, highlight=False, soft_wrap=True, markup=False)
    with console.status("Loading the model …") as status:
        loop = _render(wanted, patch, model, config, status.update)
    write(output, loop.audio)
    seconds = len(loop.audio) / SAMPLE_RATE
    console.print(
        f"{output}: {loop.request.beats} beats, {len(loop.audio)} frames ({seconds:.3f} s), "
        f"{loop.loudness:.1f} LUFS, rendered in {loop.render_ms / 1000:.2f} s.",
        highlight=False,
        soft_wrap=True,
    )


def _render(
    wanted: Wanted,
    patch: Patch | None,
    model: str,
    config: Config,
    say: Callable[[str], None],
) -> Loop:
    from livediffusion.render.offline import default_request, open_engine, render_loop

    engine = open_engine(
        model,
        models=config.models,
        device=config.render.device,
        dtype=config.render.dtype,
        threads=config.render.threads,
        phase=config.render.phase,
        addons=config.addons,
        decoder=config.render.decoder,
        notice=lambda said: Console(stderr=True).print(said, highlight=False, soft_wrap=True),
    )
    say("Rendering …")
    request = default_request(engine, "")
    texts = wanted.prompts
    if patch is not None:
        request = at_the_start(patch, request)
        texts = texts or _texts(patch)
    return render_loop(engine, _adjusted(request, wanted, texts))


def _texts(patch: Patch | None) -> tuple[str, ...]:
    return tuple(prompt.text for prompt in patch.prompts) if patch else ()


def at_the_start(patch: Patch, defaults: RenderRequest) -> RenderRequest:
    """The request of a patch at beat 0, with the model's defaults where the patch is silent."""
    trajectory = Performance(patch, defaults.model).trajectory
    trajectory.defaults = ModelDefaults(
        name=defaults.model,
        hash=defaults.model_hash,
        steps=defaults.steps,
        guidance=defaults.guidance,
        sampler=defaults.sampler,
        native_tempo=defaults.tempo,
    )
    return trajectory.request_at(0.0)


def _adjusted(request: RenderRequest, wanted: Wanted, texts: tuple[str, ...]) -> RenderRequest:
    """The request with what the command line asks for; `texts` are all prompts there are."""
    if wanted.weights and len(wanted.weights) != len(texts):
        raise UserError(f"--weights needs {len(texts)} numbers, one a prompt.")
    if wanted.weights and (min(wanted.weights) < 0 or sum(wanted.weights) <= 0):
        raise UserError("--weights must be 0 or more, and not all 0.")
    prompts = request.prompts
    if wanted.prompts or wanted.weights:
        weights = wanted.weights or (1.0,) * len(texts)
        prompts = normalise(list(zip(texts, weights, strict=True)))
    return replace(
        request,
        prompts=prompts,
        seeds=request.seeds if wanted.seed is None else ((wanted.seed, 1.0),),
        beats=wanted.beats or request.beats,
        tempo=wanted.tempo or request.tempo,
        steps=wanted.steps or request.steps,
        seed_image=str(wanted.image or request.seed_image),
    )


def check_output(path: Path) -> None:
    """Raise UserError, before the work is done, when it could not be saved."""
    if path.suffix.lower() not in _SUFFIXES:
        raise UserError(f"{path} must end in .wav or .flac.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}; make it, or choose another place.")


def write(path: Path, audio: NDArray[np.float32]) -> None:
    """Write (frames, channels) at 48 kHz: WAV in 32-bit float, FLAC in 24 bits.

    The same audio gives the same bytes: libsndfile would stamp a float WAV with the time of day.
    """
    try:
        if path.suffix.lower() == ".wav":
            wavfile.write(path, SAMPLE_RATE, audio)
        else:
            soundfile.write(path, audio, SAMPLE_RATE, subtype="PCM_24")
    except (OSError, soundfile.SoundFileError) as error:
        raise UserError(f"{path} cannot be written: {error}") from error
