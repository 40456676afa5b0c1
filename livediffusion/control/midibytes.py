"""MIDI bytes become events, and values become bytes (MIDI 1.0).

Drivers may hand over two messages as one (Csound over JACK does), or leave out a status byte that
repeats (mido's own parser takes neither). What cannot be read is skipped and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import mido

from livediffusion.state.controls import Control, MidiEvent
from livediffusion.types import Seconds

Message: TypeAlias = tuple[int, ...]  # a status byte and its data bytes

# data bytes of each channel message, by the status byte's upper half
_LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_COMMON_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # system common; they end running status
_SYSEX, _SYSEX_END, _REALTIME = 0xF0, 0xF7, 0xF8
_CLOCK = frozenset({0xF8, 0xFA, 0xFB, 0xFC})  # the real-time bytes that mean something here
POSITION = 0xF2  # of the song, in sixteenths: 14 bits, the lower seven first
_NOTE_ON, _CONTROL_CHANGE, _BEND = 0x90, 0xB0, 0xE0
_SELECTS = {"nrpn": (99, 98), "rpn": (101, 100)}
_DATA = (6, 38)


class Splitter:
    """One port's stream of bytes, split into messages."""

    def __init__(self) -> None:
        self.malformed = 0  # bytes that belonged to nothing
        self._status = 0
        self._data: list[int] = []

    def feed(self, data: Iterable[int]) -> Iterator[Message]:
        """The messages that are complete with these bytes; sysex is dropped.

        Real-time bytes may stand anywhere, even inside a message: they come out at their place.
        """
        for byte in data:
            if byte >= _REALTIME:
                if byte in _CLOCK:
                    yield (byte,)
            elif byte & 0x80:
                self.malformed += len(self._data)
                self._status, self._data = byte, []
            elif self._status == _SYSEX:
                continue
            else:
                yield from self._feed_data(byte)

    def _feed_data(self, byte: int) -> Iterator[Message]:
        length = _LENGTHS.get(self._status >> 4) or _COMMON_LENGTHS.get(self._status, 0)
        if length == 0:
            self.malformed += 1
            return
        self._data.append(byte)
        if len(self._data) == length:
            yield self._status, *self._data
            self._data = []
            if self._status >= _SYSEX:
                self._status = 0


def is_clock(message: Message) -> bool:
    """Whether it says where a master's song is: tick, start, continue, stop, song position."""
    return message[0] in _CLOCK or message[0] == POSITION


def event_of(message: Message, device: str, time: Seconds) -> MidiEvent | None:
    """The event that a message stands for; None for messages that nobody maps."""
    try:
        read = mido.Message.from_bytes(message)
    except ValueError:  # a status byte that MIDI leaves undefined
        return None
    reader = _READERS.get(read.type)
    if reader is None:
        return None
    number, value = reader(read)
    return MidiEvent(device, _KINDS[read.type], read.channel + 1, number, value, time)


def messages_for(control: Control, value: int) -> list[Message]:
    """What to send a controller so that this control shows a value, 0 to `control.steps`.

    Nothing for controls that cannot show one. Without a channel: the first.
    """
    channel, number = (control.channel or 1) - 1, control.number or 0
    if control.kind == "note":
        return [(_NOTE_ON | channel, number, value)]
    if control.kind == "bend":
        return [(_BEND | channel, value & 0x7F, value >> 7)]
    changes: list[tuple[int, int]] = []
    if control.kind == "cc":
        changes = [(number, value)]
    elif control.kind == "cc14":
        changes = [(number, value >> 7), (number + 32, value & 0x7F)]
    elif control.kind in _SELECTS:
        controllers = (*_SELECTS[control.kind], *_DATA)
        data = (number >> 7, number & 0x7F, value >> 7, value & 0x7F)
        changes = [*zip(controllers, data, strict=True)]
    return [(_CONTROL_CHANGE | channel, *change) for change in changes]


_KINDS = {
    "note_off": "note",
    "note_on": "note",
    "control_change": "cc",
    "program_change": "program",
    "aftertouch": "touch",
    "polytouch": "polytouch",
    "pitchwheel": "bend",
}
_Reader: TypeAlias = Callable[[mido.Message], tuple[int, int]]  # its number and value
_READERS: dict[str, _Reader] = {
    "note_off": lambda m: (m.note, 0),
    "note_on": lambda m: (m.note, m.velocity),
    "control_change": lambda m: (m.control, m.value),
    "program_change": lambda m: (m.program, 0),
    "aftertouch": lambda m: (0, m.value),
    "polytouch": lambda m: (m.note, m.value),
    "pitchwheel": lambda m: (0, m.pitch - mido.MIN_PITCHWHEEL),
}
