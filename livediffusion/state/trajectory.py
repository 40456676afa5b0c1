"""Where the sound is going: every value that a render needs, at any song beat.

Pure: the same trajectory and beat always give the same request. The scheduler asks it for beats to
come, so that the steps of a glide are rendered before they are due.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

from livediffusion.render.request import RenderRequest, normalise, slerped
from livediffusion.state.blend import normalised
from livediffusion.state.ramp import Ramp
from livediffusion.state.seeds import SeedWalk
from livediffusion.types import BPM, Beats, ModelDefaults

_MOST_NEIGHBOURS = 8
_GRID = 1000  # finer differences cannot be heard, but would defeat the cache


@dataclass(slots=True)
class Trajectory:
    """All that decides the sound, moving. `revision` grows with each gesture."""

    texts: tuple[str, ...]
    weights: Ramp
    seeds: SeedWalk
    tempo: BPM
    beats: int
    model: str
    morph: Ramp = field(default_factory=lambda: Ramp((0.0,)))
    guidance: Ramp | None = None  # None: the model's own
    strength: Ramp = field(default_factory=lambda: Ramp((0.75,)))
    steps: int | None = None
    negative: str = ""
    sampler: str | None = None
    seed_image: str = ""
    mask: str = ""
    defaults: ModelDefaults | None = None
    revision: int = 0
    _kept: tuple[float, ...] = ()  # the last blend, for when all weights are zero

    @property
    def moving_until(self) -> Beats:
        """The beat from which nothing changes any more; infinite while the seeds drift."""
        if self.seeds.drift > 0.0:
            return math.inf
        ramps = (self.weights, self.morph, self.strength, self.guidance)
        return max(ramp.end for ramp in ramps if ramp is not None)

    def request_at(self, beat: Beats) -> RenderRequest:
        """What should sound at a song beat, now or to come."""
        a, b, morph = self.seeds_at(beat)
        blend = tuple(zip(self.texts, self.blend_at(beat), strict=True))
        defaults = self.defaults
        return RenderRequest(
            prompts=normalise(blend),
            seeds=slerped(a, b, morph),
            tempo=self.tempo,
            model=self.model,
            model_hash=defaults.hash if defaults else "",
            negative=self.negative,
            guidance=self._guidance_at(beat),
            strength=_rounded(self.strength.at(beat)[0]) if self.seed_image else 0.75,
            steps=self.steps or (defaults.steps if defaults else 4),
            sampler=self.sampler or (defaults.sampler if defaults else "model"),
            seed_image=self.seed_image,
            mask=self.mask,
            beats=self.beats,
        )

    def neighbours(self, beat: Beats) -> list[RenderRequest]:
        """Where a performer may go at once: each prompt alone."""
        here = self.request_at(beat)
        if len(self.texts) == 1:
            return []
        texts = self.texts[:_MOST_NEIGHBOURS]
        return [dataclasses.replace(here, prompts=((text, 1.0),)) for text in texts]

    def blend_at(self, beat: Beats) -> tuple[float, ...]:
        """Weights that sum to 1; all zero keeps the last blend."""
        added = len(self.texts) - len(self._kept)
        return normalised(self.weights.at(beat), (*self._kept, *(0.0,) * added))

    def move_weights(self, target: tuple[float, ...], now: Beats, glide: Beats) -> None:
        """Glide to new raw weights."""
        self._kept = self.blend_at(now)
        self.weights = self.weights.towards(target, now, glide)

    def seeds_at(self, beat: Beats) -> tuple[int, int, float]:
        """Seed a, seed b and morph at a song beat, drift included."""
        return self.seeds.at(beat, self.morph.at(beat)[0], self.beats)

    def anchor_seeds(self, now: Beats, drift: float | None = None) -> None:
        """Start the walk anew from where it is now, with a new drift if given."""
        a, b, morph = self.seeds_at(now)
        walk = self.seeds
        if walk.drift > 0.0:
            self.morph = Ramp((morph,))
        self.seeds = SeedWalk(a, b, walk.drift if drift is None else drift, now)

    def _guidance_at(self, beat: Beats) -> float:
        if self.guidance is not None:
            return _rounded(self.guidance.at(beat)[0])
        return self.defaults.guidance if self.defaults else 1.0


def _rounded(value: float) -> float:
    return round(value * _GRID) / _GRID
