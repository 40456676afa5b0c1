"""Loops at another speed: the pitch stays, attacks stay on the grid, nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest
from clicks import (
    RATE,
    Samples,
    attacks_in,
    cents,
    clicks,
    frames_at,
    largest_step,
    levels,
    pitch,
    sine,
)
from player_stage import noise

from livediffusion.player.loop import Loop
from livediffusion.player.reader import Reader

TEMPI = [(120.0, 126.0), (93.75, 140.0), (120.0, 114.0), (174.0, 120.0), (120.0, 60.0)]


def read(audio: Samples, speeds: float | list[float], seconds: float = 8.0) -> Samples:
    """What a reader makes of a loop; several speeds share the time."""
    loop = Loop.listened_to(audio, 8)
    steps = speeds if isinstance(speeds, list) else [speeds]
    out = np.empty((round(seconds * RATE) // 64 * 64, 2), np.float32)
    reader, position = Reader(), 0.0
    for start in range(0, len(out), 64):
        speed = steps[start * len(steps) // len(out)]
        reader.read(loop, position, speed, out[start : start + 64])
        position = (position + 64 * speed) % loop.frames
    return out


@pytest.mark.parametrize(("own", "tempo"), TEMPI)
@pytest.mark.parametrize("hertz", [82.0, 440.0, 3000.0])
def test_pitch_and_level_are_kept(own: float, tempo: float, hertz: float) -> None:
    audio = sine(hertz, frames_at(own, 8))
    heard = read(audio, tempo / own)
    assert abs(cents(pitch(heard), pitch(audio))) < 3.0
    assert np.abs(levels(heard) - levels(audio).mean()).max() < 1.0


@pytest.mark.parametrize(("own", "tempo"), TEMPI)
def test_noise_keeps_its_level(own: float, tempo: float) -> None:
    audio = noise(frames_at(own, 8))
    heard = read(audio, tempo / own)
    assert np.abs(levels(heard) - levels(audio).mean()).max() < 1.0


@pytest.mark.parametrize(("own", "tempo"), [*TEMPI, (60.0, 200.0), (200.0, 60.0)])
@pytest.mark.parametrize("bed", [0.0, 0.01])
def test_each_attack_is_heard_once_and_on_the_grid(own: float, tempo: float, bed: float) -> None:
    found = attacks_in(read(clicks(own, bed=bed), tempo / own))
    step = 60.0 / tempo / 4.0 * RATE
    numbers = np.round(found / step)
    assert np.array_equal(numbers, np.arange(len(found)))
    assert len(found) in (int(8.0 * RATE / step), int(8.0 * RATE / step) + 1)
    assert np.abs(found - numbers * step).max() < 0.003 * RATE


def test_little_changes_of_speed_change_the_pitch_by_as_much() -> None:
    audio = sine(1000.0, RATE)
    assert pitch(read(audio, 1.004)) == pytest.approx(1004.0, rel=1e-5)


@pytest.mark.parametrize(
    "speeds",
    [[1.0, 1.05, 1.0], [1.0, 1.003, 1.0], [1.003, 1.3, 0.7, 1.002, 0.997],
     [1.0049, 1.0051] * 20, [1.0055, 1.0035] * 40, [1.5, 0.6] * 8],
)  # fmt: skip
@pytest.mark.parametrize("hertz", [82.0, 440.0, 3000.0])
def test_changes_of_speed_make_no_step(speeds: list[float], hertz: float) -> None:
    audio = sine(hertz, RATE)
    heard = read(audio, speeds)
    assert largest_step(heard) < 1.15 * largest_step(audio)  # a fade has a slope of its own


def test_speed_1_from_a_whole_position_is_the_loop_itself() -> None:
    audio = noise(RATE)
    assert np.array_equal(read(audio, 1.0, 3.0), np.tile(audio, (3, 1)))


def test_a_loop_that_goes_on_alike_is_read_on() -> None:
    audio = sine(440.0, RATE)
    loops = [Loop(audio, 4), Loop(audio.copy(), 4)]
    reader, position = Reader(), 0.0
    out = np.empty((RATE, 2), np.float32)
    for number, start in enumerate(range(0, len(out) - 63, 64)):
        reader.read(loops[number // 300 % 2], position, 1.07, out[start : start + 64])
        position = (position + 64 * 1.07) % RATE
    assert largest_step(out) < 1.05 * largest_step(audio)


@pytest.mark.parametrize("frames", [1, 7, 100, 700])
@pytest.mark.parametrize("speed", [0.05, 0.9, 1.004, 1.1, 12.0])
def test_loops_shorter_than_a_jump_are_read(frames: int, speed: float) -> None:
    heard = read(noise(frames), speed, 1.0)
    assert np.isfinite(heard).all() and np.abs(heard).max() < 1.5 * 0.5
