"""The scheduler's words: where the performance goes, what is wanted for when, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from livediffusion.render.request import RenderRequest
from livediffusion.types import Beats


class Trajectory(Protocol):
    """Where the performance is going."""

    @property
    def revision(self) -> int:
        """Grows with each gesture of the performer."""

    @property
    def moving_until(self) -> Beats:
        """The beat from which nothing changes any more; infinite while something drifts."""

    def still_until(self, now: Beats) -> Beats:
        """The beat until which nothing changes; `now` when something moves already."""

    def request_at(self, beat: Beats) -> RenderRequest:
        """What should sound at a beat, now or to come."""

    def neighbours(self, beat: Beats) -> Sequence[RenderRequest]:
        """What a performer might want next; the same object as long as it is the same."""

    def alone(self, beat: Beats) -> Sequence[RenderRequest]:
        """Each prompt alone, all else as it is; the same object as long as it is the same."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the performer and the machine allow."""

    beats: int = 8
    beats_per_bar: int = 4
    quantise: Beats = 0.0  # 0 off, else the grid in beats
    ahead: int = 2
    steps_min: int = 2
    batch: int = 1  # so many steps at once the renderer makes faster than one by one


@dataclass(frozen=True, slots=True)
class Step:
    """A loop that should sound from beat `due` on, or as soon as it is ready when None.

    In that case it may have to wait for beat `not_before`. An `idle` one is not asked for yet: it
    is rendered so that it is there when it is.
    """

    due: Beats | None
    grid: Beats
    request: RenderRequest
    revision: int
    idle: bool = False
    not_before: Beats = 0.0


@dataclass(frozen=True, slots=True)
class Queued:
    """A loop that is ready and waits in the player for its beat."""

    due: Beats
    revision: int
    cache_key: str
    slot: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a finished loop goes: at the first multiple of `grid` from beat `due` on."""

    due: Beats
    grid: Beats
    replaces: tuple[int, ...]  # slots of queued loops that must not sound any more
