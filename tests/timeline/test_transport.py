"""Beats and frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livediffusion.timeline.estimate import RenderTimes
from livediffusion.timeline.transport import (
    bar_of,
    loop_frames,
    next_boundary,
    sounding_tempo,
    to_beats,
)

tempos = st.floats(20.0, 300.0)
beats = st.integers(1, 8).map(lambda bars: bars * 4)


def test_frames_of_the_known_loops() -> None:
    assert loop_frames(8, 93.75) == 245760
    assert loop_frames(8, 120.0) == 192000
    assert to_beats(2.0, 120.0) == 4.0
    assert [bar_of(beat, 4) for beat in (0.0, 3.9, 4.0, -0.1)] == [0, 0, 1, -1]


@given(beats, tempos)
def test_the_tempo_that_sounds_is_within_half_a_frame(count: int, tempo: float) -> None:
    frames = loop_frames(count, tempo)
    assert abs(count * 60 * 48000 / tempo - frames) <= 0.5
    assert loop_frames(count, sounding_tempo(count, frames)) == frames


@given(st.floats(0.0, 1e6), st.sampled_from([1.0, 2.0, 4.0, 8.0]))
def test_a_boundary_is_the_next_multiple(beat: float, grid: float) -> None:
    boundary = next_boundary(beat, grid)
    assert boundary % grid == 0.0
    assert beat - 1e-5 <= boundary < beat + grid


def test_without_a_grid_every_beat_is_a_boundary() -> None:
    assert next_boundary(3.7, 0.0) == 3.7


def test_fewer_steps_are_afforded_in_less_time() -> None:
    times = RenderTimes()
    assert times.affordable_steps(0.1, 20, 4) == 20  # nothing measured yet
    for _ in range(20):
        times.add(total=1.2, denoise=1.0, steps=20)
    assert abs(times.p95(20) - 1.2) < 1e-9
    assert times.affordable_steps(1.3, 20, 4) == 20
    assert times.affordable_steps(0.7, 20, 4) == 10
    assert times.affordable_steps(0.1, 20, 4) == 4
    assert times.affordable_steps(0.1, 3, 4) == 3


def test_the_estimate_is_what_nineteen_of_twenty_stay_under() -> None:
    times = RenderTimes()
    for number in range(1, 21):
        times.add(total=number / 10, denoise=0.0, steps=4)
    assert times.p95(4) == 1.9
