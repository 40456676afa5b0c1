"""Loops that stand by, mixed into the one that sounds: heard at once, while a blend is rendered.

All loops of one length lie alike in time, so each is read at the place where the sounding one is.
Gains are roots of the amounts, divided by the root of the power that loops so alike make together
(`fade.Fade` does the same with two): the mix is as loud as each of them. Where both loops live of
their low end, that counts as alike as it is: drums that hit together do not boom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.fade import HALF_KNOWN
from livediffusion.player.loop import Loop
from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.player.reader import Reader
from livediffusion.types import CHANNELS, Frames

Alike = Callable[[Loop, Loop], float]  # the correlation of two loops, 0..1

_LOW: Frames = 128  # frames whose mean is left of the sound's low end: below 170 Hz at 48 kHz
_BASS_HEAVY = 0.25  # from this share of the power on
_COUNT = np.arange(1, QUANTUM + 1, dtype=np.float64)  # (QUANTUM,)


class LeaningReader:
    """Reads a loop with what it leans on. As long as that is nothing, it is a plain reader.

    Threading: belongs to the audio thread.
    """

    def __init__(self) -> None:
        self._own = Reader()
        self.ended: list[Loop] = []  # that are out of the mix again; for the owner to take
        self._parts: dict[Loop, Reader] = {}  # what is in the mix beside the loop itself
        self._start: NDArray[np.float64] = np.ones(1)  # gains of the loop itself and the parts
        self._target: NDArray[np.float64] = np.ones(1)
        self._alike: NDArray[np.float64] = np.ones((1, 1))
        self._rest: FloatArray = np.ones((1, 1, 1), np.float32)  # once they are at the target
        self._done: Frames = 0
        self._length: Frames = 0
        self._part: FloatArray = np.zeros((QUANTUM, CHANNELS), np.float32)

    @property
    def loops(self) -> list[Loop]:
        """What is in the mix beside the loop itself."""
        return list(self._parts)

    def lean(self, own: Loop, amounts: Mapping[Loop, float], alike: Alike, frames: Frames) -> None:
        """Be, within so many frames, at these amounts of other loops, 0..1, at most 1 together."""
        before = dict(zip([own, *self._parts], self._gains(0)[:, 0], strict=True))
        self._parts |= {loop: Reader() for loop in amounts if loop not in before}
        loops = [own, *self._parts]
        parts = [amounts.get(loop, 0.0) for loop in self._parts]
        self._start = np.array([before.get(loop, 0.0) for loop in loops])
        self._target = np.sqrt([max(1.0 - sum(parts), 0.0), *parts])
        self._alike = np.array([[alike(one, other) for other in loops] for one in loops])
        self._done, self._length = 0, max(frames, 1)

    def read(self, loop: Loop, position: float, speed: float, out: FloatArray) -> None:
        """Fill `out`, (at most QUANTUM frames, channels), from a place in the loop on."""
        self._own.read(loop, position, speed, out)
        if not self._parts:
            return
        gains = self._rest
        if self._done < self._length:
            gains = _levelled(self._gains(len(out)), self._alike).astype(np.float32)[:, :, None]
        part = self._part[: len(out)]
        out *= gains[0]
        for (other, reader), gain in zip(self._parts.items(), gains[1:], strict=True):
            reader.read(other, position, speed, part)
            part *= gain
            out += part
        self._done += len(out)
        if 0 < self._length <= self._done:
            self._arrive()

    def rho(self, coming: Loop, own: float, alike: Alike) -> float:
        """How alike all of it is to a loop, 0..1; `own` says it of the loop itself."""
        gains = _levelled(self._gains(0), self._alike)[:, 0]
        return min(float(gains @ [own, *(alike(loop, coming) for loop in self._parts)]), 1.0)

    def _gains(self, count: Frames) -> NDArray[np.float64]:
        """Gains of the next `count` frames, or of the last one for 0, (loops, count or 1)."""
        if self._done >= self._length:
            return self._target[:, None]
        ahead = _COUNT[:count] if count else np.zeros(1)
        place = np.minimum((self._done + ahead) / self._length, 1.0)
        return self._start[:, None] + (self._target - self._start)[:, None] * place

    def _arrive(self) -> None:
        """The ramp has ended: let go of what is not heard any more."""
        kept = self._target > 0.0
        kept[0] = True
        staying = dict(zip(self._parts, kept[1:], strict=True))
        self.ended += [loop for loop, stays in staying.items() if not stays]
        self._parts = {loop: self._parts[loop] for loop, stays in staying.items() if stays}
        self._target, self._alike = self._target[kept], self._alike[np.ix_(kept, kept)]
        self._rest = _levelled(self._gains(0), self._alike).astype(np.float32)[:, :, None]
        self._done = self._length = 0


class Standby:
    """Loops that may be leaned on, and how alike they are to one another and to what sounds.

    Threading: `put` and the `learn`s belong to one thread, which is not the audio thread; the
    rest to the audio thread.
    """

    def __init__(self) -> None:
        self.loops: dict[int, Loop] = {}  # by slot
        self._known: dict[tuple[Loop, Loop], float] = {}

    def put(self, loop: Loop) -> None:
        """Let a loop stand by."""
        self.loops[loop.slot] = loop

    def fitting(self, own: Loop, slots: Iterable[int]) -> list[Loop]:
        """Those in the given slots that are as long as a loop."""
        found = [self.loops[slot] for slot in slots if slot in self.loops]
        return [loop for loop in found if (loop.frames, loop.beats) == (own.frames, own.beats)]

    def learn(self, loops: Iterable[Loop], others: Iterable[Loop]) -> None:
        """Compare each loop with each of the others, where that was not done before."""
        others = list(others)
        for one in loops:
            for other in others:
                alike = one is not other and (one.frames, one.beats) == (other.frames, other.beats)
                if alike and (one, other) not in self._known:
                    self._known[one, other] = self._known[other, one] = _kinship(
                        one.audio, other.audio
                    )

    def forget_but(self, loops: Iterable[Loop]) -> None:
        """Forget how alike others are than these and those that stand by."""
        kept = {*loops, *self.loops.values()}
        self._known = {pair: rho for pair, rho in self._known.items() if kept.issuperset(pair)}

    def rho(self, one: Loop, other: Loop) -> float:
        """The correlation of two loops, 0..1; a middling one if nobody has compared them."""
        return 1.0 if one is other else self._known.get((one, other), HALF_KNOWN.rho)


def _levelled(gains: NDArray[np.float64], alike: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains of constant loudness, (loops, frames), from those of any."""
    power = np.einsum("in,ij,jn->n", gains, alike, gains)
    levelled: NDArray[np.float64] = gains / np.sqrt(power)
    return levelled


def _kinship(one: FloatArray, other: FloatArray) -> float:
    """How alike two sounds are, 0..1: as a whole, or in their low end if they live of it."""
    lows = [np.add.reduceat(audio, np.arange(0, len(audio), _LOW)) for audio in (one, other)]
    rho = _correlation(one, other)
    shares = [
        _power(low) / _LOW / max(_power(whole), 1e-20)
        for low, whole in zip(lows, (one, other), strict=True)
    ]
    return max(rho, _correlation(*lows)) if min(shares) >= _BASS_HEAVY else rho


def _correlation(one: FloatArray, other: FloatArray) -> float:
    """Correlation of two equal shapes, 0..1."""
    size = math.sqrt(_power(one) * _power(other))
    rho = float(np.vdot(one, other)) / size if math.isfinite(size) and size > 0.0 else 0.0
    return min(max(rho, 0.0), 1.0)


def _power(audio: FloatArray) -> float:
    """The sum of all squares."""
    return float(np.vdot(audio, audio))
