"""Loops that stand by, mixed into the one that sounds: heard at once, while a blend is rendered.

All loops of one length lie alike in time, so each is read at the place where the sounding one is.
Gains are roots of the amounts, divided by the root of the power that loops so alike make together
(`fade.Fade` does the same with two): the mix is as loud as each of them. Where both loops live of
their low end, that counts as alike as it is: drums that hit together do not boom.

Loops go by their slots here, in which there is never more than one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from copy import copy
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.fade import HALF_KNOWN, Likenesses
from livediffusion.player.loop import Loop
from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.player.reader import Reader
from livediffusion.types import CHANNELS, Frames

Pair: TypeAlias = tuple[int, int, float]  # two slots, and the correlation of their loops, 0..1

_LOW: Frames = 128  # frames whose sum is left of the sound's low end: below 170 Hz at 48 kHz
_BASS_HEAVY = 0.25  # from this share of the power on
_COUNT = np.arange(1, QUANTUM + 1, dtype=np.float64)  # (QUANTUM,)


class LeaningReader:
    """Reads a loop with what it leans on. As long as that is nothing, it is a plain reader.

    Threading: belongs to the audio thread.
    """

    def __init__(self) -> None:
        self.ended: list[Loop] = []  # that are out of the mix again; for the owner to take
        self._own = Reader()
        self._parts: dict[int, tuple[Loop, Reader]] = {}  # in the mix beside the loop itself
        self._start: NDArray[np.float64] = np.ones(1)  # gains of the loop itself and the parts
        self._target: NDArray[np.float64] = np.ones(1)
        self._known: dict[tuple[int, int], float] = {}
        self._alike: NDArray[np.float64] = np.ones((1, 1))
        self._rest: FloatArray = np.ones((1, 1, 1), np.float32)  # gains once at the target
        self._done: Frames = 0
        self._length: Frames = 0
        self._part: FloatArray = np.zeros((QUANTUM, CHANNELS), np.float32)

    @property
    def loops(self) -> list[Loop]:
        """What is in the mix beside the loop itself."""
        return [loop for loop, _ in list(self._parts.values())]

    def lean(
        self, own: Loop, amounts: Mapping[Loop, float], alike: Iterable[Pair], frames: Frames
    ) -> None:
        """Be, within so many frames, at these amounts of other loops, 0..1, at most 1 together."""
        for one, other, rho in alike:
            self._known[one, other] = self._known[other, one] = rho
        before = dict(zip([own.slot, *self._parts], self._gains(0)[:, 0], strict=True))
        for loop in amounts:
            self._parts.setdefault(loop.slot, (loop, Reader()))
        by_slot = {loop.slot: amount for loop, amount in amounts.items()}
        parts = [by_slot.get(slot, 0.0) for slot in self._parts]
        slots = [own.slot, *self._parts]
        self._start = np.array([before.get(slot, 0.0) for slot in slots])
        self._target = np.sqrt([max(1.0 - sum(parts), 0.0), *parts])
        self._alike = np.array([[self._rho(one, other) for other in slots] for one in slots])
        self._done, self._length = 0, max(frames, 1)

    def leave(self, own: Loop, slots: set[int], frames: Frames) -> None:
        """Lean no more on the loops in these slots."""
        if not slots.isdisjoint(self._parts):
            gains = dict(zip(self._parts, self._target[1:], strict=True))
            stay = {s: loop for s, (loop, _) in self._parts.items() if s not in slots}
            self.lean(own, {loop: float(gains[s] ** 2) for s, loop in stay.items()}, (), frames)

    def again(self) -> LeaningReader:
        """Another reader of the same mix, for another place in the loop."""
        other = copy(self)
        other.ended, other._own, other._known = [], Reader(), dict(self._known)
        other._parts = {slot: (loop, Reader()) for slot, (loop, _) in self._parts.items()}
        other._part = np.zeros_like(self._part)
        return other

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
        for (other, reader), gain in zip(self._parts.values(), gains[1:], strict=True):
            reader.read(other, position, speed, part)
            part *= gain
            out += part
        self._done += len(out)
        if 0 < self._length <= self._done:
            self._arrive()

    def rho_to(self, own: Loop, coming: Loop, likenesses: Likenesses) -> float:
        """The correlation of all of it with a loop to come, 0..1."""
        shares = [likenesses.between(own, coming).rho]
        for loop in self.loops:
            alike = likenesses.between(loop, coming)
            known = alike is not HALF_KNOWN
            shares.append(alike.rho if known else self._rho(loop.slot, coming.slot))
        gains = _levelled(self._gains(0), self._alike)[:, 0]
        return min(float(gains @ shares), 1.0)

    def _rho(self, one: int, other: int) -> float:
        """The correlation of two loops, 0..1; a middling one if nobody has said it."""
        return 1.0 if one == other else self._known.get((one, other), HALF_KNOWN.rho)

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
        self.ended += [self._parts[slot][0] for slot, stays in staying.items() if not stays]
        self._parts = {slot: self._parts[slot] for slot, stays in staying.items() if stays}
        self._target, self._alike = self._target[kept], self._alike[np.ix_(kept, kept)]
        self._done = self._length = 0
        self._rest = _levelled(self._gains(0), self._alike).astype(np.float32)[:, :, None]


class Kinship:
    """How alike loops are that may be mixed; each pair is compared once, when it is needed.

    Threading: belongs to one thread, which is not the audio thread.
    """

    def __init__(self) -> None:
        self.standing: dict[int, Loop] = {}  # that may be leaned on, by slot
        self._known: dict[tuple[Loop, Loop], float] = {}

    def pairs(self, slots: Iterable[int], held: Iterable[Loop]) -> list[Pair]:
        """How alike those in some slots are to one another and to loops that the player holds."""
        leant = [self.standing[slot] for slot in slots if slot in self.standing]
        others = list(dict.fromkeys([*held, *leant]))
        kept = {*others, *self.standing.values()}
        self._known = {pair: rho for pair, rho in self._known.items() if kept.issuperset(pair)}
        return [
            (one.slot, other.slot, self._compare(one, other))
            for one in leant
            for other in others
            if one is not other and (one.frames, one.beats) == (other.frames, other.beats)
        ]

    def forget(self, slots: set[int]) -> None:
        """What was in these slots stands by no more."""
        self.standing = {s: loop for s, loop in self.standing.items() if s not in slots}

    def _compare(self, one: Loop, other: Loop) -> float:
        if (one, other) not in self._known:
            rho = kinship(one.audio, other.audio)
            self._known[one, other] = self._known[other, one] = rho
        return self._known[one, other]


def kinship(one: FloatArray, other: FloatArray) -> float:
    """How alike two sounds are, 0..1: as a whole, or in their low end if they live of it."""
    rho = _correlation(one, other)
    lows = [np.add.reduceat(audio, np.arange(0, len(audio), _LOW)) for audio in (one, other)]
    low_power = [_power(low) / _LOW for low in lows]
    power = [_power(audio) for audio in (one, other)]
    if any(low < _BASS_HEAVY * whole for low, whole in zip(low_power, power, strict=True)):
        return rho
    return max(rho, _correlation(*lows))


def _levelled(gains: NDArray[np.float64], alike: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains of constant loudness, (loops, frames), from those of any."""
    power = np.einsum("in,ij,jn->n", gains, alike, gains)
    levelled: NDArray[np.float64] = gains / np.sqrt(power)
    return levelled


def _correlation(one: FloatArray, other: FloatArray) -> float:
    """Correlation of two equal shapes, 0..1."""
    size = math.sqrt(_power(one) * _power(other))
    rho = float(np.vdot(one, other)) / size if math.isfinite(size) and size > 0.0 else 0.0
    return min(max(rho, 0.0), 1.0)


def _power(audio: FloatArray) -> float:
    """The sum of all squares."""
    return float(np.vdot(audio, audio))
