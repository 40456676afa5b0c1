"""Models by name only: what may be asked for from outside, where no path or download may be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.render.settings import POCKET, POCKET_FOLDER, own_models, pulled_folder
from livediffusion.state.suggest import did_you_mean, shown


def known_models(models: Mapping[str, str]) -> dict[str, str]:
    """Folder or hub name of every model that has a name: ours, the player's own, the config's."""
    return {POCKET: str(POCKET_FOLDER), **own_models(), **models}


def check_model(name: str, models: Mapping[str, str]) -> None:
    """Raises UserError when there is no such name, or the model is not on this machine yet."""
    known = known_models(models)
    if name not in known:
        hint = did_you_mean(name, known, f"There are: {', '.join(sorted(known))}.")
        raise UserError(f"There is no model {shown(name)}.{hint}")
    if not is_here(known[name]):
        raise UserError(
            f"The model {name} is not on this machine yet: "
            f"`livediffusion models pull {name}` fetches it."
        )


def is_here(source: str) -> bool:
    """Whether a model folder exists, or the model was pulled, or is in the hub's cache."""
    for folder in (Path(source).expanduser(), pulled_folder(source)):
        if (folder / "model_index.json").is_file():
            return True
    cached = _hub_cache() / f"models--{source.replace('/', '--')}"
    return any(cached.glob("snapshots/*/model_index.json"))


def _hub_cache() -> Path:
    """Where the hub's library keeps what it has fetched."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HF_HOME") or Path(base) / "huggingface") / "hub"
