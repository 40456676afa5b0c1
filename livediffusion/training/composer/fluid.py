"""FluidSynth through ctypes: single notes of the FluidR3 General MIDI sound font.

The only file that touches libfluidsynth. Not thread-safe: one synth a process.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import lru_cache
from pathlib import Path

import numpy as np

from livediffusion.errors import UserError
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio

SOUND_FONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/soundfonts/FluidR3_GM.sf2"),
)
DRUM_BANK = 128
DRUM_CHANNEL = 9
BLOCK = 64  # samples that FluidSynth renders at a time
TAIL_S = 0.45  # rendered after a note's release, whole blocks


class Fluid:
    """A synth with the sound font loaded, dry (no reverb, no chorus)."""

    def __init__(self, sound_font: Path) -> None:
        name = ctypes.util.find_library("fluidsynth")
        if name is None:
            raise UserError("Training needs FluidSynth; install libfluidsynth3.")
        self._lib = ctypes.CDLL(name)
        for maker in ("new_fluid_settings", "new_fluid_synth"):
            getattr(self._lib, maker).restype = ctypes.c_void_p
        settings = ctypes.c_void_p(self._lib.new_fluid_settings())
        set_number = self._lib.fluid_settings_setnum
        set_number(settings, b"synth.sample-rate", ctypes.c_double(SAMPLE_RATE))
        set_number(settings, b"synth.gain", ctypes.c_double(0.6))
        for effect in (b"synth.reverb.active", b"synth.chorus.active"):
            self._lib.fluid_settings_setint(settings, effect, 0)
        self._synth = ctypes.c_void_p(self._lib.new_fluid_synth(settings))
        self._font = self._lib.fluid_synth_sfload(self._synth, str(sound_font).encode(), 1)
        if self._font < 0:
            raise UserError(f"FluidSynth cannot read {sound_font}; install fluid-soundfont-gm.")

    def note(self, program: int, key: int, hold: float, velocity: int, bank: int = 0) -> Audio:
        """One note, mono float32, held for `hold` seconds and left to ring for TAIL_S."""
        channel = DRUM_CHANNEL if bank == DRUM_BANK else 0
        lib = self._lib
        lib.fluid_synth_program_select(self._synth, channel, self._font, bank, program)
        lib.fluid_synth_noteon(self._synth, channel, key, velocity)
        # Notes begin and end on FluidSynth's blocks: whole ones make each note start alike.
        held = self._write(round(hold * SAMPLE_RATE / BLOCK) * BLOCK)
        lib.fluid_synth_noteoff(self._synth, channel, key)
        tail = self._write(int(TAIL_S * SAMPLE_RATE))
        lib.fluid_synth_all_sounds_off(self._synth, channel)
        self._write(512)  # what is cut off must not leak into the next note
        sound = np.concatenate([held, tail])
        fade = min(1600, len(sound))
        sound[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        return sound

    def _write(self, count: int) -> Audio:
        left, right = np.zeros(count, np.float32), np.zeros(count, np.float32)
        pointers = [x.ctypes.data_as(ctypes.c_void_p) for x in (left, right)]
        self._lib.fluid_synth_write_float(self._synth, count, pointers[0], 0, 1, pointers[1], 0, 1)
        return np.asarray(0.5 * (left + right), dtype=np.float32)


@lru_cache(maxsize=1)
def fluid() -> Fluid:
    """The process's synth, loaded on first use; UserError where the sound font is missing."""
    for path in SOUND_FONTS:
        if path.is_file():
            return Fluid(path)
    raise UserError("Training needs the FluidR3 GM sound font; install fluid-soundfont-gm.")
