"""Writes a model's networks as ONNX files, and checks each against torch before it is kept.

The folder is the model's own pipeline folder with other weights: `unet/model.onnx` instead of
`unet/diffusion_pytorch_model.safetensors`, and so on; an autoencoder has a file for each half.
Batch, columns and tokens stay open, bands do not: they never change.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from livediffusion.errors import UserError
from livediffusion.render.engines import canvas
from livediffusion.render.engines.components import Components
from livediffusion.render.engines.folder import INDEX, ONNX_FILES, ModelFolder
from livediffusion.render.engines.onnx_nets import (
    DecoderNet,
    DenoiserNet,
    EncoderNet,
    TextNet,
)
from livediffusion.spectrogram.params import SpectrogramParams

OPSET = 18
TOLERANCE = 1e-4  # of the largest value
_INLINE_BYTES = 1_500_000_000  # more weights go into a file beside: protobuf ends at 2 GB
_OPEN = torch.export.Dim.DYNAMIC
_Shape: TypeAlias = dict[int, Any]
_CARRIED = ("README.md", "LICENSE*", "spectrogram.json", "vocabulary.json", INDEX)


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that was written: where, its bytes, and how far it is from torch."""

    part: str
    file: Path
    bytes: int
    opset: int
    error: float  # largest difference, relative to the largest value


@dataclass(frozen=True, slots=True)
class _Job:
    """A network with tensors only, inputs to export it with, and which of their axes stay open."""

    part: str
    network: nn.Module
    inputs: dict[str, Tensor]
    open_axes: dict[str, _Shape]
    output: str


def export(
    source: ModelFolder,
    parts: Components,
    params: SpectrogramParams,
    target: Path,
    say: Callable[[str], None] = lambda _: None,
) -> list[Exported]:
    """Write the model in `parts` (torch, float32, CPU) into the folder `target`.

    Raises UserError where something is missing, or a network does not come out as it went in;
    nothing is written then.
    """
    _check_installed()
    if target.resolve() == source.path.resolve():
        raise UserError(f"{target} is the model's own folder; choose another one.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".export-") as scratch:
            done = []
            for job in _jobs(parts, params):
                say(f"Writing {job.part} …")
                done.append(_write(job, Path(scratch), target))
            _carry_over(source.path, target)
            for part in done:
                _move(Path(scratch) / part.file.relative_to(target).parent, part.file.parent)
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(f"{target} cannot be written ({why}); choose another folder.") from error
    return done


def _check_installed() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"To export, {error.name} is missing; pip install 'livediffusion[onnx]'."
        ) from error


def _jobs(parts: Components, params: SpectrogramParams) -> Iterator[_Job]:
    """The text encoder, the denoiser, and both halves of the autoencoder."""
    text, unet, vae = parts.text_encoder, parts.unet, parts.vae
    drawn = torch.Generator().manual_seed(0)
    latents = (2, *canvas.latent_shape(vae, params, beats=8)[1:])
    tokens, width = int(text.config.max_position_embeddings), int(unet.config.cross_attention_dim)
    ids = torch.randint(0, int(text.config.vocab_size), (1, tokens), generator=drawn)
    words = {"input_ids": ids}
    if getattr(text.config, "use_attention_mask", False):
        words["attention_mask"] = (torch.arange(tokens) < tokens // 2).long().unsqueeze(0)
    closed: dict[str, _Shape] = {name: {} for name in words}
    yield _Job("text_encoder", TextNet(text), words, closed, "hidden")
    sample = torch.randn(latents, generator=drawn)
    yield _Job(
        "unet",
        DenoiserNet(unet),
        {
            "sample": sample,
            "timestep": torch.tensor(500.0),  # some schedulers stand between two of them
            "context": torch.randn((2, tokens, width), generator=drawn),
        },
        {"sample": {0: _OPEN, 3: _OPEN}, "timestep": {}, "context": {0: _OPEN, 1: _OPEN}},
        "prediction",
    )
    one = sample[:1]
    wide: dict[str, _Shape] = {"sample": {3: _OPEN}}
    yield _Job("vae_decoder", DecoderNet(vae), {"sample": one}, wide, "image")
    picture = torch.rand((params.channels, params.bands, params.columns(8)), generator=drawn)
    image = canvas.to_autoencoder(picture, params, int(vae.config.in_channels))
    yield _Job("vae_encoder", EncoderNet(vae), {"sample": image}, wide, "latents")


def _write(job: _Job, scratch: Path, target: Path) -> Exported:
    """Write one network into `scratch`; UserError when ONNX Runtime gives other numbers."""
    relative = ONNX_FILES[job.part]
    path = scratch / relative
    path.parent.mkdir(parents=True)
    weights = sum(w.numel() * w.element_size() for w in job.network.parameters())
    try:
        with torch.no_grad(), _quietly():
            torch.onnx.export(
                job.network.eval(),
                kwargs=job.inputs,
                f=path,
                input_names=list(job.inputs),
                output_names=[job.output],
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=job.open_axes,
                external_data=weights > _INLINE_BYTES,
                optimize=False,  # ONNX Runtime does that when it loads, for the machine at hand
                verbose=False,
            )
    except (MemoryError, OSError):
        raise
    except Exception as error:  # the exporter raises whatever it likes
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise UserError(
            f"The {job.part} of this model cannot be written as ONNX ({reason})."
        ) from error
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    return Exported(job.part, target / relative, size, OPSET, _difference(job, path))


def _difference(job: _Job, path: Path) -> float:
    """How far ONNX Runtime is from torch on the CPU, at the largest; UserError beyond TOLERANCE."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feeds = {name: value.numpy() for name, value in job.inputs.items()}
    found = torch.from_numpy(session.run(None, feeds)[0])
    with torch.no_grad():
        wanted = job.network(**job.inputs)
    error = float((found - wanted).abs().max() / wanted.abs().max())
    if not error <= TOLERANCE:  # also when it is not a number
        raise UserError(
            f"The {job.part} gives other numbers in ONNX Runtime than in torch ({error:.1g} of the "
            f"largest); nothing was written. Try another version of onnxruntime."
        )
    return error


def _carry_over(source: Path, target: Path) -> None:
    """All but weights: what the model is, says and may be used for."""
    for pattern in _CARRIED:
        for file in source.glob(pattern):
            shutil.copyfile(file, target / file.name)
    for folder in ("tokenizer", "scheduler"):
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    for part in ("text_encoder", "unet", "vae"):
        (target / part).mkdir(exist_ok=True)
        shutil.copyfile(source / part / "config.json", target / part / "config.json")


def _move(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in source.iterdir():
        file.replace(target / file.name)


@contextmanager
def _quietly() -> Iterator[None]:
    """The exporter talks much, in warnings and through the log of torch."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
