"""MIDI events become control messages, through the patch's mappings.

Pure but for what it remembers of knobs. The caller applies the messages of one event before it
feeds the next, so that `target_of` and `last_source_of` are up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from livediffusion.state.controls import Control, MidiEvent, MidiMapping
from livediffusion.state.takeover import MODES, Knob
from livediffusion.types import ControlMessage

TargetOf: TypeAlias = Callable[[str], float | None]  # address -> where its value is going
SourceOf: TypeAlias = Callable[[str], str | None]  # address -> who moved it last

_ALWAYS_JUMP = ("note",)  # a key has no position that could disagree


@dataclass(frozen=True, slots=True)
class Moved:
    """A control at its new value, 0 to `Control.steps`."""

    control: Control
    value: int


class Mapper:
    """The mappings of a patch, and where their knobs are."""

    def __init__(self, mappings: Sequence[MidiMapping]) -> None:
        self._mappings = tuple(mappings)
        self._knobs: dict[tuple[int, str, int], Knob] = {}  # by mapping, device and channel
        self._decoder = ControlDecoder()

    def feed(
        self, event: MidiEvent, target_of: TargetOf, last_source_of: SourceOf
    ) -> list[ControlMessage]:
        """The messages that an event asks for, at the event's time."""
        if event.kind == "gone":
            self.forget(event.device)
        messages = []
        for moved in self._decoder.feed(event):
            for index, mapping in enumerate(self._mappings):
                if not (_same(mapping.control, moved.control) and mapping.hears(event.device)):
                    continue
                source = f"midi {event.device} {moved.control}"
                knob = self._knobs.setdefault((index, event.device, event.channel), Knob())
                if last_source_of(mapping.target) != source:
                    knob.caught = False  # another hand was here: pick it up again
                value = _taken_over(mapping, knob, moved, target_of(mapping.target))
                if value is not None:
                    messages.append(ControlMessage(event.time, mapping.target, (value,), source))
        return messages

    def forget(self, device: str) -> None:
        """Forget where a device's knobs are: it was unplugged, they may have been moved."""
        self._knobs = {key: knob for key, knob in self._knobs.items() if key[1] != device}
        self._decoder.forget(device)


def _same(wanted: Control, moved: Control) -> bool:
    return (
        wanted.kind == moved.kind
        and wanted.number == moved.number
        and wanted.channel in (None, moved.channel)
    )


def _taken_over(
    mapping: MidiMapping, knob: Knob, moved: Moved, target: float | None
) -> float | None:
    """The target's new value, or None when the knob has not caught it."""
    steps = moved.control.steps
    position = moved.value / steps
    jumps = target is None or mapping.control.kind in _ALWAYS_JUMP
    mode = MODES["jump" if jumps else mapping.takeover]
    here = 0.0 if target is None else mapping.position_of(target)
    taken = mode(knob, position, here, 1.0 / steps)
    return None if taken is None else mapping.value_at(taken)


@dataclass(slots=True)
class _Pair:
    """A 14-bit value from two 7-bit ones: coarse first, fine may follow (MIDI 1.0).

    A sender that was seen to send fine bytes is waited for; one that does not is taken coarse.
    """

    coarse: int | None = None
    waiting: bool = False
    has_fine: bool = False

    def feed_coarse(self, value: int) -> int | None:
        if self.waiting:
            self.has_fine = False  # the fine byte stayed out
        self.coarse, self.waiting = value, self.has_fine
        return None if self.waiting else value << 7 | value  # so that 127 is the very end

    def feed_fine(self, value: int) -> int | None:
        self.has_fine, self.waiting = True, False
        return None if self.coarse is None else self.coarse << 7 | value


class ControlDecoder:
    """Control changes as single, 14-bit and NRPN controls; other events as they are."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, int, str, int], _Pair] = {}
        self._selected: dict[tuple[str, int], list[int]] = {}  # NRPN number, coarse and fine

    def feed(self, event: MidiEvent) -> Iterator[Moved]:
        """Every control that the event can be understood as."""
        if event.kind in ("note", "bend", "touch", "cc"):
            yield Moved(Control(event.kind, event.number, event.channel), event.value)
        if event.kind == "cc":
            yield from self._feed_pair(event, "cc14", event.number % 32, event.number)
            yield from self._feed_nrpn(event)

    def forget(self, device: str) -> None:
        """Forget half-received values of a device."""
        self._pairs = {key: pair for key, pair in self._pairs.items() if key[0] != device}
        self._selected = {key: two for key, two in self._selected.items() if key[0] != device}

    def _feed_pair(
        self, event: MidiEvent, kind: str, number: int, controller: int
    ) -> Iterator[Moved]:
        """`controller` below 32 is coarse, below 64 fine."""
        if controller >= 64:
            return
        pair = self._pairs.setdefault((event.device, event.channel, kind, number), _Pair())
        feed = pair.feed_coarse if controller < 32 else pair.feed_fine
        value = feed(event.value)
        if value is not None:
            yield Moved(Control(kind, number, event.channel), value)

    def _feed_nrpn(self, event: MidiEvent) -> Iterator[Moved]:
        """CC 99 and 98 select a number, CC 6 and 38 are its data; CC 100, 101 end it."""
        key = (event.device, event.channel)
        if event.number in (98, 99):
            self._selected.setdefault(key, [0, 0])[99 - event.number] = event.value
        elif event.number in (100, 101):
            self._selected.pop(key, None)
        elif event.number in (6, 38) and key in self._selected:
            coarse, fine = self._selected[key]
            yield from self._feed_pair(event, "nrpn", coarse << 7 | fine, event.number)
