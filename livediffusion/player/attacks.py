"""Where a loop's attacks are: places that must stay on the grid when it is bent.

An attack is where the brightness (the energy of the first difference, which weighs high
frequencies more) of some milliseconds rises well above that of those before, as in
S. Dixon, "Onset detection revisited", DAFx 2006.
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.ramp import FloatArray
from livediffusion.types import Frames

_HOP: Frames = 64
_CHUNK = 64 * _HOP  # frames at a time, so that other threads get their turn
_BEFORE = 16  # hops that an attack is compared with: 21 ms
_RISE = 4.0  # by how much its energy is more than theirs: 6 dB
_FLOOR = 1e-2  # of the loop's mean brightness: what is softer is no attack
_APART = 32  # hops between two attacks at least: 43 ms
_START = 0.25  # of an attack's largest step: where it begins


def find_attacks(audio: FloatArray) -> tuple[Frames, ...]:
    """Frames at which attacks begin, rising; the audio, (frames, channels), is a circle.

    Takes about 2 ms for a second of audio: nothing for the audio thread.
    """
    hops = _brightness(audio)
    if len(hops) < 2 * _BEFORE:
        return ()
    floor = _FLOOR * float(hops.mean()) + 1e-12
    around = np.concatenate([hops[-_BEFORE:], hops])
    sums = np.concatenate([[0.0], np.cumsum(around)])
    before = (sums[_BEFORE:-1] - sums[: -_BEFORE - 1]) / _BEFORE
    rise = hops / (before + floor)
    found: list[int] = []
    for hop in np.flatnonzero(rise > _RISE):
        if not found or hop - found[-1] >= _APART:
            found.append(int(hop))
    return tuple(sorted({_begin(audio, hop * _HOP) for hop in found}))


def until_next(attacks: tuple[Frames, ...], position: float, frames: Frames) -> float:
    """How far ahead of a place the next attack is, round the circle; infinite without any."""
    if not attacks:
        return math.inf
    index = bisect_right(attacks, position)
    if index < len(attacks):
        return attacks[index] - position
    return attacks[0] + frames - position


def since_last(attacks: tuple[Frames, ...], position: float, frames: Frames) -> float:
    """How far behind a place the last attack is, round the circle; infinite without any."""
    if not attacks:
        return math.inf
    index = bisect_right(attacks, position)
    return position - attacks[index - 1] if index else position + frames - attacks[-1]


def _brightness(audio: FloatArray) -> NDArray[np.float64]:
    """The energy of the first difference in each hop, (hops,)."""
    parts = [np.zeros(0)]
    for start in range(0, len(audio), _CHUNK):
        part = audio[start : start + _CHUNK]
        steps = np.diff(part, axis=0, prepend=audio[start - 1][None])
        energy = np.einsum("nc,nc->n", steps, steps, dtype=np.float64)
        parts.append(np.add.reduceat(energy, np.arange(0, len(energy), _HOP)))
    return np.concatenate(parts)


def _begin(audio: FloatArray, start: Frames) -> Frames:
    """The frame at which an attack in a hop or the one after it begins."""
    index = np.arange(start - _HOP, start + 2 * _HOP) % len(audio)
    steps = np.abs(np.diff(audio[index], axis=0)).max(axis=1)
    first = int(np.argmax(steps > _START * steps.max()))
    return int((start - _HOP + first + 1) % len(audio))
