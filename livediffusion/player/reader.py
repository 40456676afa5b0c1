"""Reading a loop at any speed: as it is, between its frames, or bent with its pitch kept.

Within half a per cent of its own speed a loop is played that much faster or slower (8 cents at
most); beyond, it is bent: see `splice`. From one to the other there is no click.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from livediffusion.player.interpolation import Interpolator
from livediffusion.player.loop import Loop
from livediffusion.player.ramp import QUANTUM, FloatArray
from livediffusion.player.splice import FADE, apart, gains, land, likeness, wish
from livediffusion.types import CHANNELS, Frames

BENT_FROM = 0.005  # how far from 1 a speed is for a loop to be bent
_STRAIGHT_FROM = 0.004  # and for it to be played faster or slower again
_ELSEWHERE = 1.0  # frames: a caller who goes on further off than this has jumped


class Reading(Protocol):
    """Whatever reads a loop on and on, see `Reader`."""

    def read(self, loop: Loop, position: float, speed: float, out: FloatArray) -> None:
        """Fill `out`, (frames, channels), from a place in the loop on."""


class Reader:
    """Reads on and on in a loop whose speed changes.

    Threading: belongs to one thread. What is read depends on what was read before: a loop that
    sounds beside another needs a reader of its own.
    """

    def __init__(self) -> None:
        self._interpolator = Interpolator()
        self._loop: Loop | None = None
        self._next = 0.0  # where the music goes on
        self._bent = False
        self._head = 0.0  # what is played next while it is bent
        self._tail = 0.0  # what fades out, after a jump
        self._tail_done: Frames = 0
        self._gains: tuple[FloatArray, FloatArray] | None = None
        self._going: FloatArray = np.zeros((QUANTUM, CHANNELS), np.float32)

    def read(self, loop: Loop, position: float, speed: float, out: FloatArray) -> None:
        """Fill `out`, (frames, channels), from a place in the loop on, `speed` frames a frame.

        At speed 1 and a whole position the loop passes bit for bit. A jump of the caller's to
        another place or to a loop of another length is followed, but not faded.
        """
        for start in range(0, len(out), QUANTUM):
            part = out[start : start + QUANTUM]
            self._read(loop, (position + start * speed) % loop.frames, speed, part)

    def _read(self, loop: Loop, position: float, speed: float, out: FloatArray) -> None:
        self._look_where(loop, position)
        self._choose(loop, position, speed)
        if self._bent:
            if self._gains is None and (due := wish(loop, self._head, position, speed)):
                landing = land(loop, self._head, position, due)
                self._leave(self._head, due.fade, landing.rho)
                self._head = float((round(position) + landing.away) % loop.frames)
            self._interpolator.read(loop, self._head, 1.0, out)
            self._head = (self._head + len(out)) % loop.frames
        else:
            self._interpolator.read(loop, position, speed, out)
        if self._gains is not None:
            self._mix_tail(loop, out, *self._gains)
        self._next = position + len(out) * speed

    def _look_where(self, loop: Loop, position: float) -> None:
        """Begin anew if this is not where the last read has ended."""
        before, self._loop = self._loop, loop
        alike = before is not None and before.frames == loop.frames
        if not alike or abs(apart(position, self._next, loop.frames)) > _ELSEWHERE:
            self._bent, self._gains = False, None

    def _choose(self, loop: Loop, position: float, speed: float) -> None:
        """Begin or end to bend."""
        off = abs(speed - 1.0)
        if not self._bent and off > BENT_FROM:
            self._bent, self._head = True, position
        elif self._bent and off < _STRAIGHT_FROM and self._gains is None:
            self._bent = False
            if self._head != position:
                self._leave(self._head, FADE, likeness(loop, self._head, position, FADE))

    def _leave(self, head: float, fade: Frames, rho: float) -> None:
        """Let what has been played until now fade out."""
        self._tail, self._tail_done, self._gains = head, 0, gains(fade, rho)

    def _mix_tail(self, loop: Loop, out: FloatArray, coming: FloatArray, going: FloatArray) -> None:
        done = self._tail_done
        count = min(len(out), len(coming) - done)
        old, new = self._going[:count], out[:count]
        self._interpolator.read(loop, self._tail, 1.0, old)
        new *= coming[done : done + count]
        old *= going[done : done + count]
        new += old
        self._tail = (self._tail + count) % loop.frames
        self._tail_done = done + count
        if self._tail_done == len(coming):
            self._gains = None
