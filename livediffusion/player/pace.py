"""How fast the song goes: after a clock that leads, bent to a tempo, or as the loops are."""

from __future__ import annotations

import math

from livediffusion.types import BPM, Beats, Json, Lead

_FASTEST: BPM = 1000.0


class Pace:
    """What decides the speed of the loops.

    Threading: belongs to the audio thread.
    """

    def __init__(self) -> None:
        self.lead: Lead | None = None
        self.bend: BPM | None = None
        self.offset: Beats = 0.0  # by so much the song is nudged on

    def follow(self, lead: Lead | None) -> None:
        """Follow a clock from now on; None: nobody leads."""
        if (lead is None) != (self.lead is None):
            self.offset = 0.0
        self.lead = lead

    def nudge(self, beats: Beats) -> None:
        """Move the song by so many beats."""
        self.offset += beats


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
