"""Which MIDI clock message a receiver is due next, and when: 24 ticks a beat of what sounds.

No thread, no port. A receiver counts ticks, so what it believes is what it was sent: small
differences are made good by ticks somewhat closer together or farther apart, never by a burst;
larger ones, and every jump, by stop, song position and continue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livediffusion.control.midibytes import Message
from livediffusion.ipc.arena import Transport
from livediffusion.types import Seconds

TICK: Message = (0xF8,)
START: Message = (0xFA,)
CONTINUE: Message = (0xFB,)
STOP: Message = (0xFC,)
_POSITION = 0xF2

_TICKS = 24  # a beat
_SIXTEENTH = 6  # ticks: what a song position counts in
_POSITIONS = 1 << 14
_TOLERATED = 6.0  # ticks that are made good on the way
_CLOSEST, _FARTHEST = 0.5, 2.0  # intervals between two ticks meanwhile
_CUE: Seconds = 0.004  # before its tick a start or continue is sent
_SHORTEST_CUE: Seconds = 0.0015  # receivers need 1 ms
_STALE: Seconds = 3.0  # a transport page that old tells nothing any more


@dataclass(frozen=True, slots=True)
class Step:
    """What to send, and when on time.monotonic()'s clock; then `tick` is the next tick's number."""

    time: Seconds
    messages: tuple[Message, ...]
    tick: int = 0


class Ticks:
    """What one receiver has been told, and what comes next.

    Threading: one thread's alone. Times are time.monotonic()'s.
    """

    def __init__(self) -> None:
        self.running = False  # as far as the receiver knows
        self._tick = 0  # the next one's number, counted from the song's beginning
        self._earliest: Seconds = 0.0
        self._latest: Seconds = math.inf

    def next(self, page: Transport, now: Seconds) -> Step | None:
        """What is due next, as long as nothing changes; None while the song stands still."""
        song = _song_at(page, now)
        if song is None:
            return Step(now, (STOP,)) if self.running else None
        if not self.running:
            return _cue(page, song, now)
        if abs(song - self._tick) > _TOLERATED:
            return Step(now, (STOP,))
        due = min(max(_time_of(page, self._tick), self._earliest), self._latest)
        return Step(max(due, now), (TICK,), self._tick + 1)

    def sent(self, step: Step, page: Transport, now: Seconds) -> None:
        """That step has been sent."""
        self._tick, self.running = step.tick, step.messages != (STOP,)
        if step.messages == (TICK,) and page.beats_per_second:
            interval = 1.0 / (_TICKS * page.beats_per_second)
            self._earliest, self._latest = now + _CLOSEST * interval, now + _FARTHEST * interval
        else:
            self._earliest, self._latest = now + _SHORTEST_CUE, math.inf


def _cue(page: Transport, song: float, now: Seconds) -> Step:
    """Start at the song's beginning, or else continue at its next sixteenth."""
    if song < _TOLERATED:
        return Step(max(_time_of(page, 0) - _CUE, now), (START,))
    soon = song + _SHORTEST_CUE * page.beats_per_second * _TICKS
    sixteenth = math.ceil(soon / _SIXTEENTH)
    position = sixteenth % _POSITIONS
    messages = STOP, (_POSITION, position & 0x7F, position >> 7), CONTINUE
    tick = sixteenth * _SIXTEENTH
    return Step(max(_time_of(page, tick) - _CUE, now), messages, tick)


def _song_at(page: Transport, time: Seconds) -> float | None:
    """How many ticks of the song have passed; None while it stands still."""
    if not page.beats_per_second or time - page.monotonic_ns * 1e-9 > _STALE:
        return None
    return page.beat_at(round(time * 1e9)) * _TICKS


def _time_of(page: Transport, tick: int) -> Seconds:
    """When the song comes to a tick."""
    return page.monotonic_ns * 1e-9 + (tick / _TICKS - page.beat) / page.beats_per_second
