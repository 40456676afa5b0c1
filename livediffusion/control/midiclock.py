"""MIDI clock in: ticks, start, stop, continue and song position become a song that can be followed.

24 ticks are a quarter note. A start puts song beat 0 on the next tick, a song position says where a
continue goes on, in sixteenths. A clock that nobody has heard start is followed from wherever the
song is. Pure but for the queue: the times are those of the messages.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from livediffusion.control.clock import Action, Motion
from livediffusion.control.clock_ticks import CONTINUE, START, STOP, TICK
from livediffusion.control.midibytes import POSITION, Message
from livediffusion.ipc.arena import Transport
from livediffusion.state.controls import is_device
from livediffusion.timeline.tempos import roundest
from livediffusion.timeline.tickline import Line, TickLine
from livediffusion.types import BPM, Beats, Lead, Seconds

TICKS = 24  # a beat
SLOWEST, FASTEST = 20.0, 300.0  # bpm
_MARGIN = 1.02  # that a measured tempo may be beyond
_MOST_WAITING = 4096  # messages, of more than half a minute
_LOCKED = 12  # ticks that a line must go through
_SETTLED = 24
_SURE = 3.0  # standard errors: what ticks come early and late is no noise that evens out
_KEPT = 2.0  # times that much off, and a tempo that was settled stays
_SAME_TEMPO: BPM = 0.005
_HOLDS: Seconds = 1.0  # that the song goes on without ticks
_GIVES_WAY: Seconds = 2.0  # after which another device's clock is taken

_Said: TypeAlias = tuple[str, Message, Seconds]
_log = logging.getLogger(__name__)


class MidiClock:
    """A `ClockSource` of MIDI messages.

    Threading: `hear` is the MIDI thread's, everything else the control process's main one.
    """

    def __init__(
        self, transport: Callable[[], Transport], say: Callable[[str], None], device: str = ""
    ) -> None:
        """`transport` says what sounds, `say` tells the performer; `device` is a pattern of names.

        Without it the first that sends a clock is taken.
        """
        self._transport = transport
        self._say = say
        self._wanted = device
        self._device = ""
        self._heard: deque[_Said] = deque(maxlen=_MOST_WAITING)
        self._ticks = TickLine()
        self._has_locked = False
        self._last: Seconds = 0.0  # when the last tick came
        self._running = True  # what never said that it starts runs
        self._begins: Action | None = None  # with the next tick
        self._zero: int | None = None  # the tick's count at song beat `_from`; None: anywhere
        self._from: Beats = 0.0
        self._tempo: BPM | None = None  # settled
        self._motions: list[Motion] = []
        self._said = ""  # how it stood when it was last told of
        self.status = "waiting"

    def hear(self, device: str, message: Message, time: Seconds) -> None:
        """Take a message in that came from a device at a moment."""
        self._heard.append((device, message, time))

    def lead(self, now: Seconds) -> Lead | None:
        """Where the song is; None while it does not run, or cannot be followed."""
        self._look(now)
        if not self._running or (self.status == "listening" and self._zero is None):
            return None
        if self.status == "listening":
            return self._first_guess()
        line = self._ticks.line
        if self.status != "locked" or line is None:
            return None
        if self._zero is None:
            self._join(line)
        return Lead(self._beat_of(line.count), line.time, _tempo(line))

    def tempo(self, now: Seconds) -> BPM | None:
        """The tempo, settled: it moves when the ticks' has moved for longer than their jitter."""
        self._look(now)
        return self._tempo if self.status in ("locked", "stopped") else None

    def motions(self) -> list[Motion]:
        """What the transport did since the last call, oldest first."""
        done, self._motions = self._motions, []
        return done

    def close(self) -> None:
        """Nothing to hang up: the ports belong to MidiInputs."""

    # Messages.

    def _look(self, now: Seconds) -> None:
        """Take in what has come, and see how things stand."""
        while self._heard:
            device, message, time = self._heard.popleft()
            if self._listens_to(device, message, time):
                self._take(message, time)
        line = self._ticks.line
        if self._last == 0.0 or now - self._last > _HOLDS:
            self.status = "waiting"
        elif line is None or not self._is_locked(line):
            self.status = "listening"
        elif not SLOWEST / _MARGIN <= _tempo(line) <= FASTEST * _MARGIN:
            self.status = "out of range"
        else:
            self._settle(line)
            self.status = "locked" if self._running else "stopped"
        self._tell()

    def _is_locked(self, line: Line) -> bool:
        """Whether enough ticks have come since the last silence."""
        self._has_locked = self._has_locked or line.over >= _LOCKED
        return self._has_locked

    def _listens_to(self, device: str, message: Message, time: Seconds) -> bool:
        """Whether this device's clock counts: the one that is asked for, or the first of all."""
        if self._wanted and not is_device(self._wanted, device):
            return False
        if device != self._device and message in (TICK, START, CONTINUE):
            if self._device and time - self._last < _GIVES_WAY:
                return False
            self._device = device
            self._begin_anew()
        return device == self._device

    def _take(self, message: Message, time: Seconds) -> None:
        if message == TICK:
            self._tick(time)
        elif message == START:
            self._begins, self._from = "start", 0.0
        elif message == CONTINUE:
            self._begins = "continue"
        elif message == STOP:
            self._stop(time)
        elif message[0] == POSITION:
            self._from = (message[1] | message[2] << 7) / 4.0
            if self._running and self._begins is None:
                self._zero = self._ticks.count + 1

    def _tick(self, time: Seconds) -> None:
        if time - self._last > _HOLDS:
            self._begin_anew()
        self._last = time
        self._ticks.tick(time)
        if self._begins is not None:
            self._motions.append(Motion(self._begins, time))
            self._begins, self._running, self._zero = None, True, self._ticks.count

    def _stop(self, time: Seconds) -> None:
        self._begins = None
        if self._running:
            self._from = self._beat_of(self._ticks.count + 1)
            self._running = False
            self._motions.append(Motion("stop", time))

    def _begin_anew(self) -> None:
        """Ticks after a silence, or another's: where the song goes on is not known."""
        self._ticks, self._has_locked = TickLine(), False
        self._zero = None

    # The song.

    def _beat_of(self, count: int) -> Beats:
        """Song beat of a tick."""
        return self._from + (count - self._zero) / TICKS if self._zero is not None else 0.0

    def _join(self, line: Line) -> None:
        """Let the song go on from where it is, on a tick."""
        beat = self._transport().beat_at(round(line.time * 1e9))
        self._zero, self._from = line.count, round(beat * TICKS) / TICKS

    def _first_guess(self) -> Lead:
        """A song that has just begun, at the tempo that was until then."""
        sounding = self._transport().beats_per_second * 60.0
        return Lead(self._beat_of(self._ticks.count), self._last, self._tempo or sounding or 120.0)

    def _settle(self, line: Line) -> None:
        """Change the settled tempo if the measured one cannot be the same."""
        measured = _tempo(line)
        doubt = max(_SURE * measured * line.doubt / line.period, _SAME_TEMPO)
        if self._tempo is not None and abs(measured - self._tempo) <= _KEPT * doubt:
            return
        if line.over >= _SETTLED:
            self._tempo = min(max(roundest(measured, doubt), SLOWEST), FASTEST)

    def _tell(self) -> None:
        """Say once how it stands, where that is news."""
        if self.status == self._said or self.status == "listening":
            return
        before, self._said = self._said, self.status
        if self.status == "locked" and before != "stopped":
            _log.info("The MIDI clock of %s leads.", self._device)
        elif self.status == "out of range":
            line = self._ticks.line
            assert line is not None
            self._say(_OUT_OF_RANGE.format(device=self._device, tempo=_tempo(line)))
        elif self.status == "waiting" and before in ("locked", "stopped"):
            self._say(_SILENT.format(device=self._device))


_OUT_OF_RANGE = (
    "The MIDI clock of {device} runs at {tempo:.0f} bpm and is not followed: "
    "send it between 20 and 300 bpm. The music goes on by itself."
)
_SILENT = "The MIDI clock of {device} is silent; the music goes on by itself."


def _tempo(line: Line) -> BPM:
    return 60.0 / TICKS / line.period
