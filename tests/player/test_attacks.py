"""Attacks are found where they begin, and nowhere else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from clicks import RATE, clicks, sine
from player_stage import noise

from livediffusion.player.attacks import find_attacks, since_last, until_next


@pytest.mark.parametrize("bed", [0.0, 0.01])
def test_each_click_is_found(bed: float) -> None:
    audio = clicks(120.0, bed=bed)
    found = np.array(find_attacks(audio))
    wanted = np.round(np.arange(32) * len(audio) / 32)
    assert len(found) == 32
    assert np.abs(found - wanted).max() <= 48  # 1 ms


def test_steady_sound_has_no_attacks() -> None:
    assert find_attacks(noise(RATE)) == ()
    assert find_attacks(sine(440.0, RATE)) == ()
    assert find_attacks(np.zeros((RATE, 2), np.float32)) == ()


@pytest.mark.parametrize("frames", [1, 7, 64, 1000, 3000])
def test_very_short_loops_are_listened_to(frames: int) -> None:
    assert all(0 <= place < frames for place in find_attacks(noise(frames)))


def test_distances_go_round_the_circle() -> None:
    attacks = (10, 500)
    assert until_next(attacks, 0.0, 1000) == 10.0
    assert until_next(attacks, 10.0, 1000) == 490.0  # at an attack the next one is meant
    assert until_next(attacks, 600.5, 1000) == 409.5
    assert since_last(attacks, 0.0, 1000) == 500.0
    assert since_last(attacks, 10.0, 1000) == 0.0
    assert since_last(attacks, 600.5, 1000) == 100.5
    assert until_next((), 5.0, 1000) == since_last((), 5.0, 1000) == math.inf
