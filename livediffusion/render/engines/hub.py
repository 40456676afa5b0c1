"""Where a model's folder lies: on disk, where `pull` put it, or in the hub's own cache.

Nothing here asks the network; `fetch.py` does, and only for `livediffusion models pull`.
"""

from __future__ import annotations

import re
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.render.engines.folder import ModelFolder, open_folder
from livediffusion.render.settings import pulled_folder

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


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


def _cached(source: str) -> Path | None:
    """What other programs have fetched."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
