"""Pitched instruments by name: our own patches, or programs of the sound font."""

from __future__ import annotations

from functools import lru_cache

from livediffusion.training.composer import synth
from livediffusion.training.composer.fluid import fluid
from livediffusion.training.composer.synth import Audio

GM_GAIN = 2.0  # brings the sound font's notes to the level of our patches
PROGRAMS = {
    "piano": 0,
    "electric piano": 4,
    "vibraphone": 11,
    "hammond": 16,
    "nylon guitar": 24,
    "jazz guitar": 26,
    "clean guitar": 27,
    "muted guitar": 28,
    "overdriven guitar": 29,
    "distorted guitar": 30,
    "double bass": 32,
    "electric bass": 33,
    "slap bass": 36,
    "strings": 48,
    "choir": 52,
    "trumpet": 56,
    "brass": 61,
    "saxophone": 66,
    "flute": 73,
}


@lru_cache(maxsize=4096)
def note(instrument: str, key: int, hold: float, velocity: int = 100) -> Audio:
    """One note (MIDI key) held for `hold` seconds, mono float32; the same at every call."""
    if instrument in synth.PATCHES:
        return synth.play(instrument, key, hold) * (velocity / 100)
    return GM_GAIN * fluid().note(PROGRAMS[instrument], key, hold, velocity)
