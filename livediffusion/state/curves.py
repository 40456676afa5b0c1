"""Curves between a knob's way and a value's, both 0 to 1, each with its inverse."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

CurveName: TypeAlias = Literal["linear", "exponential", "s", "inverted", "stepped"]

CURVES = ("linear", "exponential", "s", "inverted", "stepped")
_STEEPNESS = 81.0  # an exponential curve is at a tenth of its way when the knob is half way

_Bend: TypeAlias = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Curve:
    """`bend` takes the knob's position to the value's, `unbend` back again."""

    bend: _Bend
    unbend: _Bend


def curve_of(name: CurveName, steps: int = 2) -> Curve:
    """The curve of this name; `steps` is how many values a stepped one has, 2 or more."""
    return _stepped(steps) if name == "stepped" else _CURVES[name]


def _same(position: float) -> float:
    return position


def _exponential(position: float) -> float:
    return float((_STEEPNESS**position - 1.0) / (_STEEPNESS - 1.0))


def _logarithmic(bent: float) -> float:
    return math.log1p(bent * (_STEEPNESS - 1.0)) / math.log(_STEEPNESS)


def _smooth(position: float) -> float:
    """3x² - 2x³: slow at both ends, fast in the middle."""
    return position * position * (3.0 - 2.0 * position)


def _unsmooth(bent: float) -> float:
    return 0.5 - math.sin(math.asin(1.0 - 2.0 * bent) / 3.0)


def _turned(position: float) -> float:
    return 1.0 - position


def _stepped(steps: int) -> Curve:
    """The way is divided into as many equal parts as there are values."""

    def bend(position: float) -> float:
        return min(steps - 1, math.floor(position * steps)) / (steps - 1)

    def unbend(bent: float) -> float:
        return (round(bent * (steps - 1)) + 0.5) / steps  # the middle of its part

    return Curve(bend, unbend)


_CURVES: dict[str, Curve] = {
    "linear": Curve(_same, _same),
    "exponential": Curve(_exponential, _logarithmic),
    "s": Curve(_smooth, _unsmooth),
    "inverted": Curve(_turned, _turned),
}
