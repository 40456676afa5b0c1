"""Where the sound may lean while the loop that is wanted is not there yet: plain arithmetic.

Loops stand by, each of one prompt alone. Those lie on the way whose prompt gains weight between
what sounds and what is wanted. If a prompt's weight goes from s to w, the knob has gone
(w - s) / (1 - s) of the way from what sounds to that prompt alone, and so far the sound may lean
on its loop: exactly the blend that is wanted where one prompt gains what the others lose alike,
never more than the whole together, and nothing where nothing moves.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from livediffusion.render.request import RenderRequest

AT_ONCE = 2  # loops that are leaned on; with more the mix would be mud
LEAST = 0.05  # of the way; less is not worth another loop in the mix
_GRID = 100  # finer steps of a lean cannot be heard


@lru_cache(maxsize=256)
def setting(request: RenderRequest) -> str:
    """Key of everything that decides the sound but the blend."""
    return dataclasses.replace(request, prompts=(), phase_from=None).cache_key()


def shares(
    sounding: RenderRequest, wanted: RenderRequest, standing: Mapping[int, RenderRequest]
) -> dict[int, float]:
    """How far to lean on each loop that stands by, 0 to 1, their sum at most 1; by slot.

    Only on loops of one prompt that are as long as what sounds, and in all but the blend what is
    wanted: a loop of other seeds, say, has had its day.
    """
    if (sounding.beats, sounding.tempo) != (wanted.beats, wanted.tempo):
        return {}
    here, there = _weights(sounding), _weights(wanted)
    found: dict[int, float] = {}
    for slot, request in standing.items():
        text = request.prompts[0][0]
        gained = there[text] - here[text]
        if gained <= 0.0 or len(request.prompts) > 1 or setting(request) != setting(wanted):
            continue
        found[slot] = min(gained / (1.0 - here[text]), 1.0)
    furthest = sorted(found, key=lambda slot: (-found[slot], slot))[:AT_ONCE]
    return {slot: found[slot] for slot in furthest if found[slot] >= LEAST}


def amounts(
    sounding: RenderRequest,
    wanted: RenderRequest,
    standing: Mapping[int, RenderRequest],
    lean: float,
) -> dict[int, float]:
    """How much of each loop to have in the mix; of the whole way only `lean`, 0 to 1, is gone."""
    if lean <= 0.0 or sounding.prompts == wanted.prompts:
        return {}
    found = shares(sounding, wanted, standing)
    scaled = {slot: int(share * lean * _GRID + 1e-6) / _GRID for slot, share in found.items()}
    return {slot: amount for slot, amount in scaled.items() if amount}


def _weights(request: RenderRequest) -> Counter[str]:
    """Weights by text: two prompts may say the same."""
    weights: Counter[str] = Counter()
    for text, weight in request.prompts:
        weights[text] += weight  # type: ignore[assignment]  # of floats, too
    return weights
