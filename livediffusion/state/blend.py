"""Weights over prompts: how they are normalised, and what the xy pad makes of a position.

A weight here is raw (0 to 1, as the performer set it) until `normalised` makes them sum to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

Weights: TypeAlias = tuple[float, ...]
Position: TypeAlias = tuple[float, float]  # x and y, 0 to 1

_TOUCHING = 1e-6  # of the pad's side; nearer than this is on the spot


def initial(given: Sequence[float | None]) -> Weights:
    """Raw weights at the start: prompt 1 at 1, the others at 0, unless the patch says."""
    return tuple(
        (1.0 if index == 0 else 0.0) if weight is None else weight
        for index, weight in enumerate(given)
    )


def normalised(weights: Sequence[float], last: Sequence[float] = ()) -> Weights:
    """Weights that sum to 1. All zero keeps `last` (itself normalised), else prompt 1.

    A lone prompt always weighs 1.
    """
    total = sum(weights)
    if len(weights) == 1:
        return (1.0,)
    if total > 0.0:
        return tuple(weight / total for weight in weights)
    if len(last) == len(weights) and sum(last) > 0.0:
        return tuple(last)
    return tuple(1.0 if index == 0 else 0.0 for index in range(len(weights)))


def circle(count: int) -> tuple[Position, ...]:
    """So many positions round the pad, clockwise from the left; a lone one is in the middle."""
    if count == 1:
        return ((0.5, 0.5),)
    turns = (0.5 - index / count for index in range(count))
    return tuple(
        (
            round(0.5 + 0.5 * math.cos(math.tau * turn), 9),
            round(0.5 + 0.5 * math.sin(math.tau * turn), 9),
        )
        for turn in turns
    )


def positions(given: Sequence[Position | None]) -> tuple[Position, ...]:
    """The prompts' positions: the patch's, else their place on the circle."""
    places = circle(len(given))
    return tuple(place if own is None else own for own, place in zip(given, places, strict=True))


def xy_weights(x: float, y: float, places: Sequence[Position]) -> Weights:
    """Weights at a point of the pad: inverse distance squared, sum 1.

    On a prompt's own position it weighs 1 exactly (prompts at one spot share).
    Shepard, "A two-dimensional interpolation function", 1968.
    """
    distances = [math.hypot(x - px, y - py) for px, py in places]
    here = [distance < _TOUCHING for distance in distances]
    if any(here):
        return tuple(float(on) / sum(here) for on in here)
    return normalised([distance**-2 for distance in distances])
