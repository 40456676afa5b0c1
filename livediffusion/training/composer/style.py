"""How a loop is played: the axes that a prompt may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stems = Literal["all", "no drums", "only drums", "only bass"]
Mode = Literal["minor", "major"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a loop is played; the same seed in two styles is the same music."""

    brightness: int = 0  # -1 dark, 1 bright: filters and spectral tilt
    energy: int = 0  # -1 calm, 1 energetic: hits, velocity, drive, attack
    density: int = 0  # -1 sparse, 1 busy: how many notes and layers
    space: int = 0  # -1 dry, 1 wet: reverb and decay
    mode: Mode | None = None  # None: the genre's own
    stems: Stems = "all"
