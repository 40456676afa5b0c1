"""What the renderer process is started with. No torch here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import livediffusion
from livediffusion.errors import UserError
from livediffusion.spectrogram.params import PhaseChoice

POCKET = "pocket"
POCKET_FOLDER = Path(livediffusion.__file__).parent / "models" / POCKET


OWN_DECODER = "model"  # the one that a model brings
TAESD = "taesd"
_OWN_DECODERS = {TAESD: "madebyollin/taesd"}  # known without being named in the config


@dataclass(frozen=True, slots=True)
class Addons:
    """What may be put upon a model: the file, folder or hub name of each by its own name."""

    loras: Mapping[str, str] = field(default_factory=dict)
    embeddings: Mapping[str, str] = field(default_factory=dict)  # by the token in prompts
    decoders: Mapping[str, str] = field(default_factory=dict)

    def sources(self, kind: str) -> dict[str, str]:
        """All of one kind, "loras", "embeddings" or "decoders", that have a name."""
        named: Mapping[str, str] = getattr(self, kind)
        return {**_OWN_DECODERS, **named} if kind == "decoders" else dict(named)

    @property
    def reach_into_weights(self) -> bool:
        """Whether any needs the model's own weights, which ONNX Runtime does not give out."""
        return bool(self.loras or self.embeddings)


@dataclass(frozen=True, slots=True)
class RendererSettings:
    """Where to meet the others, which model to load first, and on what.

    `models` maps names to folders or hub names; "pocket" needs no entry. `threads` 0 means all
    CPUs but one.
    """

    run_dir: Path  # holds the arena, and the renderer's socket
    model: str = POCKET
    models: dict[str, str] = field(default_factory=dict)
    device: str = "auto"
    dtype: str = "auto"
    phase: PhaseChoice = "model"
    threads: int = 0
    cache_mb: float = 512.0
    compile: bool = False
    batch: int = 0  # loops rendered at once, at the most; 0: as the device likes it
    addons: Addons = field(default_factory=Addons)
    decoder: str = ""  # where a request does not say; "" for the model's own

    @property
    def arena_path(self) -> Path:
        """The run's memory-mapped file."""
        return self.run_dir / "arena"

    @property
    def socket_path(self) -> Path:
        """The socket on which the renderer listens."""
        return self.run_dir / "renderer.sock"


def model_source(name: str, models: Mapping[str, str]) -> str:
    """Folder or hub name of a model; UserError naming the known ones.

    Known are the pocket model, the player's own, those of the config, and the path of any folder.
    """
    known = {**own_models(), POCKET: str(POCKET_FOLDER), **models}
    if name not in known and (Path(name).expanduser() / "model_index.json").is_file():
        return str(Path(name).expanduser().absolute())
    if name not in known:
        raise UserError(
            f"There is no model '{name}'; choose one of {', '.join(sorted(known))}, "
            f"or add it to [models] in the config."
        )
    return known[name]


def own_models_folder() -> Path:
    """Where models lie that the player trained; it need not exist."""
    return data_folder() / "models"


def data_folder() -> Path:
    """The user's folder for what this program keeps; it need not exist."""
    if sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    elif sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "livediffusion"


def pulled_folder(source: str) -> Path:
    """Where `models pull` puts what has a name on the hub; it need not exist."""
    return data_folder() / "hub" / source.replace("/", "--")


def own_models() -> dict[str, str]:
    """The folders in there by name."""
    found = own_models_folder().glob("*/model_index.json")
    return {index.parent.name: str(index.parent) for index in found if index.parent.name[0] != "."}


def available_threads() -> int:
    """CPUs that rendering may use: all but one, which is the music's.

    On two CPUs a small model is even faster so: its work is too little to be shared.
    """
    allowed = hasattr(os, "sched_getaffinity")
    cpus = len(os.sched_getaffinity(0)) if allowed else os.cpu_count() or 1
    return max(1, cpus - 1)
