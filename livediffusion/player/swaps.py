"""The orders that a deck takes and what it says of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from livediffusion.player.loop import Loop
from livediffusion.types import Beats, Frames


@dataclass(frozen=True, slots=True, eq=False)
class Swap:
    """An order to go over to a loop, at the first multiple of `grid` beats not before `not_before`.

    Grid 0: at `not_before` itself; without one at once.
    """

    loop: Loop
    not_before: Beats | None = None
    grid: Beats = 0.0
    fade_frames: Frames = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A swap that waits for song beat `due`; `wished` is where an early order would be due."""

    swap: Swap
    due: Beats
    wished: Beats


@dataclass(frozen=True, slots=True)
class Happening:
    """What the deck did: `offset` frames after the start of the block it was rendering."""

    what: Literal["swapped", "released"]
    slot: int
    key: str
    offset: Frames = 0
    beat: Beats = 0.0
    late: Beats = 0.0


def on_grid(beat: Beats, grid: Beats) -> Beats:
    """The first multiple of `grid` that is not before a beat; the beat itself for grid 0."""
    return math.ceil(beat / grid - 1e-9) * grid if grid else beat
