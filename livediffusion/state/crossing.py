"""What cannot be turned like a knob still morphs: texts and seeds cross over to others.

A prompt whose text changes lets the old text go with a share of the prompt's weight that falls
from 1 to 0. Seeds go from one noise to another on the shortest way over the sphere that noises of
one norm lie on; any two seeds' noises are as good as at right angles (Shoemake, "Animating rotation
with quaternion curves", 1985).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from livediffusion.render.request import WeightedSeeds, slerped
from livediffusion.state.ramp import Ramp
from livediffusion.types import Beats

_MOST_SEEDS = 8  # in one noise; who launches scene after scene in mid-morph loses the faintest
_GRID = 1000  # as the request's
_QUARTER = math.pi / 2.0


@dataclass(frozen=True, slots=True)
class Leaving:
    """A text on its way out of a prompt's place; `slot` counts from 0, `share` goes to 0."""

    slot: int
    text: str
    share: Ramp

    def later(self, beats: Beats) -> Leaving:
        """The same, so many beats later."""
        return replace(self, share=self.share.later(beats))


@dataclass(frozen=True, slots=True)
class SeedCrossing:
    """Where the seeds come from, and how far they have got: 0 to 1."""

    origin: WeightedSeeds
    place: Ramp

    def later(self, beats: Beats) -> SeedCrossing:
        """The same, so many beats later."""
        return replace(self, place=self.place.later(beats))

    def at(self, beat: Beats, target: WeightedSeeds) -> WeightedSeeds:
        """The seeds at a song beat on the way to where the walk is by then."""
        return crossed(self.origin, target, self.place.at(beat)[0])


def left_behind(
    before: Sequence[str],
    after: Sequence[str],
    leaving: Iterable[Leaving],
    now: Beats,
    beats: Beats,
) -> tuple[Leaving, ...]:
    """What goes out when the texts change, in so many beats; slots that stay keep what they had."""
    kept: list[Leaving] = []
    for slot, (old, new) in enumerate(zip(before, after, strict=False)):
        here = [gone for gone in leaving if gone.slot == slot and gone.share.end > now]
        if old == new:
            kept += here
        elif beats > 0.0:
            shares = [(gone.text, gone.share.at(now)[0]) for gone in here]
            shares.append((old, 1.0 - sum(share for _, share in shares)))
            kept += [
                Leaving(slot, text, Ramp((0.0,), (share,), now, now + beats))
                for text, share in shares
                if text != new
            ]
    return tuple(kept)


def shared(
    blend: Iterable[tuple[str, float]], leaving: Sequence[Leaving], beat: Beats
) -> list[tuple[str, float]]:
    """The blend with every text that is still there; weights keep their sum."""
    found: list[tuple[str, float]] = []
    for slot, (text, weight) in enumerate(blend):
        gone = [(one.text, one.share.at(beat)[0]) for one in leaving if one.slot == slot]
        found.append((text, weight * (1.0 - sum(share for _, share in gone))))
        found += [(old, weight * share) for old, share in gone]
    return found


def crossed(origin: WeightedSeeds, target: WeightedSeeds, place: float) -> WeightedSeeds:
    """The seeds of the noise that lies between two, at `place` 0 to 1."""
    if place <= 0.0 or place >= 1.0:
        return origin if place <= 0.0 else target
    here, there = _direction(origin), _direction(target)
    cosine = sum(length * there.get(seed, 0.0) for seed, length in here.items())
    angle = math.acos(min(1.0, cosine))
    if angle < 1.0 / _GRID:
        return target
    a, b = math.sin((1.0 - place) * angle), math.sin(place * angle)
    seeds = dict.fromkeys([*here, *there])
    return _weighted({s: a * here.get(s, 0.0) + b * there.get(s, 0.0) for s in seeds})


def _direction(seeds: WeightedSeeds) -> dict[int, float]:
    """The noise as a unit vector over its seeds."""
    if len(seeds) == 2:
        (a, _), (b, morph) = seeds
        return {a: math.cos(morph * _QUARTER), b: math.sin(morph * _QUARTER)}
    norm = math.hypot(*(weight for _, weight in seeds))
    return {seed: weight / norm for seed, weight in seeds}


def _weighted(direction: dict[int, float]) -> WeightedSeeds:
    """The weights that give a direction: one seed, a slerp of two, or a sum of more."""
    total = sum(direction.values())
    heard = [(seed, length) for seed, length in direction.items() if length * _GRID >= total]
    heard = sorted(heard, key=lambda one: -one[1])[:_MOST_SEEDS]
    if len(heard) < 3:
        (a, x), (b, y) = sorted((*heard, heard[0])[:2])
        return slerped(a, b, math.atan2(y, x) / _QUARTER)
    steps = [(seed, round(length / total * _GRID)) for seed, length in sorted(heard)]
    return tuple((seed, count / sum(c for _, c in steps)) for seed, count in steps)
