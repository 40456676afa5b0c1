"""How fast the song goes: after a clock that leads, bent to a tempo, or as the loops are.

All is decided anew for each quantum of the output, from the moment at which it is heard.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livediffusion.player.phaselock import PhaseLock
from livediffusion.player.ramp import QUANTUM
from livediffusion.types import BPM, Beats, Json, Lead, Seconds

_FASTEST: BPM = 1000.0
_JUMPED: Beats = 0.125  # a phase error that is jumped over
_JUMPED_NUDGE: Beats = 1.0
_HARDEST_NUDGE = 0.5  # beats a beat
_SOFTEST_NUDGE = 0.002
_OTHER_TEMPO = 0.005  # relative: a tempo further off is taken at once, a nearer one smoothed
_TEMPO_SMOOTHING: Seconds = 0.12


@dataclass(frozen=True, slots=True)
class Step:
    """What a quantum is to be: its tempo in beats a frame, None for each loop's own."""

    tempo: float | None
    led: bool = False
    jump: Beats | None = None  # the song beat to go on from


class Pace:
    """What decides the speed of the loops.

    Threading: belongs to the audio thread.
    """

    def __init__(self, sample_rate: int) -> None:
        self.lead: Lead | None = None
        self.bend: BPM | None = None
        self.offset: Beats = 0.0  # to the clock that leads
        self._owed: Beats = 0.0  # of a nudge, while nobody leads
        self._hardness = 0.0
        self._tempo: BPM = 0.0  # the leader's, smoothed
        self._lock = PhaseLock()
        self._rate = sample_rate
        self._quantum: Seconds = QUANTUM / sample_rate

    def follow(self, lead: Lead | None) -> None:
        """Follow a clock from now on; None: nobody leads."""
        if lead is not None and self.lead is None:
            self._lock.reset()
        if lead is None or self.lead is None:
            self.offset = self._owed = 0.0
        if lead is not None and abs(lead.tempo - self._tempo) > _OTHER_TEMPO * lead.tempo:
            self._tempo = lead.tempo
            self._lock.widen()
        self.lead = lead

    def nudge(self, beats: Beats) -> None:
        """Move the song by so many beats."""
        if self.lead is not None:
            self.offset += beats
            return
        self._owed += beats
        self._hardness = min(max(abs(self._owed), _SOFTEST_NUDGE), _HARDEST_NUDGE)

    def step(
        self, beat: Beats, own: float, heard: Seconds, silent: bool, fading: bool = False
    ) -> Step:
        """What to do with the quantum that is at `beat` and heard at a moment.

        `own` is the loop's own tempo in beats a frame, 0 without a loop. While it is `silent`
        any error is jumped over; while it is `fading` from one loop to another, none.
        """
        if self.lead is None:
            return self._alone(beat, own, fading and not silent)
        lead, lock = self.lead, self._lock
        self._tempo += (lead.tempo - self._tempo) * self._quantum / _TEMPO_SMOOTHING
        error = lead.beat_at(heard) + self.offset - beat
        tempo = self._tempo / 60.0 / self._rate
        if silent or own == 0.0 or abs(error) > _JUMPED:
            lock.reset()
            return Step(tempo, True, beat + error if silent or not fading else None)
        return Step(tempo * (1.0 + lock.step(error * 60.0 / self._tempo, self._quantum)), True)

    def _alone(self, beat: Beats, own: float, fading: bool) -> Step:
        tempo = self.bend / 60.0 / self._rate if self.bend is not None else None
        owed = self._owed
        if owed == 0.0 or (fading and abs(owed) > _JUMPED_NUDGE):
            return Step(tempo)
        if own == 0.0 or abs(owed) > _JUMPED_NUDGE:
            self._owed = 0.0
            return Step(tempo, jump=beat + owed)
        base = own if tempo is None else tempo
        most = self._hardness * base * QUANTUM
        paid = min(max(owed, -most), most)
        self._owed -= paid
        return Step(base + paid / QUANTUM)


def lead_of(said: Json | None) -> Lead | None:
    """The lead that a message or a note holds; raises ValueError for one that makes no sense."""
    if said is None:
        return None
    lead = Lead(float(said["beat"]), float(said["time"]), float(said["tempo"]))
    if not (math.isfinite(lead.beat) and math.isfinite(lead.time)):
        raise ValueError("a lead needs a finite beat and time")
    tempo_of(lead.tempo)
    return lead


def tempo_of(said: float | None) -> BPM | None:
    """The tempo that a message or a note holds; raises ValueError for one that makes no sense."""
    if said is not None and not 0.0 < said <= _FASTEST:
        raise ValueError(f"a tempo must be in range 0..{_FASTEST:g} bpm, without 0")
    return said
