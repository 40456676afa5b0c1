"""Model folders: where they are, whether they are whole, what identifies them.

A model is a diffusers pipeline folder, or the name of one on the Hugging Face hub. Only stock
classes are loaded and only weights are read from weight files, so that a model cannot run code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.spectrogram.params import FILE_NAME as PARAMS_FILE

INDEX = "model_index.json"
CLASSES = {
    "tokenizer": ("CLIPTokenizer", "CLIPTokenizerFast"),
    "text_encoder": ("CLIPTextModel",),
    "unet": ("UNet2DConditionModel",),
    "vae": ("AutoencoderKL", "AutoencoderTiny"),
}
_STEMS = {
    "text_encoder": ("model", "pytorch_model"),
    "unet": ("diffusion_pytorch_model", "diffusion_pytorch_model"),
    "vae": ("diffusion_pytorch_model", "diffusion_pytorch_model"),
}
# of an exported model, as other programs name them; what it cannot encode cannot start from images
ONNX_FILES = {
    "text_encoder": "text_encoder/model.onnx",
    "unet": "unet/model.onnx",
    "vae_decoder": "vae_decoder/model.onnx",
    "vae_encoder": "vae_encoder/model.onnx",
}
_ONNX_PARTS = {
    "text_encoder": ("text_encoder",),
    "unet": ("unet",),
    "vae": ("vae_decoder", "vae_encoder"),
}
_LIBRARIES = ("diffusers", "transformers")


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight files of one component; `variant` is diffusers' word for "fp16" in the name."""

    files: tuple[str, ...]  # within the model folder
    safetensors: bool
    variant: str | None


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that was found whole: what to load and which files decide its sound."""

    name: str
    path: Path
    classes: dict[str, str]  # component -> class name
    weights: dict[str, Weights]

    @property
    def is_onnx(self) -> bool:
        """Whether ONNX Runtime runs it; else torch does."""
        return self.weights["unet"].files[0].endswith(".onnx")

    def files(self) -> list[str]:
        """All files that decide the sound, sorted."""
        small = [INDEX, PARAMS_FILE, "scheduler/scheduler_config.json"]
        small += [f"{component}/config.json" for component in self.weights]
        small += [f"tokenizer/{name}" for name in _TOKENIZER_FILES]
        present = [name for name in small if (self.path / name).is_file()]
        return sorted(present + [name for w in self.weights.values() for name in w.files])


_TOKENIZER_FILES = (
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)


def open_folder(name: str, path: Path) -> ModelFolder:
    """Look through a pipeline folder; UserError saying what is missing or refused."""
    if not (path / INDEX).is_file():
        raise UserError(
            f"Model '{name}': {path} holds no diffusers pipeline (no {INDEX}); "
            f"correct [models] {name} in the config."
        )
    classes = _classes(name, path)
    for wanted in ("scheduler/scheduler_config.json", *(f"{part}/config.json" for part in _STEMS)):
        if not (path / wanted).is_file():
            raise _incomplete(name, path / wanted)
    if not any((path / "tokenizer" / file).is_file() for file in ("vocab.json", "tokenizer.json")):
        raise _incomplete(name, path / "tokenizer" / "vocab.json")

    def exists(file: str) -> bool:
        return (path / file).is_file()

    if exists(ONNX_FILES["unet"]):
        return ModelFolder(name, path, classes, _onnx_weights(name, path))
    weights = {part: find_weights(part, exists) for part in _STEMS}
    for part, found in weights.items():
        if found is None:
            raise _incomplete(name, path / part / f"{_STEMS[part][0]}.safetensors")
    whole = {part: _with_shards(path, found) for part, found in weights.items() if found}
    return ModelFolder(name, path, classes, whole)


def _onnx_weights(name: str, path: Path) -> dict[str, Weights]:
    """The files of an exported model, those with the weights of large ones included."""
    found = {}
    for part, networks in _ONNX_PARTS.items():
        files = [ONNX_FILES[network] for network in networks]
        if not (path / files[0]).is_file():
            raise _incomplete(name, path / files[0])
        beside = [f"{file}.data" for file in files]
        there = tuple(file for file in files + beside if (path / file).is_file())
        found[part] = Weights(there, safetensors=False, variant=None)
    return found


def find_weights(component: str, exists: Callable[[str], bool]) -> Weights | None:
    """The best weights that exist: safetensors before .bin, full precision before fp16."""
    safe, plain = _STEMS[component]
    for safetensors, stem, ending in ((True, safe, "safetensors"), (False, plain, "bin")):
        for variant in (None, "fp16"):
            middle = f".{variant}" if variant else ""
            for file in (
                f"{component}/{stem}{middle}.{ending}",
                f"{component}/{stem}.{ending}.index{middle}.json",
            ):
                if exists(file):
                    return Weights((file,), safetensors, variant)
    return None


def _with_shards(path: Path, weights: Weights) -> Weights:
    """Add the files that an index of shards names."""
    (first,) = weights.files
    if not first.endswith(".json"):
        return weights
    index = json.loads((path / first).read_text(encoding="utf-8"))
    folder = first.rsplit("/", 1)[0]
    shards = sorted({f"{folder}/{shard}" for shard in index["weight_map"].values()})
    return Weights((first, *shards), weights.safetensors, weights.variant)


def _classes(name: str, path: Path) -> dict[str, str]:
    """Class of each component, all of them known ones."""
    try:
        index = json.loads((path / INDEX).read_text(encoding="utf-8"))
        entries = {part: tuple(index[part]) for part in (*CLASSES, "scheduler")}
        pipeline = index.get("_class_name", "")
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"Model '{name}': {path / INDEX} names no Stable Diffusion pipeline ({error}); "
            f"choose another model."
        ) from error
    libraries: Iterable[object] = [entry[0] for entry in entries.values() if entry]
    if not isinstance(pipeline, str) or any(lib not in _LIBRARIES for lib in libraries):
        raise UserError(
            f"Model '{name}' is a pipeline with code of its own, which is never run; "
            f"choose a plain diffusers one."
        )
    chosen = {part: str(entry[-1]) for part, entry in entries.items() if entry}
    for part, known in CLASSES.items():
        if chosen.get(part) not in known:
            raise UserError(
                f"Model '{name}': its {part} is a {chosen.get(part)}, but only "
                f"{' or '.join(known)} can be played; choose a Stable Diffusion 1.x model."
            )
    return chosen


def _incomplete(name: str, missing: Path) -> UserError:
    return UserError(
        f"Model '{name}' is incomplete: {missing} is missing; copy or download it again."
    )
