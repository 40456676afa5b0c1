"""How the song lies on the beats of an Ableton Link session. No thread, no network of its own.

A session's peers agree on tempo and on the phase in the bar, never on the number of the beat: the
song keeps its own, whole bars away from the session's. A tempo beyond ours counts as half of it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from livediffusion.control.clock import Motion
from livediffusion.ipc.arena import Transport
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.types import BPM, Beats, Lead, Seconds

SETTLES: Seconds = 1.0  # until others have been heard of, and what a session had agreed on
_FASTEST: BPM = 300.0
_SHARP: Seconds = 50e-6  # a beat read within this is read well
_BLURRED: Seconds = 2e-3  # one that took longer is passed over
_TRIES = 5
_SAME_TEMPO = 1e-5  # Link counts whole microseconds a beat
_OUT_OF_STEP: Seconds = 2e-3
_LOOKS_AGAIN: Seconds = 0.5  # how often a session of our own is put right


class Session(Protocol):
    """What is needed of aalink.Link; its beats are those of this moment."""

    tempo: BPM
    playing: bool

    @property
    def beat(self) -> Beats: ...

    @property
    def num_peers(self) -> int: ...

    def request_beat(self, beat: Beats, /) -> None: ...

    def request_beat_at_start_playing_time(self, beat: Beats, /) -> None: ...


@dataclass(frozen=True, slots=True)
class _Course:
    """Where the song is, and from a moment on where else."""

    lead: Lead
    launch: Seconds = math.inf
    launched: Lead | None = None


class LinkSong:
    """Follows a session that others share, and lets one of our own follow the song.

    Threading: `look` is Link's thread's; all else may be asked from any. Times are `clock`'s.
    """

    def __init__(
        self,
        session: Session,
        transport: Callable[[], Transport],
        clock: Callable[[], Seconds],
        start_stop: bool = False,
    ) -> None:
        """`transport` says what sounds. With `start_stop` the session's transport is ours too."""
        self.peers = 0
        self._session = session
        self._transport = transport
        self._clock = clock
        self._start_stop = start_stop
        self._course: _Course | None = None
        self._motions: deque[Motion] = deque()
        self._wishes: deque[bool] = deque()  # of the performer's, to play or not
        self._playing = False
        self._settled = clock() + SETTLES
        self._next_look: Seconds = 0.0

    def lead(self, now: Seconds) -> Lead | None:
        """Where the others' session wants the song; None while there are no others."""
        course = self._course
        if course is None:
            return None
        return course.launched if now >= course.launch and course.launched else course.lead

    def motions(self) -> list[Motion]:
        """What the session's transport did since the last call, oldest first."""
        return [self._motions.popleft() for _ in range(len(self._motions))]

    def share(self, playing: bool) -> None:
        """The performer has started or stopped: so shall the others."""
        if self._start_stop:
            self._wishes.append(playing)

    def look(self) -> None:
        """Hear how the session stands; call it often."""
        read = self._read()
        if read is None:
            return
        peers = self._session.num_peers
        if bool(peers) != bool(self.peers):
            self._settled = read.time + SETTLES
        if not peers:
            self._course = None
            self._keep(read)
        else:
            self._follow(read)
        self.peers = peers
        if self._start_stop:
            self._obey(read)

    def _read(self) -> Lead | None:
        """The session's beat and when it was that; None when nobody could tell."""
        best, sharpest = None, _BLURRED
        for _ in range(_TRIES):
            before, beat, after = self._clock(), self._session.beat, self._clock()
            if after - before <= sharpest:
                best, sharpest = (beat, (before + after) / 2), after - before
            if sharpest <= _SHARP:
                break
        if best is None:
            return None
        tempo = self._session.tempo
        fold = 2.0 ** math.ceil(math.log2(max(tempo / _FASTEST, 1.0)))
        return Lead(best[0] / fold, best[1], tempo / fold)

    def _follow(self, read: Lead) -> None:
        """The others lead: stay as many bars away from their beats as before."""
        course = self._course
        if course is None:
            self._course = _Course(_shifted(read, _bars_between(read, self._song_at(read.time))))
            return
        if course.launched is not None and read.time >= course.launch:
            course = _Course(course.launched)
        lead = _shifted(read, _bars_between(read, course.lead.beat_at(read.time)))
        launched = course.launched
        if launched is not None:
            launched = _shifted(read, _bars_between(read, launched.beat_at(read.time)))
        self._course = _Course(lead, course.launch, launched)

    def _song_at(self, time: Seconds) -> Beats | None:
        """The song beat that sounds at a moment; None while it stands still."""
        page = self._transport()
        return page.beat_at(round(time * 1e9)) if page.beats_per_second else None

    def _keep(self, read: Lead) -> None:
        """Nobody else is there: whoever joins shall find our tempo and our beat."""
        if read.time < max(self._settled, self._next_look):
            return
        self._next_look = read.time + _LOOKS_AGAIN
        page = self._transport()
        if not page.beats_per_second:
            return
        tempo = page.beats_per_second * 60.0
        if abs(read.tempo - tempo) > _SAME_TEMPO * tempo:
            self._session.tempo = tempo
        song = page.beat_at(round(read.time * 1e9))
        if abs(song - read.beat) > _OUT_OF_STEP * page.beats_per_second:
            self._session.request_beat(page.beat_at(round(self._clock() * 1e9)))

    def _obey(self, read: Lead) -> None:
        """Start and stop with the others, and they with us.

        A session is joined as it is: only what changes afterwards moves anybody.
        """
        playing = self._session.playing
        if playing != self._playing:
            self._playing = playing
            if self.peers and read.time >= self._settled:
                self._motions.append(self._start() if playing else self._stop(read.time))
        while self._wishes:
            wish = self._wishes.popleft()
            if wish != self._playing:
                self._session.playing = self._playing = wish

    def _start(self) -> Motion:
        """Beat 0 of the song is where the session begins: at a bar, seldom at once."""
        self._session.request_beat_at_start_playing_time(0.0)
        read = self._read()
        course = self._course
        if read is None or course is None:
            return Motion("start", self._clock())
        start = read.time - read.beat * 60.0 / read.tempo
        standing = not self._transport().beats_per_second
        self._course = _Course(read if standing else course.lead, start, read)
        return Motion("start", start)

    def _stop(self, time: Seconds) -> Motion:
        if (course := self._course) is not None and time < course.launch:
            self._course = _Course(course.lead)
        return Motion("stop", time)


def _bars_between(read: Lead, song: Beats | None) -> Beats:
    """Whole bars from a session's beat to the song's, as near as can be; to the first without."""
    if song is None:
        return -math.floor(read.beat / BEATS_PER_BAR) * BEATS_PER_BAR
    return round((song - read.beat) / BEATS_PER_BAR) * BEATS_PER_BAR


def _shifted(read: Lead, beats: Beats) -> Lead:
    return Lead(read.beat + beats, read.time, read.tempo)
