"""The walk from seed to seed: where `seed.morph` and `drift` stand at a song beat.

Drift d adds d to the morph each loop. When the morph reaches 1, the walk goes on: a becomes b and
b becomes b + 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livediffusion.state.parameters import MAX_SEED
from livediffusion.types import Beats

_WHOLE = 1e-9  # rounding of repeated tenths must not delay a step of the walk


@dataclass(frozen=True, slots=True)
class SeedWalk:
    """Two seeds and what has been drifting between them since beat `anchor`."""

    a: int
    b: int
    drift: float = 0.0
    anchor: Beats = 0.0

    def at(self, beat: Beats, morph: float, loop_beats: int) -> tuple[int, int, float]:
        """Seed a, seed b and morph at a song beat, given the morph without drift."""
        loops = math.floor(beat / loop_beats) - math.floor(self.anchor / loop_beats)
        total = morph + self.drift * max(loops, 0)
        walked = math.floor(total + _WHOLE) if self.drift > 0.0 else 0
        if walked == 0:
            return self.a, self.b, total
        return _seed(self.b + walked - 1), _seed(self.b + walked), max(total - walked, 0.0)


def _seed(number: int) -> int:
    return number % (MAX_SEED + 1)
