"""What a MIDI mapping is: which control, of which device, moves which parameter and how.

Words and ranges are the MIDI 1.0 standard's; channels count from 1 as performers do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from livediffusion.state.curves import Curve, CurveName, curve_of
from livediffusion.state.suggest import or_rather, shown
from livediffusion.types import Seconds, Value

Takeover: TypeAlias = Literal["jump", "pickup", "scale", "relative"]
Encoding: TypeAlias = Literal["twos-complement", "binary-offset", "sign-magnitude"]

TAKEOVERS = ("jump", "pickup", "scale", "relative")
ENCODINGS = ("twos-complement", "binary-offset", "sign-magnitude")
KEYS = ("note", "program")  # controls without a way: they are pressed
_SPEC = re.compile(r"\s*([a-z]+[0-9]*?(?:14)?)(?:\s+(\d{1,9}))?(?:\s+ch\s+(\d{1,9}))?\s*")
_FINE = ("cc14", "nrpn", "rpn", "bend")


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """One MIDI channel message. `time` is on time.monotonic()'s clock, `channel` 1 to 16.

    kind: "cc" (number, value 0..127), "note" (number, velocity; 0 is off), "bend" (value
    0..16383, middle 8192), "touch" (value 0..127), "polytouch" (number of the key, value 0..127),
    "program" (number), "gone" (the device left), "garbage" (it sends what is no MIDI).
    """

    device: str
    kind: str
    channel: int
    number: int
    value: int
    time: Seconds


@dataclass(frozen=True, slots=True)
class Control:
    """A knob, fader, key or wheel: "cc 21", "cc14 3 ch 1", "note 36", "bend".

    No channel: any. "program" without a number: whichever comes.
    """

    kind: str
    number: int | None = None
    channel: int | None = None

    def __str__(self) -> str:
        words = self.kind if self.number is None else f"{self.kind} {self.number}"
        return words if self.channel is None else f"{words} ch {self.channel}"

    @property
    def steps(self) -> int:
        """The largest value it sends."""
        return 16383 if self.kind in _FINE else 127

    def takes_in(self, moved: Control) -> bool:
        """Whether a control that has moved, its number and channel known, is meant."""
        return (
            self.kind == moved.kind
            and self.number in (None, moved.number)
            and self.channel in (None, moved.channel)
        )


@dataclass(frozen=True, slots=True)
class MidiMapping:
    """One `[[midi]]` entry. `low` and `high` are where the knob's ends land on the target.

    With `values` the control chooses among them instead. `bank` None is live in every bank.
    `lights` are what a controller is sent at the two ends.
    """

    control: Control
    target: str  # an OSC address
    low: float = 0.0
    high: float = 1.0
    device: str = "*"
    curve: CurveName = "linear"
    steps: int = 2  # of a stepped curve
    takeover: Takeover = "pickup"
    encoding: Encoding = "twos-complement"
    values: tuple[Value, ...] = ()
    velocity: bool = True  # False: a key is only down or up
    bank: int | None = None
    lights: tuple[int, int] = (0, 127)
    whole: bool = False  # the target is a whole number

    def hears(self, device: str) -> bool:
        """Whether it is meant for the device of this name."""
        return is_device(self.device, device)

    def value_at(self, position: float) -> float:
        """The target's value when the knob is at `position`, 0 to 1."""
        bent = self._curve.bend(position)
        value = self.low * (1.0 - bent) + self.high * bent
        return float(round(value)) if self.whole else value

    def position_of(self, value: float) -> float:
        """Where the knob would have to be for this value: `value_at` inverted, 0 to 1."""
        if self.low == self.high:
            return 0.0
        bent = (value - self.low) / (self.high - self.low)
        return self._curve.unbend(min(1.0, max(0.0, bent)))

    @property
    def _curve(self) -> Curve:
        return curve_of(self.curve, self.steps)


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
    "cc": 127, "cc14": 31, "nrpn": 16383, "rpn": 16383, "note": 127, "bend": None, "touch": None,
    "polytouch": 127, "program": 127,
}  # fmt: skip


def parse_control(words: str) -> Control:
    """Read "cc 21 ch 1". Raises ValueError("must ...") with what would be right."""
    match = _SPEC.fullmatch(words)
    if match is None:
        raise ValueError(f'must be written as "cc 21" or "cc 21 ch 1", not {shown(words)}')
    kind, number, channel = match[1], match[2], match[3]
    if kind not in _NUMBERS:
        hint = or_rather(kind, _NUMBERS)
        raise ValueError(f"must begin with {', '.join(_NUMBERS)}, not {shown(kind)}{hint}")
    if channel is not None and not 1 <= int(channel) <= 16:
        raise ValueError(f"must have a channel from 1 to 16, not {channel}")
    largest, any_number = _NUMBERS[kind], kind == "program" and number is None
    if largest is None and number is not None:
        raise ValueError(f"must be {kind} without a number")
    if largest is not None and not any_number and (number is None or int(number) > largest):
        raise ValueError(f"must have a number from 0 to {largest} after {kind}")
    return Control(kind, _int(number), _int(channel))


def _int(digits: str | None) -> int | None:
    return None if digits is None else int(digits)
