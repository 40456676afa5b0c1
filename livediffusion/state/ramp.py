"""A value on its way from one place to another, in beats: a pure function of the song beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from livediffusion.types import Beats


@dataclass(frozen=True, slots=True)
class Ramp:
    """Moves each number in a straight line from `origin` to `target` between two beats."""

    target: tuple[float, ...]
    origin: tuple[float, ...] = ()
    start: Beats = 0.0
    end: Beats = 0.0

    def at(self, beat: Beats) -> tuple[float, ...]:
        """The values at a song beat, which is below 0 before a clock's first."""
        if beat >= self.end or not self.origin:
            return self.target
        if beat <= self.start:
            return self.origin
        place = (beat - self.start) / (self.end - self.start)
        return tuple(a + (b - a) * place for a, b in zip(self.origin, self.target, strict=True))

    def towards(self, target: tuple[float, ...], now: Beats, beats: Beats) -> Ramp:
        """From where this one is now to a new target, in so many beats."""
        if beats <= 0.0 or target == self.at(now):
            return Ramp(target)
        return Ramp(target, self.at(now), now, now + beats)

    def later(self, beats: Beats) -> Ramp:
        """The same way, so many beats later; for when the song beat jumps."""
        if not self.origin:
            return self
        return replace(self, start=self.start + beats, end=self.end + beats)


@dataclass(frozen=True, slots=True)
class Ramps:
    """Several values of which each keeps its own time: the weights."""

    each: tuple[Ramp, ...]

    @classmethod
    def resting(cls, values: Sequence[float]) -> Ramps:
        """Values that do not move."""
        return cls(tuple(Ramp((value,)) for value in values))

    @property
    def target(self) -> tuple[float, ...]:
        """Where each is going."""
        return tuple(ramp.target[0] for ramp in self.each)

    @property
    def end(self) -> Beats:
        """The beat from which none moves."""
        return max((ramp.end for ramp in self.each), default=0.0)

    def at(self, beat: Beats) -> tuple[float, ...]:
        """The values at a song beat."""
        return tuple(ramp.at(beat)[0] for ramp in self.each)

    def towards(self, target: Sequence[float], now: Beats, beats: Beats) -> Ramps:
        """All to a new target, in so many beats."""
        pairs = zip(self.each, target, strict=True)
        return Ramps(tuple(ramp.towards((value,), now, beats) for ramp, value in pairs))

    def with_one(self, index: int, value: float, now: Beats, beats: Beats) -> Ramps:
        """One to a new target, in so many beats; the others stay on their way."""
        moved = self.each[index].towards((value,), now, beats)
        return Ramps((*self.each[:index], moved, *self.each[index + 1 :]))

    def later(self, beats: Beats) -> Ramps:
        """The same ways, so many beats later."""
        return Ramps(tuple(ramp.later(beats) for ramp in self.each))
