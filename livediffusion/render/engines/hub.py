"""Where a model's folder lies: on disk, in the hub's cache, or still on the hub."""

from __future__ import annotations

import re
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.render.engines.folder import CLASSES, ModelFolder, find_weights, open_folder

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_SMALL = ["*.json", "tokenizer/*", "scheduler/*"]


def locate(name: str, source: str) -> ModelFolder:
    """The whole model folder that `source`, a folder or hub name, stands for.

    What the hub's cache holds is taken first; the network is asked only for what is not there.
    Raises UserError with one sentence when there is no such model, or no network.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return open_folder(name, folder)
    if not _HUB_NAME.fullmatch(source):
        raise UserError(
            f"Model '{name}': there is no folder {source}; correct [models] {name} in the config."
        )
    cached = _cached(source)
    if cached is not None:
        try:
            return open_folder(name, cached)
        except UserError:
            pass  # only a part was downloaded; the rest may be had
    return open_folder(name, _download(name, source))


def _cached(source: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def _download(name: str, source: str) -> Path:
    """Fetch the files that will be loaded, not the old checkpoints that lie beside them."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        listed = set(HfApi().list_repo_files(source))
        found = [find_weights(part, listed.__contains__) for part in CLASSES if part != "tokenizer"]
        wanted = [_shards(file) for weights in found if weights for file in weights.files]
        return Path(snapshot_download(source, allow_patterns=_SMALL + wanted))
    except (RepositoryNotFoundError, GatedRepoError) as error:
        raise UserError(
            f"Model '{name}': the hub does not give {source} to us; correct [models] {name} "
            f"in the config, or log in with `hf auth login`."
        ) from error
    except Exception as error:  # each HTTP library raises its own
        raise UserError(
            f"Model '{name}' ({source}) is not on this machine and cannot be downloaded now; "
            f"connect to the network once, or set [models] {name} to a folder."
        ) from error


def _shards(file: str) -> str:
    """A pattern for the files that an index of shards names; others stand for themselves."""
    if not file.endswith(".json"):
        return file
    kind = "safetensors" if "safetensors" in file else "bin"
    return f"{file.rsplit('/', 1)[0]}/*-of-*.{kind}"
