"""Where to go over from one place of a loop to another without being heard.

A loop is bent in time by leaving something out or playing it twice. What is played goes on
untouched at its own speed, and now and then jumps to a place where the sound goes on in nearly
the same way: WSOLA (W. Verhelst, M. Roelands, "An overlap-add technique based on waveform
similarity", ICASSP 1993), with jumps only where they are needed. Attacks are kept: before each
the last jump brings it to its time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livediffusion.player.attacks import since_last, until_next
from livediffusion.player.loop import Loop
from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.types import CHANNELS, Frames

FADE: Frames = 512  # of a jump, 11 ms
_GUARD: Frames = 24  # between the end of a jump and an attack
_ASTRAY: Frames = 576  # how far from its place a loop may be heard, 12 ms; attacks excepted
_OFF_GRID: Frames = 72  # how early or late an attack may be heard, 1.5 ms
_AIM: Frames = 48  # and how much of that a jump may use
_FURTHEST: Frames = 1024  # how far back a jump goes, so that an attack comes in time
_AFTER_ATTACK: Frames = 240  # what is not played twice
_SHORTEST: Frames = 32
_COARSE: Frames = 4  # frames that the first search takes together
_SILENT = 1e-5  # nothing to compare: the square root of the energy


@dataclass(frozen=True, slots=True)
class Wish:
    """A jump to anywhere from `low` to `high` frames off the true place, within so many frames."""

    low: int
    high: int
    fade: Frames


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a jump lands, frames off the true place, and how alike both places are, 0..1."""

    away: int
    rho: float


def wish(loop: Loop, head: float, position: float, speed: float) -> Wish | None:
    """The jump that is due, if any.

    `head` is the next frame to be played, `position` the one that the music is at, and `speed`
    how many frames the music goes on in one.
    """
    away = apart(head, position, loop.frames)
    ahead = until_next(loop.attacks, head, loop.frames)  # frames until the attack is played
    due = (ahead + away) / speed  # and until it should be
    near = min(ahead, due)
    if near > FADE + _GUARD + 2 * QUANTUM:
        leaving = (away > 0.0) == (speed < 1.0)  # else it comes nearer by itself
        astray = abs(away) > (_ASTRAY if leaving else 2 * _FURTHEST)
        return _wander(loop, head, away, ahead, FADE) if astray else None
    if abs(ahead - due) <= _OFF_GRID or ahead < _SHORTEST:
        return None
    fade = int(min(max(near - _GUARD, _SHORTEST), FADE))
    exact = round(ahead + away - max(due, fade + _GUARD))
    if ahead < due and exact < -min(_FURTHEST, _room_behind(loop, head, away)):
        return _wander(loop, head, max(away, 1.0), ahead, fade)
    return Wish(exact - _AIM, exact + _AIM, fade)


def _wander(loop: Loop, head: float, away: float, ahead: float, fade: Frames) -> Wish:
    """A jump to the other side of the true place, but not over an attack."""
    if away < 0.0:
        room = ahead + away - FADE - _GUARD
        return Wish(0, int(max(min(_ASTRAY, room), 0.0)), fade)
    low = -int(max(min(_ASTRAY, _room_behind(loop, head, away)), 0.0))
    return Wish(low, max(low, min(0, int(away) - _ASTRAY // 2)), fade)


def _room_behind(loop: Loop, head: float, away: float) -> float:
    """Frames from the last attack that has been played, and its sound, to the true place."""
    return since_last(loop.attacks, head, loop.frames) - away - _AFTER_ATTACK


def land(loop: Loop, head: float, position: float, wish: Wish) -> Landing:
    """Find the place that goes on most like the one that is left."""
    start, length = math.floor(head), wish.fade
    now = _cut(loop, start, length)
    base = round(position)
    low, high = wish.low, wish.high
    if high - low > 4 * _COARSE and length >= 4 * _COARSE:
        region = _cut(loop, base + low, high - low + length)
        best = low + _COARSE * _best(_thin(region), _thin(now))[0]
        low, high = max(best - _COARSE, low), min(best + _COARSE, high)
    region = _cut(loop, base + low, high - low + length)
    index, rho = _best(region, now)
    return Landing(low + index, max(rho, 0.0))


def likeness(loop: Loop, head: float, position: float, length: Frames) -> float:
    """How alike the sound is from two places on, 0..1."""
    start = math.floor(head)
    now, then = (_cut(loop, at, length) for at in (start, start - round(head - position)))
    return max(_best(then, now)[1], 0.0)


def apart(head: float, position: float, frames: Frames) -> float:
    """How far a place is ahead of another round the circle, -frames/2..frames/2."""
    return (head - position + frames / 2) % frames - frames / 2


def gains(length: Frames, rho: float) -> tuple[FloatArray, FloatArray]:
    """Gains, (length, 1), of what comes and of what goes; see `fade.Fade`."""
    angle = np.arange(length) * (math.pi / 2 / length)
    level = 1.0 / np.sqrt(1.0 + rho * np.sin(2.0 * angle))
    coming, going = np.sin(angle) * level, np.cos(angle) * level
    return coming.astype(np.float32)[:, None], going.astype(np.float32)[:, None]


def _cut(loop: Loop, start: Frames, length: Frames) -> FloatArray:
    out: FloatArray = np.empty((length, CHANNELS), np.float32)
    loop.read(start % loop.frames, out)
    return out


def _thin(audio: FloatArray) -> FloatArray:
    """Every few frames their mean, (frames / _COARSE, channels)."""
    count = len(audio) // _COARSE
    whole = audio[: count * _COARSE].reshape(count, _COARSE, CHANNELS)
    thin: FloatArray = np.einsum("ntc->nc", whole)
    return thin


def _best(region: FloatArray, pattern: FloatArray) -> tuple[int, float]:
    """Where in a region a pattern fits best, and its correlation there, -1..1."""
    product: NDArray[np.float64] = np.zeros(len(region) - len(pattern) + 1)
    for channel in range(CHANNELS):
        product += np.correlate(region[:, channel], pattern[:, channel], "valid")
    sums = np.cumsum(np.einsum("nc,nc->n", region, region, dtype=np.float64))
    energy = sums[len(pattern) - 1 :].copy()
    energy[1:] -= sums[: -len(pattern)]
    product /= np.sqrt(np.maximum(energy, 1e-12))
    size = math.sqrt(float(np.einsum("nc,nc->", pattern, pattern, dtype=np.float64)))
    index = int(np.argmax(product)) if size > _SILENT else len(product) // 2
    rho = float(product[index]) / size if size > _SILENT else 0.0
    return index, rho if math.isfinite(rho) else 0.0
