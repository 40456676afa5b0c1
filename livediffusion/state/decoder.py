"""MIDI events as controls: two 7-bit values as one of 14, NRPN and RPN put together (MIDI 1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from livediffusion.state.controls import Control, MidiEvent

_AS_THEY_ARE = ("cc", "note", "polytouch", "bend", "touch")
_UNNUMBERED = ("bend", "touch")
_PRESSED = 127
# the controllers that select a parameter: which kind, and whether it is the coarse half
_SELECTS = {99: ("nrpn", 0), 98: ("nrpn", 1), 101: ("rpn", 0), 100: ("rpn", 1)}
_NOTHING = [127, 127]  # the number that ends a selection


@dataclass(frozen=True, slots=True)
class Moved:
    """A control at its new value, 0 to `Control.steps`; its number and channel are known."""

    control: Control
    value: int

    @property
    def position(self) -> float:
        """Where it is on its way, 0 to 1."""
        return self.value / self.control.steps


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


@dataclass(slots=True)
class _Selected:
    """The registered ("rpn") or other ("nrpn") parameter that data bytes are meant for."""

    kind: str
    number: list[int] = field(default_factory=lambda: [0, 0])  # coarse and fine


class ControlDecoder:
    """Control changes as single, 14-bit, NRPN and RPN controls; other events as they are."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, int, str, int], _Pair] = {}
        self._selected: dict[tuple[str, int], _Selected] = {}

    def feed(self, event: MidiEvent) -> Iterator[Moved]:
        """Every control that the event can be understood as."""
        if event.kind in _AS_THEY_ARE:
            number = None if event.kind in _UNNUMBERED else event.number
            yield Moved(Control(event.kind, number, event.channel), event.value)
        elif event.kind == "program":
            yield Moved(Control("program", event.number, event.channel), _PRESSED)
        if event.kind == "cc":
            yield from self._feed_pair(event, "cc14", event.number % 32)
            yield from self._feed_parameter(event)

    def forget(self, device: str) -> None:
        """Forget half-received values of a device."""
        self._pairs = {key: pair for key, pair in self._pairs.items() if key[0] != device}
        self._selected = {key: two for key, two in self._selected.items() if key[0] != device}

    def _feed_pair(self, event: MidiEvent, kind: str, number: int) -> Iterator[Moved]:
        """A controller below 32 is coarse, below 64 fine."""
        if event.number >= 64:
            return
        pair = self._pairs.setdefault((event.device, event.channel, kind, number), _Pair())
        feed = pair.feed_coarse if event.number < 32 else pair.feed_fine
        value = feed(event.value)
        if value is not None:
            yield Moved(Control(kind, number, event.channel), value)

    def _feed_parameter(self, event: MidiEvent) -> Iterator[Moved]:
        """CC 99 and 98 (or 101 and 100) select a number, CC 6 and 38 are its data."""
        key = (event.device, event.channel)
        if event.number in _SELECTS:
            kind, half = _SELECTS[event.number]
            selected = self._selected.get(key)
            if selected is None or selected.kind != kind:
                selected = self._selected[key] = _Selected(kind)
            selected.number[half] = event.value
        elif event.number in (6, 38) and key in self._selected:
            selected = self._selected[key]
            if selected.number != _NOTHING:
                coarse, fine = selected.number
                yield from self._feed_pair(event, selected.kind, coarse << 7 | fine)
