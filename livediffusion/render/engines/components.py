"""Loading a Stable Diffusion folder's parts. The only importer of transformers.

Parts are loaded one by one through their own stock classes, never through a pipeline class that
a folder could name or bring along.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from livediffusion.errors import UserError
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.digest import model_hash
from livediffusion.render.engines.folder import CLASSES, ModelFolder, find_weights
from livediffusion.spectrogram.circular import make_circular_in_time

TORCH = "stable_diffusion"


@dataclass(frozen=True, slots=True)
class Components:
    """A pipeline's parts, on their device, ready for inference."""

    tokenizer: Any
    text_encoder: Any
    unet: Any
    vae: Any
    scheduler: Any  # never stepped: `fresh_scheduler` copies it
    hash: str
    backend: str = TORCH  # its name in `engine_id`


def load_components(
    folder: ModelFolder, compute: Compute, rival: Callable[[str], Path | None] = lambda _: None
) -> Components:
    """Load everything; UserError with one sentence when a file is broken or does not fit.

    `rival` is asked, by the model's hash, for an exported folder whose denoiser shall predict in
    place of torch's own.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import diffusers
    import transformers

    _be_quiet(diffusers, transformers)
    try:
        if folder.is_onnx:
            return _load_onnx(folder, compute, diffusers, transformers)
        text_encoder = _network(folder, "text_encoder", transformers.CLIPTextModel, compute)
        digest = model_hash(folder)
        exported, backend = rival(digest), TORCH
        if exported is None:
            unet = _network(folder, "unet", diffusers.UNet2DConditionModel, compute)
        else:
            unet, backend = _exported_denoiser(folder, exported, compute, diffusers)
        vae = _network(folder, "vae", getattr(diffusers, folder.classes["vae"]), compute)
        tokenizer = _tokenizer(folder, transformers)
        scheduler = _scheduler(folder, diffusers)
    except (UserError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # broken files raise whatever their reader likes
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise UserError(
            f"Model '{folder.name}' in {folder.path} does not load ({reason}); "
            f"copy or download it again."
        ) from error
    make_circular_in_time(vae.decoder)
    return Components(tokenizer, text_encoder, unet, vae, scheduler, digest, backend)


def lay_out(parts: Components, compute: Compute) -> None:
    """Have the weights in memory as the device reads them fastest."""
    if compute.channels_last and parts.backend == TORCH:
        networks: list[Any] = [parts.unet, parts.vae]
        for network in networks:
            network.to(memory_format=torch.channels_last)


def load_autoencoder(name: str, path: Path, compute: Compute) -> Any:
    """An autoencoder by itself, as a decoder in a model's own one's place. Raises UserError."""
    import diffusers

    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        kind = str(config.get("_class_name"))
        if kind not in CLASSES["vae"]:
            raise UserError(
                f"Decoder '{name}': {path} holds a {kind}, but only "
                f"{' or '.join(CLASSES['vae'])} can be played; choose another folder."
            )
        weights = find_weights("vae", lambda file: (path / file.removeprefix("vae/")).is_file())
        if weights is None:
            raise UserError(f"Decoder '{name}': {path} has no weights; copy it again.")
        folder = ModelFolder(name, path, {"vae": kind}, {".": weights})
        autoencoder = _network(folder, ".", getattr(diffusers, kind), compute)
    except (UserError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # broken files raise whatever their reader likes
        raise UserError(f"Decoder '{name}' in {path} does not load; copy it again.") from error
    make_circular_in_time(autoencoder.decoder)
    return autoencoder


def _load_onnx(
    folder: ModelFolder, compute: Compute, diffusers: Any, transformers: Any
) -> Components:
    """The same parts, with networks that ONNX Runtime runs."""
    from livediffusion.render.engines import onnx_parts

    runtime = onnx_parts.Runtime(folder.path, compute)
    text_config = transformers.CLIPTextConfig.from_pretrained(str(folder.path / "text_encoder"))
    unet_config = _config(folder, "unet", diffusers.UNet2DConditionModel)
    vae_config = _config(folder, "vae", getattr(diffusers, folder.classes["vae"]))
    return Components(
        tokenizer=_tokenizer(folder, transformers),
        text_encoder=onnx_parts.OnnxText(runtime, text_config),
        unet=onnx_parts.OnnxDenoiser(runtime, unet_config),
        vae=onnx_parts.OnnxAutoencoder(runtime, vae_config),
        scheduler=_scheduler(folder, diffusers),
        hash=model_hash(folder),
        backend=runtime.identity,
    )


def _exported_denoiser(
    folder: ModelFolder, exported: Path, compute: Compute, diffusers: Any
) -> tuple[Any, str]:
    """A model's denoiser as ONNX Runtime runs it, and the name of that in `engine_id`."""
    from livediffusion.render.engines import onnx_parts

    runtime = onnx_parts.Runtime(exported, compute)
    config = _config(folder, "unet", diffusers.UNet2DConditionModel)
    name = runtime.identity.replace("onnxruntime", "denoiser-onnxruntime")
    return onnx_parts.OnnxDenoiser(runtime, config), name


def _config(folder: ModelFolder, part: str, kind: Any) -> Any:
    """A network's config with the defaults of its class, without room for its weights."""
    with torch.device("meta"):
        return kind.from_config(kind.load_config(str(folder.path / part))).config


def _tokenizer(folder: ModelFolder, transformers: Any) -> Any:
    return transformers.CLIPTokenizer.from_pretrained(
        str(folder.path / "tokenizer"), local_files_only=True
    )


def _network(folder: ModelFolder, part: str, kind: Any, compute: Compute) -> Any:
    weights = folder.weights[part]
    library = kind.__module__.split(".")[0]
    precision = {"dtype" if library == "transformers" else "torch_dtype": compute.dtype}
    network, info = kind.from_pretrained(
        str(folder.path / part),
        local_files_only=True,
        use_safetensors=weights.safetensors,
        variant=weights.variant,
        output_loading_info=True,
        **precision,
    )
    if missing := sorted(info["missing_keys"]):
        raise UserError(
            f"Model '{folder.name}': the weights of its {part} lack {len(missing)} tensors "
            f"({missing[0]}, ...); copy or download it again."
        )
    return network.to(compute.device).eval().requires_grad_(False)


def _scheduler(folder: ModelFolder, diffusers: Any) -> Any:
    name = folder.classes["scheduler"]
    kind = getattr(diffusers, name, None)
    if kind is None or not name.endswith("Scheduler"):
        raise UserError(
            f"Model '{folder.name}' asks for a scheduler '{name}' that diffusers does not have; "
            f"name another one in its scheduler_config.json and model_index.json."
        )
    return kind.from_pretrained(str(folder.path / "scheduler"), local_files_only=True)


def _be_quiet(diffusers: Any, transformers: Any) -> None:
    """Progress bars and warnings belong on nobody's stage."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
