"""Where a model's folder lies: on disk, where `pull` put it, or in the hub's own cache.

Nothing here asks the network; `fetch.py` does, and only for `livediffusion models pull`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.render.engines.folder import ModelFolder, open_folder
from livediffusion.render.settings import OWN_DECODER, Addons, pulled_folder

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_HUB_FILE = re.compile(r"([\w.-]+/[\w.-]+)/([\w./-]+\.(?:safetensors|bin|pt))")
_USUAL_LORA = "pytorch_lora_weights.safetensors"
ADDONS = {"loras": "LoRA", "embeddings": "Embedding", "decoders": "Decoder"}  # by section


def is_hub_name(source: str) -> bool:
    """Whether a source can be the name of something on the hub."""
    return bool(_HUB_NAME.fullmatch(source))


def locate(name: str, source: str) -> ModelFolder:
    """The whole model folder that `source`, a folder or hub name, stands for.

    Raises UserError with one sentence when it is not on this machine, or not whole.
    """
    folder = find(source)
    if folder is not None:
        return open_folder(name, folder)
    if not is_hub_name(source):
        raise UserError(
            f"Model '{name}': there is no folder {source}; correct [models] {name} in the config."
        )
    raise UserError(
        f"Model '{name}' ({source}) is not on this machine: `livediffusion models pull {name}` "
        f"fetches it, or set [models] {name} to a folder."
    )


def find(source: str) -> Path | None:
    """The folder that a source stands for, if it is on this machine; it need not be whole."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    if not is_hub_name(source):
        return None
    pulled = pulled_folder(source)
    return pulled if pulled.is_dir() else _cached(source)


def hub_file(source: str) -> tuple[str, str] | None:
    """Repository and file of a source that names one file on the hub."""
    match = _HUB_FILE.fullmatch(source)
    return (match[1], match[2]) if match else None


def locate_addon(kind: str, name: str, sources: Mapping[str, str]) -> Path:
    """The file of a LoRA or an embedding, the folder of a decoder, by its name in the config.

    Raises UserError with one sentence when it is not on this machine.
    """
    word = ADDONS[kind]
    if name not in sources:
        known = f"choose one of {', '.join(sorted(sources))}, or " if sources else ""
        raise UserError(f"There is no {word} '{name}'; {known}add it to [{kind}] in the config.")
    source = sources[name]
    found = find_addon(kind, source)
    if found is not None:
        return found
    on_hub = is_hub_name(source) or hub_file(source) is not None
    if on_hub and find(source) is None and not Path(source).expanduser().exists():
        raise UserError(
            f"{word} '{name}' ({source}) is not on this machine: `livediffusion models pull "
            f"{name}` fetches it."
        )
    if kind != "decoders" and (found := find(source)) is not None:
        raise UserError(
            f"{word} '{name}': {found} holds no file of weights, or several; name one of them in "
            f"[{kind}] in the config."
        )
    wanted = "folder with a config.json" if kind == "decoders" else "file of weights"
    raise UserError(
        f"{word} '{name}': there is no {wanted} at {source}; correct [{kind}] in the config."
    )


def unusable(addons: Addons, loras: Iterable[str], decoder: str) -> list[str]:
    """A sentence on each LoRA, and the decoder, that is named and is not on this machine."""
    wanted = [("loras", name) for name in loras]
    wanted += [("decoders", decoder)] if decoder not in ("", OWN_DECODER) else []
    sentences = []
    for kind, name in wanted:
        try:
            locate_addon(kind, name, addons.sources(kind))
        except UserError as error:
            sentences.append(str(error))
    return sentences


def lost(addons: Addons) -> list[str]:
    """A sentence on each that should lie on this machine and does not; pulling would not help."""
    sentences = []
    for kind in ADDONS:
        for name, source in addons.sources(kind).items():
            if is_hub_name(source) or hub_file(source):
                continue
            try:
                locate_addon(kind, name, {name: source})
            except UserError as error:
                sentences.append(str(error))
    return sentences


def find_addon(kind: str, source: str) -> Path | None:
    """What a source of that kind stands for, if it is on this machine."""
    here = Path(source).expanduser()
    if here.is_file():
        return None if kind == "decoders" else here
    if not here.is_dir() and (on_hub := hub_file(source)) is not None:
        repository, file = on_hub
        folders = [pulled_folder(source), pulled_folder(repository), _cached(repository)]
        there = [folder / file for folder in folders if folder is not None]
        return next((path for path in there if path.is_file()), None)
    folder = find(source)
    if folder is None:
        return None
    if kind == "decoders":
        return folder if (folder / "config.json").is_file() else None
    if (folder / _USUAL_LORA).is_file():
        return folder / _USUAL_LORA
    for ending in ("safetensors", "bin", "pt"):
        if files := sorted(folder.glob(f"*.{ending}")):
            return files[0] if len(files) == 1 else None
    return None


def _cached(source: str) -> Path | None:
    """What other programs have fetched."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
