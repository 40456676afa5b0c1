"""A steady line through ticks: jitter, blocks, ticks lost and doubled, tempo changes."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.timeline.tempos import roundest
from livediffusion.timeline.tickline import Line, TickLine

TICKS = 24
BARS = 4 * TICKS


def ticks(*tempos: float, each: int = 400, start: float = 5.0) -> list[float]:
    """When the ticks of a master are due that keeps each tempo for so many ticks."""
    times, now = [], start
    for tempo in tempos:
        for _ in range(each):
            times.append(now)
            now += 60.0 / tempo / TICKS
    return times


def jittered(times: Sequence[float], most: float, seed: int) -> list[float]:
    """As they come: up to `most` seconds late, never before the one before."""
    chance, last, late = random.Random(seed), -math.inf, []
    for time in times:
        last = max(last, time + chance.uniform(0.0, most))
        late.append(last)
    return late


def lines(times: Sequence[float]) -> list[Line | None]:
    line, seen = TickLine(), []
    for time in times:
        line.tick(time)
        seen.append(line.line)
    return seen


def off(line: Line | None, due: Sequence[float], count: int, late: float = 0.0) -> float:
    """Seconds that a line is off where a tick really is, all being `late` in the mean."""
    assert line is not None
    return abs(line.time_of(count) - late - due[count])


def tempo_of(line: Line | None) -> float:
    assert line is not None
    return 60.0 / TICKS / line.period


few = settings(max_examples=20)  # each a minute of ticks
TEMPOS = st.floats(20.0, 300.0)


@few
@given(TEMPOS, st.integers(0, 99))
def test_jitter_is_smoothed_and_leaves_no_error_behind(tempo: float, seed: int) -> None:
    most = min(0.006, 0.5 * 60.0 / tempo / TICKS)
    due = ticks(tempo, each=600)
    seen = lines(jittered(due, most, seed))
    for count in range(2 * BARS, 600):
        assert off(seen[count], due, count, most / 2) < 0.3 * most + 1e-4
    mean = sum(tempo_of(line) for line in seen[-2 * BARS :]) / (2 * BARS)
    assert mean == pytest.approx(tempo, rel=2e-3)
    assert tempo_of(seen[-1]) == pytest.approx(tempo, rel=6e-3)


@few
@given(st.floats(40.0, 240.0), st.floats(0.94, 1.06), st.integers(0, 99))
def test_a_tempo_change_is_followed_within_a_beat(first: float, by: float, seed: int) -> None:
    most = 0.002
    due = ticks(first, first * by)
    seen = lines(jittered(due, most, seed))
    for count in range(400 + TICKS, 800):
        assert off(seen[count], due, count, most / 2) < 0.004
    assert tempo_of(seen[-1]) == pytest.approx(first * by, rel=2e-3)


@few
@given(st.floats(40.0, 240.0), st.floats(40.0, 240.0), st.integers(0, 99))
def test_any_other_tempo_is_followed_within_two_beats(a: float, b: float, seed: int) -> None:
    line, due = TickLine(), ticks(a, b)
    for time in jittered(due, 0.001, seed):
        line.tick(time)
        if line.count == 400 + 2 * TICKS:
            assert tempo_of(line.line) == pytest.approx(b, rel=0.03)
    assert tempo_of(line.line) == pytest.approx(b, rel=2e-3)


@few
@given(
    st.floats(40.0, 200.0), st.integers(60, 500), st.sampled_from(["lost", "doubled"]),
    st.integers(0, 99),
)  # fmt: skip
def test_a_tick_lost_or_doubled_leaves_the_count_right(
    tempo: float, where: int, fault: str, seed: int
) -> None:
    most = 0.003
    due = ticks(tempo, each=600)
    came = jittered(due, most, seed)
    came[where : where + 1] = [] if fault == "lost" else [came[where]] * 2
    line = TickLine()
    for time in came:
        line.tick(time)
    assert line.count == 599
    assert off(line.line, due, 599, most / 2) < 0.002


@few
@given(st.floats(40.0, 200.0), st.floats(0.15, 0.8), st.integers(60, 300), st.integers(0, 99))
def test_a_master_that_stands_still_for_a_moment_is_waited_for(
    tempo: float, pause: float, where: int, seed: int
) -> None:
    period = 60.0 / tempo / TICKS
    pause = max(pause, 3.0 * period)
    due = [time + (pause if n >= where else 0.0) for n, time in enumerate(ticks(tempo, each=500))]
    came = jittered(due, 0.003, seed)
    line = TickLine()
    for count, time in enumerate(came):
        line.tick(time)
        if not where <= count < where + TICKS:  # it is seen within a beat
            assert line.count == count
            assert count < BARS or off(line.line, due, count, 0.0015) < 0.004
    assert off(line.line, due, 499, 0.0015) < 0.002


def test_a_delivery_that_hangs_and_catches_up_moves_nothing() -> None:
    due = ticks(120.0)
    came = list(due)
    came[200:204] = [due[204]] * 4  # four ticks with the fifth
    seen = lines(came)
    for count in range(200, 400):
        assert off(seen[count], due, count) < 0.001


@pytest.mark.parametrize("tempo", [60.0, 90.0, 117.0, 120.0, 126.0, 174.0])
@pytest.mark.parametrize("block", [256, 512, 1024])
def test_a_driver_that_delivers_in_blocks_is_averaged(tempo: float, block: int) -> None:
    """JACK's: every tick comes at the beginning of its block, at 120 bpm often two at once."""
    length = block / 48000
    due = ticks(tempo, each=1200)
    line = TickLine()
    for time in due:
        line.tick(math.floor(time / length) * length)
    assert line.count == 1199  # the master's, whatever it looked like meanwhile
    assert off(line.line, due, 1199, -length / 2) < 0.35 * length
    assert tempo_of(line.line) == pytest.approx(tempo, rel=0.08)


def test_all_at_once_is_no_line_and_no_error() -> None:
    line = TickLine()
    for _ in range(50):
        line.tick(1.0)
    assert line.line is None
    for time in ticks(100.0, start=1.0):
        line.tick(time)
    assert tempo_of(line.line) == pytest.approx(100.0, rel=1e-3)


@given(st.lists(st.floats(0.0, 1e4), max_size=300))
def test_nonsense_raises_nothing(times: list[float]) -> None:
    for line in lines(sorted(times)):
        assert line is None or line.period > 0.0


@pytest.mark.parametrize(
    ("tempo", "doubt", "round_one"),
    [(125.97, 0.05, 126.0), (125.97, 0.005, 125.97), (93.751, 0.004, 93.75), (120.48, 0.05, 120.5)],
)
def test_the_roundest_tempo_that_it_can_be(tempo: float, doubt: float, round_one: float) -> None:
    assert roundest(tempo, doubt) == round_one
