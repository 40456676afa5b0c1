"""What the processes and folders agree on: units, the message from outside, the run's settings.

Imports nothing of the project, so every folder may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Beats: TypeAlias = float
Seconds: TypeAlias = float
Frames: TypeAlias = int
Decibels: TypeAlias = float
BPM: TypeAlias = float
Value: TypeAlias = int | float | str
Json: TypeAlias = dict[str, Any]

SAMPLE_RATE = 48000  # Hz, of every loop and of the output
CHANNELS = 2


@dataclass(frozen=True, slots=True)
class ControlMessage:
    """Something that the outside world asked for.

    `time` is on `time.monotonic()`'s clock; one in the future acts then. `source` names who
    sent it ("osc 127.0.0.1:9000", "osc-tcp ...", "midi Launch Control cc 21 ch 1"), for feedback
    and takeover.
    Messages that share a `bundle` (not 0) act together. A `tagged` one has waited for its time.
    """

    time: Seconds
    address: str
    values: tuple[Value, ...]
    source: str
    bundle: int = 0
    tagged: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a clock that leads says the song is: beat `beat` at `time`, going on at `tempo`.

    `time` is on `time.monotonic()`'s clock, and is when the beat is heard: offsets are in it.
    """

    beat: Beats
    time: Seconds
    tempo: BPM

    def beat_at(self, time: Seconds) -> Beats:
        """Song beat at a moment, assuming that the tempo stays."""
        return self.beat + (time - self.time) * self.tempo / 60.0


@dataclass(frozen=True, slots=True)
class ModelDefaults:
    """What a loaded model asks for where the patch is silent."""

    name: str
    hash: str
    steps: int
    guidance: float
    sampler: str
    native_tempo: BPM
    batch: int = 1  # so many loops at once it renders faster than one by one
