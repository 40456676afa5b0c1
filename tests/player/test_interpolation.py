"""Reading between frames: exact where it can be, inaudibly wrong elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from clicks import RATE, sine
from hypothesis import given, settings
from hypothesis import strategies as st
from player_stage import noise

from livediffusion.player.interpolation import Interpolator
from livediffusion.player.loop import Loop


@pytest.mark.parametrize("hertz", [50, 1000, 8000, 15000, 18000])
@pytest.mark.parametrize("speed", [0.995, 0.99995, 1.0, 1.0001, 1.0049])
def test_tones_are_read_without_audible_error(hertz: float, speed: float) -> None:
    audio = sine(hertz, RATE)
    out = np.empty((3 * RATE, 2), np.float32)
    Interpolator().read(Loop(audio, 4), 123.4, speed, out)  # thrice over the seam
    places = 123.4 + speed * np.arange(len(out))
    wanted = 0.4 * np.sin(2.0 * np.pi * hertz * places / RATE)
    error = 10.0 * np.log10(np.mean((out[:, 0] - wanted) ** 2) / np.mean(wanted**2))
    assert error < -75.0


@given(st.integers(0, 5000), st.integers(1, 300))
@settings(max_examples=30, deadline=None)
def test_whole_positions_at_speed_1_pass_bit_for_bit(start: int, frames: int) -> None:
    audio = noise(frames)
    out = np.empty((200, 2), np.float32)
    Interpolator().read(Loop(audio, 4), float(start), 1.0, out)
    assert np.array_equal(out, audio[(start + np.arange(200)) % frames])


def test_next_to_a_whole_position_it_is_nearly_the_same() -> None:
    audio = noise(5000)
    out = np.empty((64, 2), np.float32)
    for position in (4990.0 - 1e-5, 4990.0 + 1e-5):
        Interpolator().read(Loop(audio, 4), position, 1.0, out)
        assert np.allclose(out, audio[(4990 + np.arange(64)) % 5000], atol=1e-5)


def test_reading_does_not_depend_on_blocks() -> None:
    loop = Loop(noise(3000), 4)
    whole = np.empty((640, 2), np.float32)
    Interpolator().read(loop, 17.25, 1.003, whole)
    part = np.empty((50, 2), np.float32)
    Interpolator().read(loop, 17.25 + 128 * 1.003, 1.003, part)
    assert np.allclose(part, whole[128:178], atol=1e-6)
