"""The quick way for what knobs send: one or two numbers for an address that was seen before.

What comes before the numbers (address and type tags) is always the same bytes, so that it is
recognised as a whole, and the numbers are not even looked at before somebody wants them: of a
flood only the newest are.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from livediffusion.types import Value

_MOST_LANES = 4096  # there are fewer plain addresses, times the ways to send two numbers

# the type tags of up to two numbers, which is what knobs and pads send
NUMBERS = {
    f",{tags}".encode().ljust(4, b"\0"): struct.Struct(f">{tags}")
    for tags in ("f", "i", "ff", "fi", "if", "ii")
}


@dataclass(frozen=True, slots=True)
class Lane:
    """Messages that differ in nothing but their numbers."""

    address: str
    addresses: tuple[str, ...]  # the same, as the key of a unit
    numbers: struct.Struct
    start: int  # where they begin, in bytes

    def values(self, packet: bytes) -> tuple[Value, ...]:
        """The numbers in a packet of this lane."""
        return self.numbers.unpack_from(packet, self.start)


class Lanes:
    """Threading: `find` from any thread; `open` from any one, a lane lost to a race opens again."""

    def __init__(self) -> None:
        self._of_one: dict[bytes, Lane] = {}
        self._of_two: dict[bytes, Lane] = {}

    def find(self, packet: bytes) -> Lane | None:
        """The lane of a packet, if there is one."""
        return self._of_one.get(packet[:-4]) or self._of_two.get(packet[:-8])

    def open(self, packet: bytes, address: str) -> None:
        """Let packets like this one, whose address was found to be plain, go the quick way."""
        tags_at = (packet.find(b"\0") + 4) & ~3
        numbers = NUMBERS.get(packet[tags_at : tags_at + 4])
        start = tags_at + 4
        if numbers is None or len(packet) != start + numbers.size:
            return
        lanes = self._of_one if numbers.size == 4 else self._of_two
        if len(lanes) < _MOST_LANES:
            lanes[packet[:start]] = Lane(address, (address,), numbers, start)
