"""Fades of constant loudness, whether the two loops are alike or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livediffusion.player.loop import Loop, place
from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.player.reader import Reading
from livediffusion.types import Beats, Frames

_CHUNK = 4096  # frames at a time, so that other threads get their turn
_WINDOW: Frames = 12000  # what is compared where two loops are not equally long


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two loops are where they would meet: correlation 0..1, and whether identical."""

    rho: float
    same: bool = False


HALF_KNOWN = Likeness(0.5)  # for a pair that nobody has measured: at most 1.8 dB wrong


class Likenesses:
    """How alike loops are that may fade into each other.

    Threading: `measure` belongs to one thread, `between` to the audio thread.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Likeness] = {}

    def measure(self, loop: Loop, beat: Beats, others: Sequence[Loop]) -> None:
        """Compare a loop with others around a beat, and forget all loops but these."""
        kept = {id(other) for other in (*others, loop)}
        for pair in [pair for pair in self._known if not kept.issuperset(pair)]:
            del self._known[pair]
        for other in others:
            alike = likeness(other, loop, beat)
            self._known[id(other), id(loop)] = self._known[id(loop), id(other)] = alike

    def learn(self, one: Loop, other: Loop, alike: Likeness) -> None:
        """Take what was measured before."""
        self._known[id(one), id(other)] = self._known[id(other), id(one)] = alike

    def between(self, one: Loop, other: Loop) -> Likeness:
        """What is known of a pair."""
        return self._known.get((id(one), id(other)), HALF_KNOWN)


class Fade:
    """The loop that goes, while the next one comes.

    Gains are cos and sin of an angle that goes from 0 to a quarter turn, divided by
    sqrt(1 + rho * sin(2 * angle)): the power of a sum of signals with correlation rho.
    """

    def __init__(
        self, loop: Loop, reader: Reading, position: float, frames: Frames, rho: float
    ) -> None:
        self.loop = loop
        self._reader = reader
        self._position = position
        self._frames = frames
        self._done: Frames = 0
        self._rho = rho
        self._old: FloatArray = np.zeros((QUANTUM, loop.audio.shape[1]), np.float32)

    @property
    def left(self) -> Frames:
        """Frames until it has ended."""
        return self._frames - self._done

    def mix(self, coming: FloatArray, speed: float) -> None:
        """Mix the going loop into a block of the coming one, (frames, channels), in place.

        `speed` is how many frames of the going loop are read in one.
        """
        count = len(coming)
        old = self._old[:count]
        self._reader.read(self.loop, self._position, speed, old)
        angle = np.arange(self._done, self._done + count) * (math.pi / 2 / self._frames)
        level = 1.0 / np.sqrt(1.0 + self._rho * np.sin(2.0 * angle))
        coming *= (np.sin(angle) * level).astype(np.float32)[:, None]
        old *= (np.cos(angle) * level).astype(np.float32)[:, None]
        coming += old
        self._position = (self._position + count * speed) % self.loop.frames
        self._done += count


def likeness(one: Loop, other: Loop, beat: Beats) -> Likeness:
    """Compare loops where they would meet: all of them if equally long, else around a beat."""
    if (one.frames, one.beats) == (other.frames, other.beats):
        return _compare(one.audio, other.audio)
    windows = [np.empty((_WINDOW, loop.audio.shape[1]), np.float32) for loop in (one, other)]
    for loop, window in zip((one, other), windows, strict=True):
        loop.read(place(beat, loop)[1], window)
    return Likeness(_compare(*windows).rho)


def _compare(one: FloatArray, other: FloatArray) -> Likeness:
    """Correlation of two equal shapes, (frames, channels), in chunks."""
    if one is other:
        return Likeness(1.0, same=True)
    both = first = second = 0.0
    same = True
    for start in range(0, len(one), _CHUNK):
        a = one[start : start + _CHUNK].ravel()
        b = other[start : start + _CHUNK].ravel()
        both += float(a @ b)
        first += float(a @ a)
        second += float(b @ b)
        same = same and np.array_equal(a, b)
    power = math.sqrt(first * second)
    rho = both / power if math.isfinite(power) and power > 0.0 else 0.0
    return Likeness(min(max(rho, 0.0), 1.0) if math.isfinite(rho) else 0.0, same)
