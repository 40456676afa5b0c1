"""Who leads the time: the internal clock, MIDI clock or Link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from livediffusion.types import BPM, Lead, Seconds

Action: TypeAlias = Literal["start", "continue", "stop"]


@dataclass(frozen=True, slots=True)
class Motion:
    """A master's transport begins, goes on or stands still at a moment of time.monotonic()."""

    action: Action
    time: Seconds


class ClockSource(Protocol):
    """Something outside that keeps time.

    Threading: asked by the control process's main thread only; nothing here waits or raises.
    """

    @property
    def status(self) -> str:
        """How it stands, in a word or two: "locked", "waiting"."""

    def lead(self, now: Seconds) -> Lead | None:
        """Where its song is; None while it does not run, or has stopped."""

    def tempo(self, now: Seconds) -> BPM | None:
        """The tempo that it keeps, also while its song stands still; None while it keeps none."""

    def motions(self) -> list[Motion]:
        """What its transport did since the last call, oldest first."""

    def close(self) -> None:
        """Hang up."""
