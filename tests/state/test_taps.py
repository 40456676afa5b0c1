"""Tap tempo, and what a clock that leads does to the tempo of a performance."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from livediffusion.state.leading import follow, let_go
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.taps import Taps
from livediffusion.state.values import interpret

PATCH = 'tempo = 100\n[[prompt]]\ntext = "techno"\n[[scene]]\nname = "fast"\ntempo = 160\n'


@example(31.0, [0.0, 0.0, -0.02, 0.02])
@given(st.floats(31.0, 290.0), st.lists(st.floats(-0.02, 0.02), min_size=4, max_size=12))
def test_the_tempo_that_is_tapped(tempo: float, wrong: list[float]) -> None:
    beat, taps = 60.0 / tempo, Taps()
    found = [taps.tap(5.0 + (n + off) * beat) for n, off in enumerate(wrong)]
    assert found[:2] == [None, None]
    assert found[-1] == pytest.approx(tempo, rel=0.04, abs=0.06)


def test_a_wild_tap_is_ignored_and_silence_begins_anew() -> None:
    taps = Taps()
    found = [taps.tap(time) for time in (0.0, 0.5, 1.0, 1.8, 2.3, 2.8)]
    assert found[-1] == 120.0
    assert [taps.tap(time) for time in (5.0, 6.0)] == [None, None]
    assert taps.tap(7.0) == 60.0


def test_two_taps_at_once_and_a_clock_that_went_back_are_nothing_to_count() -> None:
    taps = Taps()
    assert [taps.tap(time) for time in (3.0, 3.0, 2.0, 2.0)] == [None] * 4


def performance() -> Performance:
    return Performance(parse_patch(PATCH, Path("set.toml")), "pocket")


def set_tempo(stage: Performance, tempo: float, source: str = "osc 127.0.0.1:9") -> None:
    for change in interpret("/ld/tempo", [tempo], 1):
        stage.apply(change, 0.0, source)


def test_a_clocks_tempo_counts_until_it_lets_go() -> None:
    stage = performance()
    revision = stage.trajectory.revision
    follow(stage, 126.0)
    assert stage.trajectory.request_at(0.0).tempo == 126.0
    assert stage.trajectory.revision == revision + 1
    assert stage.at_address("/ld/tempo") == (126.0,)
    assert "/ld/tempo" in stage.advance(0.1)
    set_tempo(stage, 90.0)
    stage.load(parse_patch(PATCH, Path("set.toml")), "pocket", 1.0)
    assert stage.trajectory.tempo == 126.0
    let_go(stage)
    assert stage.trajectory.tempo == 126.0
    set_tempo(stage, 90.0)
    assert stage.trajectory.tempo == 90.0


def test_the_same_tempo_again_is_no_gesture() -> None:
    stage = performance()
    follow(stage, 100.0)
    assert stage.trajectory.revision == performance().trajectory.revision


def test_the_choice_of_a_clock_is_not_the_patchs() -> None:
    stage = performance()
    for change in [*interpret("/ld/clock/source", ["midi"], 1),
                   *interpret("/ld/clock/offset", [-12.5], 1)]:  # fmt: skip
        stage.apply(change, 0.0, "osc 127.0.0.1:9")
    stage.load(parse_patch(PATCH, Path("set.toml")), "pocket", 1.0)
    assert stage.values["clock.source"] == "midi"
    assert stage.values["clock.offset"] == -12.5


def test_a_key_may_nudge_and_a_knob_may_not() -> None:
    table = PATCH + '[[midi]]\ncontrol = "note 50"\ntarget = "/ld/nudge"\n'
    patch = parse_patch(f"{table}value = -0.02\n", Path("set.toml"))
    assert patch.mappings[0].values == (-0.02,)
    with pytest.raises(Exception, match="moves by steps: say how far"):
        parse_patch(table, Path("set.toml"))
