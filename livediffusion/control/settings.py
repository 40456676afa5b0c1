"""What the control process is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """Files rather than their contents: control reads them itself, also after a restart.

    `model` is the command line's ("" leaves it to the patch, else to the config).
    """

    run_dir: Path
    config: Path | None
    patch: Path
    model: str = ""
    patch_folders: tuple[Path, ...] = ()  # where `/ld/patch` looks, after the patch's own folder
