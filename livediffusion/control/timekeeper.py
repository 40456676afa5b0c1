"""Lets the chosen clock lead: the player follows it, and the performance takes its tempo.

A tempo is taken once it has stayed for half a beat, as every new one costs a render; until its
loop is there, and while a tempo is on the move, the running loop is bent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from livediffusion.control.clock import ClockSource, Motion
from livediffusion.control.link import LinkClock
from livediffusion.state.leading import follow, let_go
from livediffusion.state.performance import Performance
from livediffusion.types import BPM, Beats, Lead, Seconds

_INTERVAL: Seconds = 0.02  # between two leads that the player is told
_STAYS: Beats = 0.5
_FINDS_ITSELF: Seconds = 3.0  # until a clock that says nothing leads nobody

_log = logging.getLogger(__name__)


class Opener(Protocol):
    """What is needed of Clocks."""

    def open(self, name: str, say: Callable[[str], None]) -> ClockSource | None: ...


class Follower(Protocol):
    """What is needed of the player."""

    def lead(self, lead: Lead | None) -> bool: ...

    def bend(self, tempo: BPM | None) -> bool: ...


class Timekeeper:
    """Threading: the control process's main thread only."""

    def __init__(
        self,
        clocks: Opener,
        performance: Performance,
        player: Follower,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` lets every surface know of a sentence."""
        self._clocks = clocks
        self._performance = performance
        self._player = player
        self._tell = tell
        self._name = "internal"
        self._source: ClockSource | None = None
        self._opened: Seconds = 0.0
        self._told: Lead | None = None  # the lead that the player has
        self._is_free = False  # the player knows that nobody leads
        self._next: Seconds = 0.0
        self._bent: BPM | None = None  # the tempo that the player was told
        self._heard: BPM | None = None  # the clock's tempo, and since when
        self._since: Seconds = 0.0

    @property
    def status(self) -> str:
        """Who leads the time, and how that goes: "internal", "midi: locked"."""
        return self._name if self._source is None else f"{self._name}: {self._source.status}"

    def look(self, now: Seconds) -> list[Motion]:
        """See what the clock says; what its transport has done since, to be carried out."""
        self._choose(now)
        source = self._source
        if source is None:
            self._free()
            self._bend()
            return []
        later = float(self._performance.values["clock.offset"]) * 1e-3
        lead = source.lead(now)
        self._take_tempo(source.tempo(now), now)
        self._bend()
        if lead is not None:
            self._let_lead(replace(lead, time=lead.time + later), now)
        elif self._told is not None or now - self._opened > _FINDS_ITSELF:
            self._free()
        return [replace(motion, time=motion.time + later) for motion in source.motions()]

    def meet_player(self) -> None:
        """The player is there (again): tell it everything anew."""
        self._told, self._is_free, self._next, self._bent = None, False, 0.0, None

    def share(self, playing: bool) -> None:
        """The performer has started or stopped; the others of a Link session may follow."""
        if isinstance(self._source, LinkClock):
            self._source.share(playing)

    def close(self) -> None:
        """Let go of the clock."""
        if self._source is not None:
            self._source.close()

    def _choose(self, now: Seconds) -> None:
        """Go over to another clock if the performer wants one."""
        name = str(self._performance.values["clock.source"])
        if name == self._name:
            return
        self.close()
        self._name, self._opened = name, now
        self._source = self._clocks.open(name, self._say)
        self._heard = None
        let_go(self._performance)
        _log.info("The clock that leads is now: %s.", name)

    def _let_lead(self, lead: Lead, now: Seconds) -> None:
        if now >= self._next and lead != self._told and self._player.lead(lead):
            self._told, self._is_free, self._next = lead, False, now + _INTERVAL

    def _free(self) -> None:
        """Let the player go by itself."""
        if not self._is_free:
            self._is_free = self._player.lead(None)
            self._told = None

    def _bend(self) -> None:
        """Whoever leads: the loop is to go at the performance's tempo, at once."""
        performance = self._performance
        tempo = round(performance.trajectory.tempo_at(performance.now), 2)
        if tempo != self._bent and self._player.bend(tempo):
            self._bent = tempo

    def _take_tempo(self, tempo: BPM | None, now: Seconds) -> None:
        """Take the clock's tempo once it stays; None: it has none, so ours counts again."""
        performance = self._performance
        if tempo != self._heard:
            self._heard, self._since = tempo, now
        if tempo is None:
            let_go(performance)
        elif performance.led is None:
            performance.led = performance.trajectory.tempo
        elif tempo != performance.led and now - self._since >= _STAYS * 60.0 / tempo:
            follow(performance, tempo)

    def _say(self, sentence: str) -> None:
        _log.warning("%s", sentence)
        self._tell(sentence)
