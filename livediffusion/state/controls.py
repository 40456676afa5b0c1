"""What a MIDI mapping is: which control, of which device, moves which parameter and how.

Words and ranges are the MIDI 1.0 standard's; channels count from 1 as performers do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from livediffusion.state.suggest import or_rather, shown
from livediffusion.types import Seconds

Takeover: TypeAlias = Literal["jump", "pickup", "scale", "relative"]
Curve: TypeAlias = Literal["linear", "exponential"]

TAKEOVERS = ("jump", "pickup", "scale", "relative")
CURVES = ("linear", "exponential")
_STEEPNESS = 81.0  # an exponential curve is at a tenth of its way when the knob is half way
_SPEC = re.compile(r"\s*([a-z]+[0-9]*?(?:14)?)(?:\s+(\d+))?(?:\s+ch\s+(\d+))?\s*")


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """One MIDI channel message. `time` is on time.monotonic()'s clock, `channel` 1 to 16.

    kind: "cc" (number, value 0..127), "note" (number, velocity; 0 is off), "bend" (value
    0..16383, middle 8192), "touch" (value 0..127), "program" (number), "gone" (the device left).
    """

    device: str
    kind: str
    channel: int
    number: int
    value: int
    time: Seconds


@dataclass(frozen=True, slots=True)
class Control:
    """A knob, fader, key or wheel: "cc 21", "cc14 3 ch 1", "note 36", "bend". No channel: any."""

    kind: str
    number: int = 0
    channel: int | None = None

    def __str__(self) -> str:
        words = self.kind if _NUMBERS[self.kind] is None else f"{self.kind} {self.number}"
        return words if self.channel is None else f"{words} ch {self.channel}"

    @property
    def steps(self) -> int:
        """The largest value it sends."""
        return 16383 if self.kind in ("cc14", "nrpn", "bend") else 127


@dataclass(frozen=True, slots=True)
class MidiMapping:
    """One `[[midi]]` entry. `low` and `high` are where the knob's ends land on the target."""

    control: Control
    target: str  # an OSC address
    low: float
    high: float
    device: str = "*"
    curve: Curve = "linear"
    takeover: Takeover = "pickup"

    def hears(self, device: str) -> bool:
        """Whether it is meant for the device of this name."""
        return is_device(self.device, device)

    def value_at(self, position: float) -> float:
        """The target's value when the knob is at `position`, 0 to 1."""
        bent = CURVE_FUNCTIONS[self.curve][0](position)
        return self.low * (1.0 - bent) + self.high * bent

    def position_of(self, value: float) -> float:
        """Where the knob would have to be for this value: `value_at` inverted, 0 to 1."""
        if self.low == self.high:
            return 0.0
        bent = (value - self.low) / (self.high - self.low)
        return CURVE_FUNCTIONS[self.curve][1](min(1.0, max(0.0, bent)))


def is_device(pattern: str, device: str) -> bool:
    """Whether a pattern (`*`, `?`, or just the name) means a device, in any case.

    The part before a colon is a name too: JACK and ALSA call a port "Launch Control:port 1".
    """
    wanted = pattern.lower()
    names = (device.lower(), client_of(device).lower())
    return any(name == wanted or fnmatchcase(name, wanted) for name in names)


def client_of(device: str) -> str:
    """The device that a port belongs to: "Launch Control" of "Launch Control:port 1"."""
    return device.partition(":")[0]


# the largest number of each kind of control; None where there is no number
_NUMBERS: dict[str, int | None] = {
    "cc": 127, "cc14": 31, "nrpn": 16383, "note": 127, "bend": None, "touch": None,
}  # fmt: skip


def parse_control(words: str) -> Control:
    """Read "cc 21 ch 1". Raises ValueError("must ...") with what would be right."""
    match = _SPEC.fullmatch(words)
    if match is None:
        raise ValueError(f'must be written as "cc 21" or "cc 21 ch 1", not {shown(words)}')
    kind, number, channel = match[1], match[2], match[3]
    if kind == "program":
        raise ValueError("cannot be a program change in this version: use cc, note or bend")
    if kind not in _NUMBERS:
        hint = or_rather(kind, _NUMBERS)
        raise ValueError(f"must begin with {', '.join(_NUMBERS)}, not {shown(kind)}{hint}")
    if channel is not None and not 1 <= int(channel) <= 16:
        raise ValueError(f"must have a channel from 1 to 16, not {channel}")
    largest = _NUMBERS[kind]
    if largest is None and number is not None:
        raise ValueError(f"must be {kind} without a number")
    if largest is not None and (number is None or int(number) > largest):
        raise ValueError(f"must have a number from 0 to {largest} after {kind}")
    return Control(kind, int(number or 0), None if channel is None else int(channel))


def _same(position: float) -> float:
    return position


def _exponential(position: float) -> float:
    return float((_STEEPNESS**position - 1.0) / (_STEEPNESS - 1.0))


def _logarithmic(bent: float) -> float:
    return math.log1p(bent * (_STEEPNESS - 1.0)) / math.log(_STEEPNESS)


# each curve with its inverse, 0..1 to 0..1
CURVE_FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (_same, _same),
    "exponential": (_exponential, _logarithmic),
}
