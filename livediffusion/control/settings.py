"""What the control process is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """Files rather than their contents: control reads them itself, also after a restart.

    `model` is the command line's ("" leaves it to the patch, else to the config); `overrides`
    are its other wishes, as `config.overridden` takes them.
    """

    run_dir: Path
    config: Path | None
    patch: Path
    model: str = ""
    overrides: dict[str, Any] = field(default_factory=dict)
    patch_folders: tuple[Path, ...] = ()  # where `/ld/patch` looks, after the patch's own folder
