"""What a message makes others do: the player, the patch folder, the surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from livediffusion.types import Value


@dataclass(frozen=True, slots=True)
class PlayerSet:
    """A value that acts in the player at once."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class PlayerDo:
    """play, stop or panic."""

    action: str


@dataclass(frozen=True, slots=True)
class LoadPatch:
    """Switch to a patch of the patches folder."""

    name: str


@dataclass(frozen=True, slots=True)
class Listen:
    """A surface wants feedback, or no more of it."""

    port: int
    host: str | None
    on: bool


@dataclass(frozen=True, slots=True)
class SendState:
    """The sender wants every value."""


Effect: TypeAlias = PlayerSet | PlayerDo | LoadPatch | Listen | SendState
