"""The memory-mapped file of one run: loop slots, transport page, heartbeats, output, deeds.

Threading: several processes map the same file. Every field has exactly one writer: the player
writes the transport page and the output ring, the renderer writes the slot that it was ordered
to fill, each process writes its own heartbeat. A slot is handed on by message only, so nobody
reads it while it is being written. Transport pages are written in two places in turns, and then
counted: what a reader finds under the count is whole, also while its writer is half through the
next, or has died there; a reader that finds the count changed afterwards reads again.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from livediffusion.ipc import deeds
from livediffusion.ipc.words import BYTES, Words
from livediffusion.types import CHANNELS, SAMPLE_RATE, Beats, Frames, Json

FloatArray: TypeAlias = NDArray[np.float32]
ProcessName: TypeAlias = Literal["supervisor", "control", "renderer", "player"]

SLOTS = 22
SLOT_FRAMES = 100 * SAMPLE_RATE  # the longest loop: 32 beats at 20 bpm take 96 s
RING_FRAMES = 30 * SAMPLE_RATE
_FRAME_BYTES = CHANNELS * 4
_HEARTS: dict[str, int] = {"supervisor": 0, "control": 1, "renderer": 2, "player": 3}  # words
_TRANSPORT_OFFSET = 512
_NOTE_OFFSET = 1024
_SLOTS_OFFSET = 4096
_RING_OFFSET = _SLOTS_OFFSET + SLOTS * SLOT_FRAMES * _FRAME_BYTES
_DEEDS_OFFSET = _RING_OFFSET + RING_FRAMES * _FRAME_BYTES
_SIZE = _DEEDS_OFFSET + deeds.SIZE
_NOTE_HEAD = struct.Struct("<II")
_NOTE_BYTES = _SLOTS_OFFSET - _NOTE_OFFSET - _NOTE_HEAD.size
_SILENCE: FloatArray = np.zeros((SAMPLE_RATE, CHANNELS), np.float32)
_PAGE = struct.Struct("<QQddQQdddQQQ??I")
_PAGE_OFFSETS = (_TRANSPORT_OFFSET + BYTES, _TRANSPORT_OFFSET + BYTES + _PAGE.size)
_TRIES = 1000  # to read a page between two writes


@dataclass(frozen=True, slots=True)
class Transport:
    """Where the music is, as the player last wrote it.

    `frame` counts output frames since the run's first player started (a player that follows one
    that was killed counts on, its silence included); `beat` is the song beat that sounds at
    `frame`, and `monotonic_ns` is when that frame leaves for the device. Levels are linear,
    over the last block.
    """

    frame: Frames = 0
    monotonic_ns: int = 0
    beat: Beats = 0.0
    beats_per_second: float = 0.0  # 0 while nothing sounds
    loop_frames: Frames = 0
    loop_beats: int = 0
    peak: float = 0.0
    rms: float = 0.0
    latency: float = 0.0  # seconds from mixing to the output
    underruns: int = 0
    late: int = 0
    swaps: int = 0
    playing: bool = False
    fading: bool = False
    block: Frames = 0  # how many frames from `frame` on are in the output ring

    @property
    def end(self) -> Frames:
        """The output frame up to which the ring is filled."""
        return self.frame + self.block

    def beat_at(self, monotonic_ns: int) -> Beats:
        """Song beat at a moment of the monotonic clock, assuming the tempo stays."""
        return self.beat + (monotonic_ns - self.monotonic_ns) * 1e-9 * self.beats_per_second

    def beat_now(self) -> Beats:
        """Song beat at this moment."""
        return self.beat_at(time.monotonic_ns())


class Arena:
    """One process's view of the run's memory-mapped file."""

    def __init__(self, path: Path) -> None:
        """Map an existing file; `create` makes it."""
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self._ring: FloatArray = self._frames(_RING_OFFSET, RING_FRAMES)
        self._slots = [
            self._frames(_SLOTS_OFFSET + i * SLOT_FRAMES * _FRAME_BYTES, SLOT_FRAMES)
            for i in range(SLOTS)
        ]
        self._hearts = Words(self._map, 0, len(_HEARTS))  # when each last beat, monotonic ns
        self._pages = Words(self._map, _TRANSPORT_OFFSET, 1)  # how many were written
        self.deeds = deeds.Deeds(self._map, _DEEDS_OFFSET)

    @classmethod
    def create(cls, path: Path) -> Arena:
        """Make the (sparse) file, readable by this user only, and map it."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            os.ftruncate(descriptor, _SIZE)
        finally:
            os.close(descriptor)
        return cls(path)

    def slot(self, index: int, frames: Frames) -> FloatArray:
        """The first `frames` of a slot, (frames, channels), as a view."""
        if not 0 < frames <= SLOT_FRAMES:
            raise ValueError(f"a loop has 1 to {SLOT_FRAMES} frames, not {frames}")
        return self._slots[index][:frames]

    def beat_heart(self, process: ProcessName) -> None:
        """Say that this process is alive now."""
        self._hearts[_HEARTS[process]] = time.monotonic_ns()

    def heartbeat_age(self, process: ProcessName) -> float:
        """Seconds since a process last said that it is alive; infinite before the first time."""
        stamp = self._hearts[_HEARTS[process]]
        return (time.monotonic_ns() - stamp) * 1e-9 if stamp else float("inf")

    def clear_heartbeat(self, process: ProcessName) -> None:
        """Forget a dead process's last sign of life."""
        self._hearts[_HEARTS[process]] = 0

    def write_transport(self, page: Transport) -> None:
        """Publish the transport page (player only)."""
        count = self._pages[0] + 1
        _PAGE.pack_into(self._map, _PAGE_OFFSETS[count % 2], *_fields(page))
        self._pages[0] = count

    def read_transport(self) -> Transport:
        """The last transport page that was written."""
        for _ in range(_TRIES):
            count = self._pages[0]
            fields = _PAGE.unpack_from(self._map, _PAGE_OFFSETS[count % 2])
            if count == self._pages[0]:
                break
        return Transport(*fields)

    def write_note(self, note: Json) -> None:
        """Leave a short JSON object for the player's successor (not in the audio callback)."""
        text = json.dumps(note).encode()
        if len(text) > _NOTE_BYTES:
            raise ValueError(f"a note has at most {_NOTE_BYTES} bytes, not {len(text)}")
        start = _NOTE_OFFSET + _NOTE_HEAD.size
        self._map[start : start + len(text)] = text
        _NOTE_HEAD.pack_into(self._map, _NOTE_OFFSET, len(text), zlib.crc32(text))

    def read_note(self) -> Json | None:
        """The predecessor's note; None when there is none or it died while writing it."""
        length, checksum = _NOTE_HEAD.unpack_from(self._map, _NOTE_OFFSET)
        start = _NOTE_OFFSET + _NOTE_HEAD.size
        text = self._map[start : start + min(length, _NOTE_BYTES)]
        if not text or zlib.crc32(text) != checksum:
            return None
        note: Json = json.loads(text)
        return note

    def write_ring(self, frame: Frames, block: FloatArray) -> None:
        """Keep a block of output, (frames, channels), that starts at output frame `frame`."""
        start = frame % RING_FRAMES
        first = min(len(block), RING_FRAMES - start)
        self._ring[start : start + first] = block[:first]
        if first < len(block):
            self._ring[: len(block) - first] = block[first:]

    def silence_ring(self, start: Frames, end: Frames) -> None:
        """Keep silence from one output frame to another: nobody was there to play."""
        for frame in range(max(start, end - RING_FRAMES), end, SAMPLE_RATE):
            self.write_ring(frame, _SILENCE[: min(end - frame, SAMPLE_RATE)])

    def read_ring(self, frame: Frames, count: Frames) -> FloatArray:
        """Copy `count` frames of output from output frame `frame`; the last 30 s are kept."""
        index = (frame + np.arange(count)) % RING_FRAMES
        copied: FloatArray = self._ring[index]
        return copied

    def _frames(self, offset: int, frames: Frames) -> FloatArray:
        flat = np.frombuffer(self._map, np.float32, frames * CHANNELS, offset)
        return flat.reshape(frames, CHANNELS)


def _fields(page: Transport) -> tuple[Any, ...]:
    return tuple(getattr(page, name) for name in Transport.__slots__)
