"""MIDI events become control messages, through the patch's mappings.

Pure but for what it remembers of knobs. The caller applies the messages of one event before it
feeds the next, so that `target_of` and `last_source_of` are up to date.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from livediffusion.state.controls import KEYS, Control, MidiEvent, MidiMapping
from livediffusion.state.decoder import ControlDecoder, Moved
from livediffusion.state.takeover import MODES, TICKS, Knob
from livediffusion.types import ControlMessage, Value

TargetOf: TypeAlias = Callable[[str], Value | None]  # address -> where its value is going
SourceOf: TypeAlias = Callable[[str], str | None]  # address -> who moved it last

BANK = "/ld/bank"


class Mapper:
    """The mappings of a patch, and where their knobs are."""

    def __init__(self, mappings: Sequence[MidiMapping] = ()) -> None:
        self._by_control: dict[tuple[str, int | None], list[MidiMapping]] = {}
        self._knobs: dict[tuple[MidiMapping, str, int], Knob] = {}  # and device and channel
        self._decoder = ControlDecoder()
        self._bank: int | None = None
        self.moved: tuple[Moved, ...] = ()  # what the last event was
        self.take(mappings)

    def take(self, mappings: Sequence[MidiMapping]) -> None:
        """Work with these mappings from now on; where the knobs are is not forgotten."""
        self._by_control = {}
        for mapping in mappings:
            key = (mapping.control.kind, mapping.control.number)
            self._by_control.setdefault(key, []).append(mapping)
        kept = set(mappings)
        self._knobs = {key: knob for key, knob in self._knobs.items() if key[0] in kept}

    def feed(
        self, event: MidiEvent, target_of: TargetOf, last_source_of: SourceOf
    ) -> list[ControlMessage]:
        """The messages that an event asks for, at the event's time."""
        self._turn_to(target_of(BANK))
        if event.kind == "gone":
            self.forget(event.device)
        messages = []
        self.moved = tuple(self._decoder.feed(event))
        for moved in self.moved:
            source = source_of(event.device, moved.control)
            for mapping in self._meant(moved.control, event.device):
                knob = self._knobs.setdefault((mapping, event.device, event.channel), Knob())
                if not is_live(mapping, self._bank):
                    _lie(mapping, knob, moved)
                    continue
                if last_source_of(mapping.target) != source:
                    knob.caught = False  # another hand was here: pick it up again
                value = _asked(mapping, knob, moved, target_of(mapping.target))
                if value is not None:
                    messages.append(ControlMessage(event.time, mapping.target, (value,), source))
        return messages

    def rearm(self) -> None:
        """Let every knob pick its value up again."""
        for knob in self._knobs.values():
            knob.caught = False

    def forget(self, device: str) -> None:
        """Forget where a device's knobs are: it was unplugged, they may have been moved."""
        self._knobs = {key: knob for key, knob in self._knobs.items() if key[1] != device}
        self._decoder.forget(device)

    def _turn_to(self, bank: Value | None) -> None:
        """Make a bank live; its knobs have been moved for others meanwhile."""
        wanted = None if bank is None or isinstance(bank, str) else int(bank)
        if wanted != self._bank:
            self._bank = wanted
            for (mapping, _, _), knob in self._knobs.items():
                knob.caught = knob.caught and mapping.bank is None

    def _meant(self, control: Control, device: str) -> Iterator[MidiMapping]:
        for number in (control.number, None) if control.number is not None else (None,):
            for mapping in self._by_control.get((control.kind, number), ()):
                if mapping.control.takes_in(control) and mapping.hears(device):
                    yield mapping


def source_of(device: str, control: Control) -> str:
    """How messages from a control are signed: "midi Launch Control cc 21 ch 1"."""
    return f"midi {device} {control}"


def is_live(mapping: MidiMapping, bank: int | None) -> bool:
    """Whether a mapping acts while this bank is chosen."""
    return mapping.bank in (None, bank)


def _lie(mapping: MidiMapping, knob: Knob, moved: Moved) -> None:
    """A knob moves in another bank: it only is where it is."""
    knob.caught = False
    if mapping.takeover != "relative" and not mapping.values:
        knob.last = moved.position


def _asked(mapping: MidiMapping, knob: Knob, moved: Moved, target: Value | None) -> Value | None:
    """What a move asks of the target, or None when the knob has not caught it."""
    if mapping.values:
        return _chosen(mapping, knob, moved, target)
    if moved.control.kind == "program":
        return _numbered(mapping, moved.control.number or 0)
    here = None if isinstance(target, str) else target
    value = _taken_over(mapping, knob, moved, here)
    return int(value) if value is not None and mapping.whole else value


def _taken_over(
    mapping: MidiMapping, knob: Knob, moved: Moved, target: float | None
) -> float | None:
    """The target's new value by the rules of takeover.py."""
    step = 1.0 / moved.control.steps
    here = 0.0 if target is None else mapping.position_of(target)
    if mapping.takeover == "relative":
        turned = TICKS[mapping.encoding](moved.value) * _click(mapping, step)
        taken = MODES["relative"](knob, turned, here, step)
    elif moved.control.kind in KEYS or target is None:  # a key cannot disagree
        taken = moved.position if mapping.velocity else float(moved.value > 0)
    else:
        if mapping.value_at(moved.position) == target:
            here = moved.position  # one of several places that give this value
        taken = MODES[mapping.takeover](knob, moved.position, here, step)
    return None if taken is None else mapping.value_at(taken)


def _click(mapping: MidiMapping, step: float) -> float:
    """How far a click of an encoder goes: of whole numbers and steps, at least to the next."""
    way = abs(mapping.high - mapping.low)
    if mapping.curve == "stepped":
        return max(step, 1.0 / mapping.steps)
    return max(step, 1.0 / way) if mapping.whole and way > 0.0 else step


def _numbered(mapping: MidiMapping, program: int) -> Value | None:
    """Programs count the target's values from its lowest, programs past the end do nothing."""
    if not mapping.whole:
        return mapping.value_at(program / 127)
    value = int(min(mapping.low, mapping.high)) + program
    return value if value <= max(mapping.low, mapping.high) else None


def _chosen(mapping: MidiMapping, knob: Knob, moved: Moved, target: Value | None) -> Value | None:
    """One of the mapping's values: by program, by the knob's place, or the next at each press."""
    values, control = mapping.values, moved.control
    if control.kind == "program" and mapping.control.number is None:
        number = control.number or 0
        return values[number] if number < len(values) else None
    here = values.index(target) if target in values else -1
    if mapping.takeover == "relative":
        clicks = TICKS[mapping.encoding](moved.value)
        there = min(len(values) - 1, max(0, here + (1 if clicks > 0 else -1)))
        return values[there] if clicks and there != here else None
    if control.kind in KEYS or len(values) == 1:
        return values[(here + 1) % len(values)] if _is_press(knob, moved) else None
    place = min(len(values) - 1, math.floor(moved.position * len(values)))
    before, knob.last = knob.last, float(place)
    return None if before == place else values[place]


def _is_press(knob: Knob, moved: Moved) -> bool:
    """Whether a button went down. One that sends no 0 when let go repeats its value."""
    if moved.control.kind in KEYS:
        return moved.value > 0
    before, knob.last = knob.last, moved.position
    return moved.position >= 0.5 and (before is None or before < 0.5 or before == moved.position)
