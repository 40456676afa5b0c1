"""Pictures of loops show what is in them, and are there only as long as the loop was."""

import io

import numpy as np
import pytest
from PIL import Image

from livediffusion.control.gallery import BANDS, COLUMNS_A_BEAT, Gallery, spectrogram
from livediffusion.ipc.arena import Arena
from livediffusion.player.process import Held

FRAMES, BEATS = 96000, 4
TIME = np.arange(FRAMES) / 48000


def tone(pitch):
    return np.repeat(np.sin(2 * np.pi * pitch * TIME)[:, None], 2, axis=1).astype(np.float32)


def test_a_higher_tone_lies_higher_and_all_columns_see_it():
    rows = []
    for pitch in (60.0, 440.0, 6000.0):
        levels = spectrogram(tone(pitch), BEATS)
        assert levels.shape == (BANDS, BEATS * COLUMNS_A_BEAT)
        brightest = levels.argmax(axis=0)
        assert np.ptp(brightest) <= 1 and levels.max() == 255
        rows.append(int(brightest[0]))
    assert rows == sorted(rows, reverse=True)
    assert rows[1] == pytest.approx(BANDS * (1 - np.log(440 / 35) / np.log(16000 / 35)), abs=3)


def test_silence_has_a_picture_too():
    assert np.isfinite(spectrogram(np.zeros((FRAMES, 2), np.float32), BEATS)).all()


def test_a_loop_has_a_picture_until_its_slot_is_taken(tmp_path):
    arena, held = Arena.create(tmp_path / "arena"), {}
    gallery = Gallery(arena, held)
    assert gallery.picture("abcdef01") is None
    arena.slot(3, FRAMES)[:] = tone(440.0)
    held[3] = Held("abcdef01", FRAMES, BEATS, "current")
    sound, beats = gallery.sound("abcdef01")
    assert beats == BEATS and np.array_equal(sound, tone(440.0))
    png = gallery.picture("abcdef01")
    assert Image.open(io.BytesIO(png)).size == (BEATS * COLUMNS_A_BEAT, BANDS)
    held.clear()
    assert gallery.sound("abcdef01") is None
    assert gallery.picture("abcdef01") is png, "it was drawn while it was there"
