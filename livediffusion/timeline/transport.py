"""Beats, seconds and frames: plain arithmetic on musical time (DESIGN.md section 3)."""

from __future__ import annotations

import math

from livediffusion.types import BPM, SAMPLE_RATE, Beats, Frames, Seconds

_ON_THE_BEAT = 1e-6  # beats; closer than this is the same place (0.1 sample at 20 bpm)


def loop_frames(beats: int, tempo: BPM, sample_rate: int = SAMPLE_RATE) -> Frames:
    """Frames of a loop of so many beats: the one rounding there is."""
    return round(beats * 60.0 / tempo * sample_rate)


def sounding_tempo(beats: int, frames: Frames, sample_rate: int = SAMPLE_RATE) -> BPM:
    """The tempo that a loop of whole frames really has; nothing drifts against it."""
    return beats * 60.0 * sample_rate / frames


def to_beats(seconds: Seconds, tempo: BPM) -> Beats:
    """Beats that pass in so many seconds."""
    return seconds * tempo / 60.0


def next_boundary(beat: Beats, grid: Beats) -> Beats:
    """The first multiple of `grid` beats that is not before `beat`; `beat` itself for grid 0."""
    if grid <= 0.0:
        return beat
    return math.ceil((beat - _ON_THE_BEAT) / grid) * grid


def bar_of(beat: Beats, beats_per_bar: int) -> int:
    """Bars are counted from 0."""
    return math.floor(beat / beats_per_bar)
