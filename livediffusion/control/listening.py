"""Listening from afar: what the player plays, read from the arena's ring and handed on in packets.

The ring holds the last 30 s of output and is written whether anybody reads or not, so whoever
listens cannot hold back the music. A packet says by its frame number where it belongs: what is
lost leaves a hole of known size, and who comes back goes on where they were.
"""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from livediffusion.ipc.arena import RING_FRAMES, Arena, FloatArray
from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames, Seconds

Format: TypeAlias = Literal["float", "int16"]
Put: TypeAlias = Callable[[bytes], None]

MOST_LISTENERS = 8
LONGEST_BUFFER: Frames = 5 * SAMPLE_RATE
HEAD = struct.Struct("<QIHH")  # frame, frames a second, channels, bytes a sample
_INTERVAL: Seconds = 0.01
_LARGEST: Frames = 4800  # in a packet
_SAFE: Frames = RING_FRAMES - SAMPLE_RATE  # older ones may be overwritten while they are read

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Listener:
    """Somebody who gets packets: `put` must return at once, and is called by another thread.

    `next` is the output frame that the next packet begins at; None before the first.
    """

    put: Put
    format: Format = "float"
    buffer: Frames = SAMPLE_RATE // 5  # so much of what has been played comes at once
    next: Frames | None = None


class Listening:
    """Threading: `join` and `leave` may be called from any thread. One thread of its own reads,
    for as long as somebody listens."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._listeners: tuple[Listener, ...] = ()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def count(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def join(self, listener: Listener) -> bool:
        """Let somebody listen from now on; False when too many do already."""
        with self._lock:
            if len(self._listeners) >= MOST_LISTENERS:
                return False
            self._listeners = (*self._listeners, listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
                self._thread.start()
        return True

    def leave(self, listener: Listener) -> None:
        """Let somebody listen no more."""
        with self._lock:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

    def _run(self) -> None:
        while True:
            with self._lock:
                listeners = self._listeners
                if not listeners:
                    self._thread = None
                    return
            try:
                hand_on(self._arena, listeners)
            except Exception:  # noqa: BLE001 - others listen on, whatever it is
                _log.exception("what is played could not be handed on")
            time.sleep(_INTERVAL)


def hand_on(arena: Arena, listeners: tuple[Listener, ...]) -> None:
    """Give each listener what was played since the last time; a piece is read and packed once."""
    end = arena.read_transport().end
    packed: dict[tuple[Frames, Frames, Format], bytes] = {}
    for listener in listeners:
        at = _begin(listener, end)
        while at < end:
            count = min(_LARGEST, end - at)
            piece = at, count, listener.format
            if piece not in packed:
                packed[piece] = pack(at, arena.read_ring(at, count), listener.format)
            listener.put(packed[piece])
            at += count
        listener.next = at


def pack(frame: Frames, sound: FloatArray, form: Format) -> bytes:
    """A packet: its head, then samples (frames, channels), little-endian."""
    if form == "int16":
        head = HEAD.pack(frame, SAMPLE_RATE, CHANNELS, 2)
        samples: bytes = np.rint(np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    else:
        head = HEAD.pack(frame, SAMPLE_RATE, CHANNELS, 4)
        samples = sound.astype("<f4").tobytes()
    return head + samples


def _begin(listener: Listener, end: Frames) -> Frames:
    """Where a listener goes on: where it was, if that is still there, else a buffer ago."""
    if listener.next is not None and end - _SAFE <= listener.next <= end:
        return listener.next
    return max(0, end - listener.buffer)
