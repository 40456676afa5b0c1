"""OSC 1.0 packets to and from bytes.

Messages of the everyday types are decoded by hand, twice as fast as by python-osc, which
decodes the rest (64-bit, blobs, arrays...). Bundles are walked here: python-osc turns late
timetags into "now", and goes round for ever on an element of negative size.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message import ParseError as MessageError
from pythonosc.parsing.osc_types import ParseError as TypeParseError

from livediffusion.control.osclane import NUMBERS
from livediffusion.types import Seconds, Value

Message: TypeAlias = tuple[str, tuple[Value, ...]]  # address, values

_BUNDLE = b"#bundle\0"
_DEEPEST = 8  # bundles within bundles
_IMMEDIATELY = 1
_NTP_TO_UNIX = 2_208_988_800  # seconds from 1900 to 1970
_MOST_VALUES = 1024  # python-osc takes its time over arrays within arrays
_RARE_TYPES = frozenset("hdbrmt[]")
_INT32 = 2**31
_FLOAT32_MAX = 3.4028234e38


class Malformed(ValueError):  # noqa: N818 - an answer to a sender
    """Bytes that are no OSC packet; the message ends the sentence "This is not OSC: ..."."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Messages that act together: one, or a bundle's. `time` is Unix time, None for at once."""

    messages: tuple[Message, ...]
    time: Seconds | None = None


def decode(packet: bytes) -> list[Unit]:
    """The units of a packet; a bundle within another is one of its own if it is for later.

    Raises Malformed.
    """
    try:
        if packet[:1] == b"/":
            return [Unit((_message(packet),))]
        if packet[:8] == _BUNDLE:
            return list(_bundle(packet, None, 1))
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise Malformed("it ends too early or is not text where it should be") from error
    raise Malformed("it begins neither with / nor with #bundle")


def encode(address: str, values: Sequence[Value], *, bools: bool = False) -> bytes:
    """A message with nothing but i, f and s in it: every OSC client reads those.

    With `bools`, True and False are sent as T and F, for those who were promised such.
    """
    tags, data = ",", b""
    for value in values:
        if bools and isinstance(value, bool):
            tags += "T" if value else "F"
            continue
        tag, encoder = _ENCODERS[type(value)]
        tags += tag
        data += encoder(value)
    return _padded(address) + _padded(tags) + data


def _padded(text: str) -> bytes:
    data = text.encode("utf-8", "replace").replace(b"\0", b" ")
    return data + b"\0" * (4 - len(data) % 4)


def _int32(value: Any) -> bytes:
    return struct.pack(">i", min(_INT32 - 1, max(-_INT32, int(value))))


def _float32(value: Any) -> bytes:
    return struct.pack(">f", min(_FLOAT32_MAX, max(-_FLOAT32_MAX, value)))


_ENCODERS: dict[type, tuple[str, Callable[[Any], bytes]]] = {
    bool: ("i", _int32),
    int: ("i", _int32),
    float: ("f", _float32),
    str: ("s", _padded),
}


def _bundle(packet: bytes, outer: Seconds | None, depth: int) -> Iterator[Unit]:
    """A bundle's messages in the order of their places, then what inner bundles have for later."""
    if depth > _DEEPEST:
        raise Malformed(f"bundles lie more than {_DEEPEST} deep")
    (timetag,) = struct.unpack_from(">Q", packet, 8)
    time = outer if timetag == _IMMEDIATELY else timetag / 2**32 - _NTP_TO_UNIX
    if outer is not None and time is not None:
        time = max(time, outer)  # as OSC has it; none acts before the one that holds it
    messages: list[Message] = []
    later: list[Unit] = []
    for element in _elements(packet):
        if element[:8] == _BUNDLE:
            for unit in _bundle(element, time, depth + 1):
                if unit.time == time:
                    messages += unit.messages
                else:
                    later.append(unit)
        elif element[:1] == b"/":
            messages.append(_message(element))
        else:
            raise Malformed("a bundle holds something that is no message")
    if messages:
        yield Unit(tuple(messages), time)
    yield from later


def _elements(packet: bytes) -> Iterator[bytes]:
    place = 16
    while place < len(packet):
        (size,) = struct.unpack_from(">i", packet, place)
        place += 4
        if not 0 < size <= len(packet) - place:
            raise Malformed("a bundle's element has a wrong size")
        yield packet[place : place + size]
        place += size


def _message(packet: bytes) -> Message:
    address, place = _string(packet, 0)
    if place >= len(packet):
        return address, ()
    if numbers := NUMBERS.get(packet[place : place + 4]):
        return address, numbers.unpack_from(packet, place + 4)
    tags, place = _string(packet, place)
    if tags[:1] != ",":
        raise Malformed("a message has no type tags")
    if len(tags) > _MOST_VALUES:
        raise Malformed(f"a message has more than {_MOST_VALUES} values")
    values: list[Value] = []
    for tag in tags[1:]:
        reader = _READERS.get(tag)
        if reader is None:
            return address, _rare(packet, tags)
        value, place = reader(packet, place)
        if value is not None:
            values.append(value)
    return address, tuple(values)


def _string(packet: bytes, place: int) -> tuple[str, int]:
    end = packet.find(b"\0", place)
    if end < 0:
        raise Malformed("a text has no end")
    return packet[place:end].decode("utf-8"), (end + 4) & ~3


def _int(packet: bytes, place: int) -> tuple[Value | None, int]:
    (value,) = struct.unpack_from(">i", packet, place)
    return value, place + 4


def _float(packet: bytes, place: int) -> tuple[Value | None, int]:
    (value,) = struct.unpack_from(">f", packet, place)
    return value, place + 4


_READERS: dict[str, Callable[[bytes, int], tuple[Value | None, int]]] = {
    "i": _int,
    "f": _float,
    "s": _string,
    "S": _string,
    "T": lambda packet, place: (True, place),
    "F": lambda packet, place: (False, place),
    "N": lambda packet, place: (None, place),
    "I": lambda packet, place: (None, place),
}


def _rare(packet: bytes, tags: str) -> tuple[Value, ...]:
    """Values of a message with rarer types, by python-osc; arrays are laid flat."""
    for tag in tags[1:]:
        if tag not in _RARE_TYPES and tag not in _READERS:
            raise Malformed(f"there is no type {tag!r}")
    if set(tags) & {"S", "I"}:  # python-osc does not know these two
        raise Malformed("types S and I stand beside types that are not read together with them")
    try:
        return tuple(_flat(OscMessage(packet).params))
    except (MessageError, TypeParseError, ValueError, OverflowError, RecursionError) as error:
        raise Malformed("its values do not agree with their types") from error


def _flat(values: Sequence[Any]) -> Iterator[Value]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        elif value is not None:
            yield value
