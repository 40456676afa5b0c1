"""Who leads, and what that does to player and performance: clocks that are told what to say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from livediffusion.control.clock import Motion
from livediffusion.control.timekeeper import Timekeeper
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret
from livediffusion.types import Lead

PATCH = 'tempo = 120\n[[prompt]]\ntext = "techno"\n'


@dataclass
class Clock:
    """A source that says what it is told to."""

    says: Lead | None = None
    keeps: float | None = None
    status: str = "locked"
    moves: list[Motion] = field(default_factory=list)
    closed: bool = False

    def lead(self, now: float) -> Lead | None:
        return self.says

    def tempo(self, now: float) -> float | None:
        return self.keeps

    def motions(self) -> list[Motion]:
        moves, self.moves = self.moves, []
        return moves

    def close(self) -> None:
        self.closed = True


class Player:
    """Writes down what it is told; away, it hears nothing."""

    def __init__(self) -> None:
        self.there = True
        self.leads: list[Lead | None] = []
        self.bends: list[float | None] = []

    def lead(self, lead: Lead | None) -> bool:
        self.leads += [lead] if self.there else []
        return self.there

    def bend(self, tempo: float | None) -> bool:
        self.bends += [tempo] if self.there else []
        return self.there


class Stage:
    """A timekeeper, and the time."""

    def __init__(self) -> None:
        self.now, self.said, self.opened = 50.0, [], []
        self.performance = Performance(parse_patch(PATCH, Path("set.toml")), "pocket")
        self.player = Player()
        self.clock = Clock()
        self.keeper = Timekeeper(self, self.performance, self.player, self.said.append)

    def open(self, name, say):
        self.opened.append(name)
        self.say = say
        return None if name == "internal" else self.clock

    def set(self, address: str, value: float | str) -> None:
        for change in interpret(address, [value], 1):
            self.performance.apply(change, 0.0, "osc 127.0.0.1:9")

    def run(self, seconds: float) -> list[Motion]:
        motions = []
        for _ in range(round(seconds * 200)):
            self.now += 0.005
            motions += self.keeper.look(self.now)
        return motions

    def follow_midi(self, tempo: float = 120.0) -> None:
        self.set("/ld/clock/source", "midi")
        self.clock.says, self.clock.keeps = Lead(4.0, 49.0, tempo), tempo
        self.run(1.0)


def test_by_itself_a_new_tempo_bends_what_sounds_at_once() -> None:
    stage = Stage()
    stage.run(0.1)
    assert (stage.player.leads, stage.player.bends) == ([None], [120.0])
    stage.set("/ld/tempo", 126.0)
    stage.run(0.005)
    assert stage.player.bends == [120.0, 126.0]
    assert stage.keeper.status == "internal"


def test_a_clock_leads_and_its_offset_is_in_its_time() -> None:
    stage = Stage()
    stage.follow_midi()
    assert stage.player.leads[-1] == Lead(4.0, 49.0, 120.0)
    stage.set("/ld/clock/offset", 25.0)
    stage.run(0.1)
    assert stage.player.leads[-1] == Lead(4.0, 49.025, 120.0)
    assert stage.keeper.status == "midi: locked"
    stage.clock.moves = [Motion("start", 49.5)]
    assert stage.run(0.01) == [Motion("start", 49.525)]


def test_the_player_is_told_of_news_only_and_not_too_often() -> None:
    stage = Stage()
    stage.follow_midi()
    told = len(stage.player.leads)
    stage.run(1.0)
    assert len(stage.player.leads) == told
    for step in range(200):
        stage.clock.says = replace(stage.clock.says, beat=5.0 + step)
        stage.run(0.005)
    assert 40 <= len(stage.player.leads) - told <= 51


def test_a_clocks_tempo_is_taken_once_it_has_stayed_for_half_a_beat() -> None:
    stage = Stage()
    stage.follow_midi()
    for tempo in (121.0, 122.0, 123.0, 124.0):
        stage.clock.keeps = tempo
        stage.run(0.2)
    assert stage.performance.trajectory.tempo == 120.0
    stage.clock.keeps = 126.0
    stage.run(0.3)
    assert stage.performance.trajectory.tempo == 126.0
    assert stage.player.bends == [120.0, 126.0]  # for when the clock falls silent
    stage.set("/ld/tempo", 90.0)
    stage.run(0.1)
    assert stage.performance.trajectory.tempo == 126.0


def test_when_a_clock_falls_silent_the_player_goes_on_and_ours_counts_again() -> None:
    stage = Stage()
    stage.follow_midi(126.0)
    stage.clock.says = stage.clock.keeps = None
    stage.run(0.1)
    assert stage.player.leads[-1] is None and stage.player.leads.count(None) == 1
    stage.set("/ld/tempo", 90.0)
    stage.run(0.1)
    assert stage.player.bends[-1] == 90.0


def test_a_player_that_was_away_is_told_everything_again() -> None:
    stage = Stage()
    stage.follow_midi()
    stage.player.there = False
    stage.keeper.meet_player()
    stage.run(0.5)
    stage.player.leads.clear()
    stage.player.bends.clear()
    stage.player.there = True
    stage.run(0.1)
    assert (stage.player.leads, stage.player.bends) == ([stage.clock.says], [120.0])


def test_after_controls_death_the_player_is_not_let_go_before_the_clock_was_heard() -> None:
    """It goes on as the predecessor told it to."""
    stage = Stage()
    stage.set("/ld/clock/source", "midi")
    stage.run(2.0)
    assert stage.player.leads == []
    stage.clock.says, stage.clock.keeps = Lead(4.0, 49.0, 120.0), 120.0
    stage.run(0.1)
    assert stage.player.leads == [stage.clock.says]


def test_a_clock_that_never_comes_leads_nobody() -> None:
    stage = Stage()
    stage.set("/ld/clock/source", "midi")
    stage.clock.status = "waiting"
    stage.run(4.0)
    assert stage.player.leads == [None]
    stage.set("/ld/tempo", 90.0)
    assert stage.performance.trajectory.tempo == 90.0


def test_another_clock_may_be_chosen_at_any_time(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    stage.follow_midi()
    stage.set("/ld/clock/source", "internal")
    stage.run(0.1)
    assert stage.opened == ["midi", "internal"]
    assert stage.clock.closed and stage.player.leads[-1] is None
    stage.set("/ld/tempo", 90.0)
    assert stage.performance.trajectory.tempo == 90.0
    stage.say("the clock is odd")
    assert stage.said == ["the clock is odd"] and "odd" in caplog.text
