"""What a knob does when it does not agree with the value it moves (DESIGN.md section 6).

Positions are in knob units: 0 to 1 over the knob's way, whatever the range and curve. Each mode
is a function (state, position, target, step) -> new position of the target, or None for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_ROUNDING = 1e-9


@dataclass(slots=True)
class Knob:
    """What is remembered of one mapped knob."""

    last: float | None = None  # where it was; None before the first touch
    caught: bool = False


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
    if abs(last - target) <= step + _ROUNDING:
        return position
    if position > last:
        return target + (position - last) * (1.0 - target) / (1.0 - last)
    return target - (last - position) * target / last


def relative(knob: Knob, position: float, target: float, step: float) -> float | None:
    """An endless encoder: 1, 2, 3... turn up, 127, 126, 125... turn down, a step each."""
    ticks = round(position / step)
    turn = ticks if ticks <= 63 else ticks - 128
    return None if turn == 0 else min(1.0, max(0.0, target + turn * step))


Mode = Callable[[Knob, float, float, float], float | None]
MODES: dict[str, Mode] = {"jump": jump, "pickup": pickup, "scale": scale, "relative": relative}
