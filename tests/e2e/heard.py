"""What a daemon played into a capture, held against its player's own record: nothing was lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from daemon import Daemon
from numpy.typing import NDArray

Audio = NDArray[np.float32]

RATE = 48000
_LOOK_S = 2.0


@dataclass
class Heard:
    """Phases of a performance: from which output frame on, and what the player mixed in them."""

    audio: Audio = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    starts: dict[str, int] = field(default_factory=dict)  # output frames
    mixed: dict[str, Audio] = field(default_factory=dict)
    offset: int = 0  # from output frames to places in the capture

    @contextmanager
    def phase(self, name: str, daemon: Daemon) -> Iterator[None]:
        """What is played meanwhile is a phase; the player's record is read before it is full."""
        arena, over = daemon.arena, threading.Event()
        start, pieces = arena.read_transport().frame, list[Audio]()

        def keep() -> None:
            is_over, at = False, start
            while not is_over:
                is_over = over.wait(_LOOK_S)
                end = arena.read_transport().frame
                pieces.append(arena.read_ring(at, end - at))
                at = end

        keeping = threading.Thread(target=keep)
        keeping.start()
        try:
            yield
        finally:
            over.set()
            keeping.join()
        self.starts[name], self.mixed[name] = start, np.concatenate(pieces)

    def align(self, capture: Audio) -> None:
        """Find every phase in the capture, sample for sample and all equally far from its frame."""
        self.audio = capture
        places = [self._places(name) for name in self.mixed]
        common = set.intersection(*places)
        assert len(common) == 1, f"the capture is not what was mixed: {places}"
        self.offset = common.pop()

    def part(self, name: str) -> Audio:
        """What was captured of a phase."""
        start = self.starts[name] + self.offset
        return self.audio[start : start + len(self.mixed[name])]

    def _places(self, name: str) -> set[int]:
        mixed, start = self.mixed[name], self.starts[name]
        first = int(np.flatnonzero(np.any(mixed != 0.0, axis=1))[0])
        found = np.flatnonzero(np.all(self.audio == mixed[first], axis=1)) - first
        return {
            int(place) - start
            for place in found
            if place >= 0 and np.array_equal(self.audio[place : place + len(mixed)], mixed)
        }


def first_sound(audio: Audio) -> int:
    """Index of the song's first frame: the loop starts there, whatever it starts with."""
    return int(np.flatnonzero(np.any(audio != 0.0, axis=1))[0])


def step(audio: Audio) -> float:
    """The largest step from one sample to the next."""
    return float(np.abs(np.diff(audio, axis=0)).max())


def longest_zeros(audio: Audio) -> int:
    """Frames of the longest run of digital silence."""
    sounding = np.flatnonzero(np.any(audio != 0.0, axis=1))
    return int(np.diff([-1, *sounding, len(audio)]).max()) - 1


def level(audio: Audio) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
