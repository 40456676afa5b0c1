"""The journey of a patch: what it does by itself, in a circle, while nobody touches anything.

    [[step]]
    beats = 16           # how long to stay
    glide = 8            # how many of them the change takes; without it the patch's glide
    blend = [0.2, 1.0]   # any parameter by its key

The first step begins at song beat 0. Pure: positions are a function of the song beat.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from livediffusion.state.values import Change
from livediffusion.types import Beats

JOURNEY = "journey"  # the source of what the journey moves


@dataclass(frozen=True, slots=True)
class Step:
    """One `[[step]]`: stay for `beats`; `glide` (beats) is None where the patch's holds."""

    beats: Beats
    changes: tuple[Change, ...]
    glide: Beats | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A step at the song beat where it begins."""

    beat: Beats
    step: Step


def visits(steps: Sequence[Step], start: Beats, end: Beats) -> Iterator[Visit]:
    """The steps that begin at song beats from `start` up to but not at `end`, in order."""
    round_beats = sum(step.beats for step in steps)
    if not steps or round_beats <= 0.0:
        return
    beat = max(0.0, start // round_beats) * round_beats
    while beat < end:
        for step in steps:
            if start <= beat < end:
                yield Visit(beat, step)
            beat += step.beats


def current(steps: Sequence[Step], beat: Beats) -> Visit | None:
    """The visit that is under way at a song beat; None without steps or before beat 0."""
    round_beats = sum(step.beats for step in steps)
    begun = list(visits(steps, beat - round_beats, math.nextafter(beat, math.inf)))
    return begun[-1] if begun else None


def untouched(changes: Sequence[Change], touched: Collection[str]) -> tuple[Change, ...]:
    """What is left of a step's changes when a hand has moved some addresses.

    The blend, the pad and the weights are one thing: touching one leaves all to the hand.
    """
    groups = {group(address) for address in touched}
    return tuple(change for change in changes if group(change.address) not in groups)


def group(address: str) -> str:
    """Addresses that move the same thing share a group: blend, xy and every weight."""
    is_weight = address.startswith("/ld/prompt/") and address.endswith("/weight")
    return "/ld/blend" if is_weight or address == "/ld/xy" else address
