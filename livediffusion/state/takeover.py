"""What a knob does when it does not agree with the value it moves (DESIGN.md section 6).

Positions are in knob units: 0 to 1 over the knob's way, whatever the range and curve. Each mode
is a function (state, position, target, step) -> new position of the target, or None for nothing.
An endless encoder has no position: `relative` takes the clicks that `ticks` reads, as steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_ROUNDING = 1e-9
_SIGN, _MIDDLE, _FULL = 0x40, 0x40, 0x80


@dataclass(slots=True)
class Knob:
    """What is remembered of one mapped knob."""

    last: float | None = None  # where it was; None before the first touch
    caught: bool = False  # this knob moved the value last; another source re-arms it
    taken: float | None = None  # where it last put the value, before the value was rounded


def jump(knob: Knob, position: float, target: float, step: float) -> float | None:
    """The value goes where the knob is."""
    knob.last = position
    return position


def pickup(knob: Knob, position: float, target: float, step: float) -> float | None:
    """Nothing until the knob crosses the target or comes within a step of it.

    The first touch only records where the knob is. `target` is where the value is going, not
    where its glide has got to.
    """
    last, knob.last = knob.last, position
    if last is None:
        return None
    if not knob.caught:
        crossed = (last - target) * (position - target) <= 0.0
        knob.caught = crossed or abs(position - target) <= step + _ROUNDING
    return position if knob.caught else None


def scale(knob: Knob, position: float, target: float, step: float) -> float | None:
    """The value moves at once, by the share of the way left to the end the knob moves toward.

    Both reach the end together; from there on they agree. The first touch only records.
    """
    last, knob.last = knob.last, position
    if last is None or position == last:
        return None
    here = _own_or(knob, target)
    if abs(last - here) <= step + _ROUNDING:
        return _take(knob, position)
    if position > last:
        return _take(knob, here + (position - last) * (1.0 - here) / (1.0 - last))
    return _take(knob, here - (last - position) * here / last)


def relative(knob: Knob, position: float, target: float, step: float) -> float | None:
    """An endless encoder: `position` is how far it was turned, a step each click."""
    if position == 0.0:
        return None
    return _take(knob, min(1.0, max(0.0, _own_or(knob, target) + position)))


Mode = Callable[[Knob, float, float, float], float | None]
MODES: dict[str, Mode] = {"jump": jump, "pickup": pickup, "scale": scale, "relative": relative}


def twos_complement(value: int) -> int:
    """Clicks of 1, 2, 3... up and 127, 126, 125... down; -64 to 63."""
    return value if value < _SIGN else value - _FULL


def binary_offset(value: int) -> int:
    """Clicks of 65, 66, 67... up and 63, 62, 61... down; -64 to 63."""
    return value - _MIDDLE


def sign_magnitude(value: int) -> int:
    """Clicks of 1, 2, 3... up and 65, 66, 67... down; -63 to 63."""
    return value if value < _SIGN else _SIGN - value


TICKS: dict[str, Callable[[int], int]] = {
    "twos-complement": twos_complement,
    "binary-offset": binary_offset,
    "sign-magnitude": sign_magnitude,
}


def _own_or(knob: Knob, target: float) -> float:
    """Where this knob put the value, if nobody else moved it since: small moves of a value that
    is rounded add up."""
    return target if not knob.caught or knob.taken is None else knob.taken


def _take(knob: Knob, taken: float) -> float:
    knob.caught, knob.taken = True, taken
    return taken
