"""What a message makes others do: the player, the patch folder, the surfaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from livediffusion.types import Beats, Value

if TYPE_CHECKING:
    from livediffusion.state.history import Before


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
class Nudge:
    """Move the song by so many beats."""

    beats: Beats


@dataclass(frozen=True, slots=True)
class Tap:
    """Somebody has tapped the beat."""


@dataclass(frozen=True, slots=True)
class LoadPatch:
    """Switch to a patch of the patches folder."""

    name: str


@dataclass(frozen=True, slots=True)
class FindImage:
    """Look for a seed image of this name, and play over it."""

    name: str


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Play the same patch with another model."""

    name: str


@dataclass(frozen=True, slots=True)
class ReturnTo:
    """Take the patch that was left, as it was."""

    before: Before


@dataclass(frozen=True, slots=True)
class SaveScene:
    """Write the present state into the patch file, as a scene of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Listen:
    """A surface wants feedback, or no more of it."""

    port: int | None  # None: the way that the request came
    host: str | None
    on: bool


@dataclass(frozen=True, slots=True)
class SendState:
    """The sender wants every value."""


@dataclass(frozen=True, slots=True)
class Learn:
    """What moves next is to be mapped to this address."""

    address: str


@dataclass(frozen=True, slots=True)
class Unlearn:
    """Nothing is to move this address any more."""

    address: str


@dataclass(frozen=True, slots=True)
class UseOutput:
    """The sound goes somewhere else: a device, "null", or "" for the system's default."""

    name: str


@dataclass(frozen=True, slots=True)
class EditMappings:
    """Change the patch file: `edit` takes its text to the new one and a sentence on the change."""

    edit: Callable[[str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Record:
    """Begin or end a recording of the performance."""

    on: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Put a marker with these words into the recording."""

    text: str


Effect: TypeAlias = (
    PlayerSet
    | PlayerDo
    | Nudge
    | Tap
    | LoadPatch
    | LoadModel
    | FindImage
    | ReturnTo
    | SaveScene
    | Listen
    | SendState
    | Learn
    | Unlearn
    | EditMappings
    | UseOutput
    | Record
    | Mark
)
