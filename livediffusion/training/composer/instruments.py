"""Pitched instruments by name: our own patches, or programs of the sound font."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from livediffusion.training.composer import synth
from livediffusion.training.composer.fluid import fluid
from livediffusion.training.composer.synth import Audio

GM_GAIN = 2.0  # brings the sound font's notes to the level of our patches
PROGRAMS = {
    "piano": 0,
    "electric piano": 4,
    "wurlitzer": 5,
    "clavinet": 7,
    "celesta": 8,
    "glockenspiel": 9,
    "vibraphone": 11,
    "marimba": 12,
    "hammond": 16,
    "drawbar organ": 18,
    "church organ": 19,
    "accordion": 21,
    "harmonica": 22,
    "nylon guitar": 24,
    "steel guitar": 25,
    "jazz guitar": 26,
    "clean guitar": 27,
    "muted guitar": 28,
    "overdriven guitar": 29,
    "distorted guitar": 30,
    "lead guitar": 30,  # the same, alone and high
    "double bass": 32,
    "electric bass": 33,
    "picked bass": 34,
    "fretless bass": 35,
    "slap bass": 36,
    "violin": 40,
    "cello": 42,
    "tremolo strings": 44,
    "pizzicato": 45,
    "harp": 46,
    "timpani": 47,
    "strings": 48,
    "slow strings": 49,
    "choir": 52,
    "trumpet": 56,
    "trombone": 57,
    "muted trumpet": 59,
    "french horn": 60,
    "brass": 61,
    "alto saxophone": 65,
    "saxophone": 66,
    "oboe": 68,
    "clarinet": 71,
    "flute": 73,
}


def note(instrument: str, key: int, hold: float, velocity: int = 100, take: int = 0) -> Audio:
    """One note (MIDI key) held for `hold` seconds, mono float32; the same at every call.

    Takes of the same note differ where the instrument's voices drift.
    """
    if instrument in synth.PATCHES:
        return _patch(instrument, key, hold, take) * np.float32(velocity / 100)
    return _program(instrument, key, hold, velocity)


@lru_cache(maxsize=2048)
def _patch(instrument: str, key: int, hold: float, take: int) -> Audio:
    return synth.play(instrument, key, hold, take)


@lru_cache(maxsize=4096)
def _program(instrument: str, key: int, hold: float, velocity: int) -> Audio:
    return np.float32(GM_GAIN) * fluid().note(PROGRAMS[instrument], key, hold, velocity)
