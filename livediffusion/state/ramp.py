"""A value on its way from one place to another, in beats: a pure function of the song beat."""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.types import Beats


@dataclass(frozen=True, slots=True)
class Ramp:
    """Moves each number in a straight line from `origin` to `target` between two beats."""

    target: tuple[float, ...]
    origin: tuple[float, ...] = ()
    start: Beats = 0.0
    end: Beats = 0.0

    def at(self, beat: Beats) -> tuple[float, ...]:
        """The values at a song beat."""
        if beat >= self.end:
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
