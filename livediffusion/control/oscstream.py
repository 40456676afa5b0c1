"""OSC packets in a stream of bytes: SLIP (OSC 1.1) or a length before each packet (OSC 1.0).

Pure. Which of the two a sender speaks is told by its first byte: SLIP begins with END, or, from
those who send it only after a packet, with the packet itself (`/` or `#`); a length, a big-endian
32-bit integer, begins with 0. An empty packet stands for nothing and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from livediffusion.control.oscwire import Malformed

LARGEST_PACKET = 65536  # bytes, as over UDP
_END, _ESC, _ESC_END, _ESC_ESC = b"\xc0", b"\xdb", b"\xdc", b"\xdd"
_SLIP_BEGINS = frozenset(b"\xc0/#")
_LARGEST_SKIP = 1 << 24  # a length above this is no length


class Framing(Protocol):
    """Where packets begin and end."""

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        """Yield the packets that are whole by now, and what was wrong.

        Raises Malformed when no further packet can be found in this stream.
        """

    def frame(self, packet: bytes) -> bytes:
        """A packet as it goes into the stream."""


class Slip:
    """RFC 1055, with END at both ends when sending."""

    def __init__(self) -> None:
        self._begun = bytearray()  # of a packet whose END has not come
        self._skipping = False  # what is left of one that was too large

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        """As Framing's; never raises, since the next END begins anew."""
        *ended, rest = data.split(_END)
        for part in ended:
            self._begun += part
            packet, self._begun = bytes(self._begun), bytearray()
            skipped, self._skipping = self._skipping, False
            if packet and not skipped:
                yield _unescaped(packet)
        if not self._skipping:
            self._begun += rest
            if len(self._begun) > 2 * LARGEST_PACKET:
                self._begun, self._skipping = bytearray(), True
                yield _too_large()

    def frame(self, packet: bytes) -> bytes:
        """As Framing's."""
        escaped = packet.replace(_ESC, _ESC + _ESC_ESC).replace(_END, _ESC + _ESC_END)
        return _END + escaped + _END


class LengthPrefixed:
    """OSC 1.0's own: the size, then the packet."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._skip = 0  # bytes left of a packet that was too large

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        """As Framing's."""
        self._waiting += data
        while True:
            if self._skip:
                dropped = min(self._skip, len(self._waiting))
                del self._waiting[:dropped]
                self._skip -= dropped
            if self._skip or len(self._waiting) < 4:
                return
            size = int.from_bytes(self._waiting[:4], "big")
            if size > _LARGEST_SKIP:
                raise Malformed(f"a packet of {size} bytes cannot be")
            if size > LARGEST_PACKET:
                self._skip = 4 + size
                yield _too_large()
            elif len(self._waiting) < 4 + size:
                return
            else:
                packet = bytes(self._waiting[4 : 4 + size])
                del self._waiting[: 4 + size]
                if packet:
                    yield packet

    def frame(self, packet: bytes) -> bytes:
        """As Framing's."""
        return len(packet).to_bytes(4, "big") + packet


def framing_of(first: bytes) -> Framing:
    """The framing of a stream with this beginning, at least one byte. Raises Malformed."""
    if first[0] in _SLIP_BEGINS:
        return Slip()
    if first[0] == 0:
        return LengthPrefixed()
    raise Malformed("neither SLIP nor a packet's length begins like that")


def _unescaped(packet: bytes) -> bytes | Malformed:
    if _ESC in packet:
        packet = packet.replace(_ESC + _ESC_END, _END).replace(_ESC + _ESC_ESC, _ESC)
    return packet if len(packet) <= LARGEST_PACKET else _too_large()


def _too_large() -> Malformed:
    return Malformed(f"a packet has at most {LARGEST_PACKET} bytes")
