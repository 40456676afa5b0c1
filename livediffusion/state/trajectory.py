"""Where the sound is going: every value that a render needs, at any song beat.

Pure: the same trajectory and beat always give the same request. The scheduler asks it for beats to
come, so that the steps of a glide are rendered before they are due.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from livediffusion.render.request import (
    RenderRequest,
    Weighted,
    WeightedSeeds,
    normalise,
    slerped,
)
from livediffusion.state.blend import normalised
from livediffusion.state.crossing import Leaving, SeedCrossing, left_behind, shared
from livediffusion.state.parameters import MAX_LORAS
from livediffusion.state.ramp import Ramp, Ramps
from livediffusion.state.seeds import SeedWalk
from livediffusion.types import BPM, Beats, ModelDefaults

_MOST_NEIGHBOURS = 8
_GRID = 1000  # finer differences cannot be heard, but would defeat the cache


@dataclass(slots=True)
class Trajectory:
    """All that decides the sound, moving. `revision` grows with each gesture."""

    texts: tuple[str, ...]
    weights: Ramps
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
    decoder: str = ""  # "" for the renderer's choice
    loras: tuple[tuple[str, float], ...] = ()  # by name, how much of each at weight 1
    lora_weights: Ramps = field(default_factory=lambda: Ramps.resting((0.0,) * MAX_LORAS))
    seed_image: str = ""
    mask: str = ""
    defaults: ModelDefaults | None = None
    revision: int = 0
    leaving: tuple[Leaving, ...] = ()  # texts that a scene sends out
    crossing: SeedCrossing | None = None  # from the seeds before a scene
    pace: Ramp | None = None  # of a tempo on its way; loops are rendered for where it goes
    _kept: tuple[float, ...] = ()  # the last blend, for when all weights are zero

    @property
    def moving_until(self) -> Beats:
        """The beat from which nothing changes any more; infinite while the seeds drift."""
        if self.seeds.drift > 0.0:
            return math.inf
        moving = [self.morph, self.strength, *(gone.share for gone in self.leaving)]
        moving += [self.guidance] if self.guidance else []
        moving += self.lora_weights.each[: len(self.loras)]
        moving += [self.crossing.place] if self.crossing else []
        return max(self.weights.end, *(ramp.end for ramp in moving))

    def request_at(self, beat: Beats) -> RenderRequest:
        """What should sound at a song beat, now or to come."""
        blend = zip(self.texts, self.blend_at(beat), strict=True)
        defaults = self.defaults
        return RenderRequest(
            prompts=normalise(shared(blend, self.leaving, beat)),
            seeds=self.noise_at(beat),
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
            loras=self._loras_at(beat),
            decoder=self.decoder,
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

    def goal(self, beat: Beats) -> tuple[float, ...]:
        """The raw weights that it is going to; where all are zero, the blend that is kept."""
        target = self.weights.target
        return target if any(target) else self.blend_at(beat)

    def move_weights(self, target: tuple[float, ...], now: Beats, glide: Beats) -> None:
        """Glide to new raw weights."""
        self._kept = self.blend_at(now)
        self.weights = self.weights.towards(target, now, glide)

    def move_weight(self, index: int, target: float, now: Beats, glide: Beats) -> None:
        """Glide to a new raw weight; the others stay on their way."""
        self._kept = self.blend_at(now)
        self.weights = self.weights.with_one(index, target, now, glide)

    def take_prompts(
        self, texts: tuple[str, ...], places: Sequence[int | None], added: Sequence[float]
    ) -> None:
        """Other prompts: each with what the one at its old place had, or an added raw weight.

        `places` has the old index of each new prompt, None for one that was not there; `added`
        has the weights of those that were not, and anything for the others.
        """
        ramps, kept = self.weights.each, self._kept
        self.weights = Ramps(
            tuple(
                Ramp((weight,)) if place is None else ramps[place]
                for place, weight in zip(places, added, strict=True)
            )
        )
        if kept:
            kept = (*kept, *(0.0,) * (len(ramps) - len(kept)))
            stay = [0.0 if place is None else kept[place] for place in places]
            self._kept = normalised(stay) if any(stay) else ()
        slots = {place: slot for slot, place in enumerate(places) if place is not None}
        self.leaving = tuple(
            dataclasses.replace(gone, slot=slots[gone.slot])
            for gone in self.leaving
            if gone.slot in slots
        )
        self.texts = texts

    def cross_over(self, before: Trajectory, now: Beats, beats: Beats) -> None:
        """Let texts, seeds and a tempo that were replaced at once go in so many beats."""
        self.leaving = left_behind(before.texts, self.texts, before.leaving, now, beats)
        origin = before.noise_at(now)
        if origin != self.noise_at(now):
            place = Ramp((1.0,), (0.0,), now, now + beats)
            self.crossing = SeedCrossing(origin, place) if beats > 0.0 else None
        if self.pace is None and beats > 0.0 and (tempo := before.tempo_at(now)) != self.tempo:
            self.pace = Ramp((self.tempo,), (tempo,), now, now + beats)

    def tempo_at(self, beat: Beats) -> BPM:
        """How fast the song should go at a song beat."""
        return self.tempo if self.pace is None else self.pace.at(beat)[0]

    def later(self, beats: Beats) -> None:
        """Put everything that moves off by so many beats: the song beat has jumped."""
        self.weights, self.morph = self.weights.later(beats), self.morph.later(beats)
        self.strength = self.strength.later(beats)
        self.guidance = self.guidance and self.guidance.later(beats)
        self.lora_weights = self.lora_weights.later(beats)
        self.leaving = tuple(gone.later(beats) for gone in self.leaving)
        self.crossing = self.crossing and self.crossing.later(beats)
        self.pace = self.pace and self.pace.later(beats)
        walk = self.seeds
        self.seeds = dataclasses.replace(walk, anchor=walk.anchor + beats)

    def noise_at(self, beat: Beats) -> WeightedSeeds:
        """The weighted seeds at a song beat: the walk's, or on their way to them."""
        walked = slerped(*self.seeds_at(beat))
        return walked if self.crossing is None else self.crossing.at(beat, walked)

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

    def _loras_at(self, beat: Beats) -> Weighted:
        """What is worn at a song beat, without that which weighs nothing."""
        pairs = zip(self.loras, self.lora_weights.at(beat), strict=False)
        worn = ((name, _rounded(most * weight)) for (name, most), weight in pairs)
        return tuple((name, weight) for name, weight in worn if weight)

    def _guidance_at(self, beat: Beats) -> float:
        if self.guidance is not None:
            return _rounded(self.guidance.at(beat)[0])
        return self.defaults.guidance if self.defaults else 1.0


def _rounded(value: float) -> float:
    return round(value * _GRID) / _GRID
