"""A ring of short records that one process leaves and another reads, without anybody waiting.

The player leaves in it what it did and at which frame, for as long as a recorder wants that.

Threading: `write` belongs to one thread of one process, `want` to the one that reads; `read` may
be called by anybody. A record is handed on by its place in the stream of all bytes ever written,
so a reader that comes back, or its successor, goes on where it was.
"""

from __future__ import annotations

import mmap
import struct
import zlib

from livediffusion.ipc.words import Words

_HEAD = struct.Struct("<II")  # length and checksum of a record
_WRITTEN, _WANTED = 0, 1  # words
_DATA = 64
SIZE = 4 << 20  # bytes in all
_ROOM = SIZE - _DATA
LONGEST = 1 << 19  # bytes of a record


class Deeds:
    """The ring in a part of the run's memory-mapped file."""

    def __init__(self, memory: mmap.mmap, offset: int) -> None:
        self._memory = memory
        self._offset = offset
        self._counts = Words(memory, offset, 2)

    @property
    def written(self) -> int:
        """Bytes ever written: where the next record begins."""
        return self._counts[_WRITTEN]

    @property
    def wanted(self) -> int:
        """Which recording wants to know; 0 for nobody."""
        return self._counts[_WANTED]

    def want(self, number: int) -> None:
        """Say that recording `number` wants to know everything from now on; 0: nobody does."""
        self._counts[_WANTED] = number

    def write(self, record: bytes) -> None:
        """Leave a record. Raises ValueError for one longer than `LONGEST`."""
        if len(record) > LONGEST:
            raise ValueError(f"a record has at most {LONGEST} bytes, not {len(record)}")
        place, data = self.written, _HEAD.pack(len(record), zlib.crc32(record)) + record
        start = place % _ROOM
        first = min(len(data), _ROOM - start)
        base = self._offset + _DATA
        self._memory[base + start : base + start + first] = data[:first]
        self._memory[base : base + len(data) - first] = data[first:]
        self._counts[_WRITTEN] = place + len(data)

    def read(self, place: int) -> tuple[list[tuple[int, bytes]], bool]:
        """The records from a place on, each with the place after it; and whether all are there.

        When some have been written over, what is left of them cannot be told apart: go on from
        `written`.
        """
        end = self.written
        if not 0 <= end - place <= _ROOM:
            return [], False
        data = self._copy(place, end)
        if self.written - place > _ROOM:
            return [], False
        found: list[tuple[int, bytes]] = []
        at = 0
        while at < len(data):
            length, checksum = _HEAD.unpack_from(data, at)
            record = data[at + _HEAD.size : at + _HEAD.size + length]
            if len(record) != length or zlib.crc32(record) != checksum:
                return found, False
            at += _HEAD.size + length
            found.append((place + at, record))
        return found, True

    def _copy(self, place: int, end: int) -> bytes:
        start, count = place % _ROOM, end - place
        base, first = self._offset + _DATA, min(count, _ROOM - start)
        return (
            self._memory[base + start : base + start + first]
            + (self._memory[base : base + count - first])
        )
