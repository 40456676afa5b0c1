"""Numbers in shared memory that are read whole while another process writes them.

`struct.pack_into` clears the bytes first and then writes them one after the other, so a reader may
meet a number that nobody ever wrote. An item of a memoryview is stored and loaded in one piece of
eight bytes, which 64-bit processors do at once where it is aligned.
"""

from __future__ import annotations

import mmap

BYTES = 8  # of a word


class Words:
    """`count` unsigned 64-bit numbers at an offset, a multiple of 8, of a mapped file."""

    def __init__(self, memory: mmap.mmap, offset: int, count: int) -> None:
        if offset % BYTES:
            raise ValueError(f"words lie at multiples of {BYTES}, not at {offset}")
        self._view = memoryview(memory)[offset : offset + count * BYTES].cast("Q")

    def __getitem__(self, index: int) -> int:
        return int(self._view[index])

    def __setitem__(self, index: int, value: int) -> None:
        self._view[index] = value
