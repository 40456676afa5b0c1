"""How the song comes into phase with a clock that leads, and stays; without audio."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livediffusion.player.engine import LeavingClock
from livediffusion.player.pace import Pace, lead_of, tempo_of
from livediffusion.player.ramp import QUANTUM
from livediffusion.types import Lead

RATE = 48000
START = 5000.0  # the monotonic clock's time when the leader is heard for the first time
Curve = NDArray[np.float64]


class Followed:
    """A song that follows a leader: errors in seconds and relative speeds, quantum by quantum."""

    def __init__(
        self,
        lead: Callable[[float], Lead],
        truth: Callable[[float], float],
        seconds: float,
        behind: float = 0.0,
        own: float = 120.0,
        every: float = 0.05,
        clock: float = 1.0,
    ) -> None:
        """`behind`: beats at first; `every`: seconds; `clock`: seconds that one of audio takes."""
        pace, beat, said = Pace(RATE), truth(START) - behind, START
        quantum = QUANTUM / RATE * clock
        self.times = np.arange(round(seconds / quantum)) * quantum
        errors, tempi = [], []
        self.jumps = 0
        for now in self.times + START:
            if now >= said:
                pace.follow(lead(said))
                said += every
            step = pace.step(beat, own / 60.0 / RATE, now, silent=False)
            assert step.led and step.tempo is not None
            if step.jump is not None:
                beat, self.jumps = step.jump, self.jumps + 1
            errors.append(truth(now) - beat)
            tempi.append(step.tempo * 60.0 * RATE)
            beat += step.tempo * QUANTUM
        self.beats: Curve = np.array(errors)  # that the song is behind
        self.tempi: Curve = np.array(tempi)  # bpm


def steady(tempo: float) -> tuple[Callable[[float], Lead], Callable[[float], float]]:
    def truth(now: float) -> float:
        return 7.0 + (now - START) * tempo / 60.0

    return lambda now: Lead(truth(now), now, tempo), truth


@given(st.floats(60.0, 200.0), st.floats(-0.6, 0.6))
@settings(max_examples=15, deadline=None)
def test_within_a_millisecond_after_two_bars(tempo: float, behind: float) -> None:
    bars = 8.0 * 60.0 / tempo
    song = Followed(*steady(tempo), bars + 4.0, behind)
    assert song.jumps == (abs(behind) > 0.125)
    after = song.beats[song.times >= bars] * 60.0 / tempo
    assert np.abs(after).max() < 0.001
    assert np.abs(after[-10:]).max() < 0.0002


@pytest.mark.parametrize("tempo", [127.3])
def test_no_drift_over_five_minutes(tempo: float) -> None:
    song = Followed(*steady(tempo), 300.0, 0.05, clock=1.0001)  # the sound card's clock is off
    late = song.beats[song.times > 20.0] * 60.0 / tempo
    assert np.abs(late).max() < 0.0002
    assert abs(late[-1000:].mean()) < 1e-5


@pytest.mark.parametrize(("jitter", "every"), [(0.003, 0.05), (0.005, 0.02)])
def test_jitter_of_the_leader_is_not_heard(jitter: float, every: float) -> None:
    drawn = np.random.default_rng(3)
    _, truth = steady(120.0)

    def lead(now: float) -> Lead:
        return Lead(truth(now), now + drawn.uniform(-jitter, jitter), 120.0)

    song = Followed(lead, truth, 40.0, 0.02, every=every)
    settled = song.times > 12.0
    assert np.abs(song.tempi[settled] / 120.0 - 1.0).max() < 0.001  # 1.7 cents
    assert np.abs(song.beats[settled] / 2.0).max() < 0.002
    coming = song.times > 4.0
    assert np.abs(song.tempi[coming] / 120.0 - 1.0).max() < 0.003


def test_a_leader_whose_tempo_is_said_a_little_wrong_is_followed_all_the_same() -> None:
    _, truth = steady(120.0)
    song = Followed(lambda now: Lead(truth(now), now, 120.2), truth, 30.0, every=0.01)
    assert np.abs(song.beats[song.times > 10.0] / 2.0).max() < 0.0005


def test_a_change_of_tempo_is_followed_at_once() -> None:
    def truth(now: float) -> float:
        passed = now - START
        return passed * 2.0 + max(passed - 20.0, 0.0) * 0.1  # 120, then 126

    def lead(now: float) -> Lead:
        return Lead(truth(now), now, 120.0 if now < START + 20.0 else 126.0)

    song = Followed(lead, truth, 26.0, every=0.02)
    assert np.abs(song.beats).max() * 0.5 < 0.003
    assert np.abs(song.tempi[song.times > 20.5] - 126.0).max() < 0.5


def test_a_tempo_that_a_leader_finds_out_slowly_is_caught_up_with() -> None:
    heard = 120.0

    def truth(now: float) -> float:
        passed = now - START
        return passed * 2.0 + max(passed - 10.0, 0.0) * 0.1

    def lead(now: float) -> Lead:
        nonlocal heard
        if now > START + 10.0:
            heard += (126.0 - heard) * 0.065  # three tenths of a second behind
        return Lead(truth(now), now, heard)

    song = Followed(lead, truth, 24.0, every=0.02)
    assert song.jumps == 0
    assert np.abs(song.beats).max() * 0.5 < 0.010
    assert np.abs(song.beats[song.times > 14.0]).max() * 0.5 < 0.001


@pytest.mark.parametrize("block", [64, 256, 1024])
def test_callbacks_that_come_late_are_not_heard(block: int) -> None:
    drawn, (lead, truth) = np.random.default_rng(4), steady(120.0)
    clock, pace, beat = LeavingClock(RATE), Pace(RATE), truth(START)
    errors, tempi = [], []
    for frame in range(0, 20 * RATE, block):
        leaves = START + frame / RATE
        late = drawn.exponential(0.0003) + 0.006 * (drawn.random() < 0.01)
        said = clock.smooth(round((leaves + late) * 1e9), block) * 1e-9
        pace.follow(lead(leaves))
        for start in range(0, block, QUANTUM):
            errors.append(truth(leaves + start / RATE) - beat)
            step = pace.step(beat, 2.0 / RATE, said + start / RATE, silent=False)
            assert step.tempo is not None and step.jump is None
            tempi.append(step.tempo * RATE)
            beat += step.tempo * QUANTUM
    settled = 12 * RATE // QUANTUM
    assert np.abs(errors[settled:]).max() < 0.0004  # beats: 0.2 ms
    assert np.abs(np.array(tempi[settled:]) / 2.0 - 1.0).max() < 0.0001


def alone(pace: Pace, quanta: int, beat: float = 0.0, own: float = 120.0) -> list[float]:
    """Beats of each quantum of a song that nobody leads."""
    beats = [beat]
    for _ in range(quanta):
        step = pace.step(beats[-1], own / 60.0 / RATE, 0.0, silent=False)
        assert not step.led
        tempo = own / 60.0 / RATE if step.tempo is None else step.tempo
        beats.append((beats[-1] if step.jump is None else step.jump) + tempo * QUANTUM)
    return beats


@pytest.mark.parametrize("by", [0.03, -0.03, 0.4, -0.4, 0.9])
def test_a_nudge_is_caught_up_within_about_a_beat(by: float) -> None:
    pace, beat = Pace(RATE), round(0.5 * RATE / QUANTUM)
    pace.nudge(by)
    beats = alone(pace, 3 * beat)
    steps = np.diff(beats)
    assert steps.min() > 0.0 and steps.max() < 1.6 * steps[-1]  # smoothly
    assert beats[-1] == pytest.approx(3.0 + by, abs=0.01)
    if abs(by) <= 0.5:
        assert beats[beat + 2] == pytest.approx(1.0 + by, abs=0.01)
    assert steps[-1] == pytest.approx(2.0 / RATE * QUANTUM)


def test_a_nudge_by_bars_is_a_jump() -> None:
    pace = Pace(RATE)
    pace.nudge(-4.0)
    assert alone(pace, 1, beat=20.0)[-1] == pytest.approx(16.0, abs=0.01)


def test_nudges_under_a_leader_last_as_long_as_it_leads() -> None:
    lead, _ = steady(120.0)
    pace = Pace(RATE)
    for _ in range(2):
        pace.follow(lead(START))
        assert pace.step(7.0, 2.0 / RATE, START, silent=True).jump == pytest.approx(7.0)
        pace.nudge(0.25)
        assert pace.step(7.0, 2.0 / RATE, START, silent=True).jump == pytest.approx(7.25)
        pace.follow(None)
        assert pace.step(7.0, 2.0 / RATE, START, silent=False).tempo is None


def test_leads_and_tempi_that_make_no_sense_are_refused() -> None:
    good = {"beat": 1, "time": 2.5, "tempo": 120}
    assert lead_of(good) == Lead(1.0, 2.5, 120.0) and lead_of(None) is None
    assert tempo_of(None) is None and tempo_of(93.75) == 93.75
    for wrong in ({"tempo": 0.0}, {"tempo": float("nan")}, {"beat": float("inf")}, {"time": "x"}):
        with pytest.raises((ValueError, TypeError)):
            lead_of({**good, **wrong})
    with pytest.raises(ValueError):
        tempo_of(-1.0)
