"""Bundles are acted on before their time, so that they are heard at it. No clock, no sockets."""

import pytest

from livediffusion.control.foresight import Foresight
from livediffusion.control.inbox import Inbox
from livediffusion.control.oscwire import Unit
from livediffusion.control.wallclock import WallClock
from livediffusion.ipc.arena import Transport
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret
from livediffusion.timeline.scheduler import Scheduler
from livediffusion.timeline.steps import Rules

PATCH = 'quantise = "off"\n[[prompt]]\ntext = "a"\n[[prompt]]\ntext = "b"\n'
PATCH += '[[scene]]\nname = "far"\nblend = [0.0, 1.0]\n'
SOURCE = "osc 127.0.0.1:9000"


class Player:
    """Takes down what it is told, and for when."""

    def __init__(self):
        self.told = []

    def set(self, name, value, at):
        self.told.append((name, value, at))

    def play(self, at):
        self.told.append(("play", at))

    stop = panic = play


class Stage:
    """Two beats a second; the song stands at beat 0 at second 100."""

    def __init__(self):
        self.inbox, self.player = Inbox(), Player()
        self.performance = Performance(parse_patch(PATCH), "pocket")
        self.outlook = self.performance.outlook
        self.foresight = Foresight(self.inbox, self.performance, self.player)

    def announce(self, at, *messages, now=100.0):
        self.inbox.put(Unit(messages, at), SOURCE, now)

    def look(self, now):
        for message in self.inbox.drain(now):
            late = (now - message.time) * 2.0 if message.tagged else 0.0
            for change in interpret(message.address, message.values, 2):
                self.performance.apply(change, (now - 100.0) * 2.0 - late, SOURCE)
        page = Transport(monotonic_ns=100 * 10**9, beats_per_second=2.0)
        self.foresight.look(now, page)


@pytest.fixture
def stage(monkeypatch):
    monkeypatch.setattr(WallClock, "monotonic", lambda self, unix_time, now: unix_time)
    return Stage()


def blend(stage, beat):
    return stage.outlook.request_at(beat).prompts


def test_the_player_is_told_a_moment_before_with_the_time_and_once(stage):
    stage.announce(102.0, ("/ld/gain", (-6.0,)), ("/ld/play", ()), ("/ld/stop", (0,)))
    for now in (100.5, 101.85):
        stage.look(now)
    assert stage.player.told == []
    for now in (101.95, 101.97, 101.99):
        stage.look(now)
    assert stage.player.told == [("gain", -6.0, 102.0), ("play", 102.0)]
    assert stage.performance.values["gain"] == 0.0, "its own time has not come"


def test_a_late_order_that_comes_between_does_not_last(stage):
    stage.announce(102.0, ("/ld/gain", (-6.0,)))
    stage.look(101.95)
    stage.announce(None, ("/ld/gain", (-1.0,)), now=101.97)
    stage.look(101.98)
    assert stage.performance.values["gain"] == -1.0
    stage.look(102.001)
    assert stage.performance.values["gain"] == -6.0


def test_the_scheduler_sees_the_change_from_its_beat_on(stage):
    before = blend(stage, 0.0)
    stage.announce(103.0, ("/ld/blend", (0.0, 1.0)))
    stage.look(100.5)
    assert stage.outlook.moving_until == 6.0 and stage.outlook.still_until(1.0) == 6.0
    assert blend(stage, 5.99) == before != blend(stage, 6.0)
    after = blend(stage, 6.0)
    stage.look(103.004)
    assert blend(stage, 6.008) == after
    assert stage.outlook.moving_until <= 6.008


def test_a_glide_begins_at_its_beat_and_not_at_the_tick_after_it(stage):
    stage.announce(103.0, ("/ld/glide", (4.0,)), ("/ld/blend", (0.0, 1.0)))
    stage.look(100.5)
    foreseen = [blend(stage, beat) for beat in (6.0, 7.0, 8.0, 10.0)]
    stage.look(103.007)
    assert [blend(stage, beat) for beat in (6.0, 7.0, 8.0, 10.0)] == foreseen
    assert len(set(foreseen)) == 4


def test_of_several_the_first_is_seen_and_a_gesture_meanwhile_counts(stage):
    stage.announce(104.0, ("/ld/prompt/2/weight", (1.0,)))
    stage.announce(103.0, ("/ld/seed/a", (7,)))
    stage.look(100.5)
    assert stage.outlook.moving_until == 6.0
    assert stage.outlook.request_at(9.0).seeds == ((7, 1.0),)
    stage.announce(None, ("/ld/negative", ("noise",)), now=101.0)
    stage.look(101.0)
    assert stage.outlook.request_at(9.0).negative == "noise"
    stage.look(103.0)
    stage.look(103.02)
    assert stage.outlook.moving_until == 8.0


@pytest.mark.parametrize(("quantise", "beat"), [("off", 6.0), ("bar", 8.0)])
@pytest.mark.parametrize("launch", [("/ld/scene", ("far", 0.0)), ("/ld/scene/next", (1,))])
def test_a_scene_is_seen_from_where_it_begins(stage, quantise, beat, launch):
    stage.performance.values["quantise"] = quantise
    before = blend(stage, 0.0)
    stage.announce(103.0, launch)
    stage.look(100.5)
    assert stage.outlook.still_until(1.0) == beat
    assert blend(stage, beat - 0.01) == before != blend(stage, beat)
    after = blend(stage, beat)
    assert stage.performance.scene == "" and stage.performance.waiting is None
    stage.look(103.004)
    assert stage.performance.waiting.at == pytest.approx(beat)
    stage.performance.advance(beat + 0.01)
    assert blend(stage, beat + 0.01) == after and stage.performance.scene == "far"


def test_what_is_far_or_refused_is_not_shown(stage):
    stage.announce(150.0, ("/ld/blend", (0.0, 1.0)))
    stage.announce(103.0, ("/ld/prompt/9/weight", (1.0,)))
    stage.look(100.5)
    assert stage.outlook.moving_until == 0.0


def test_the_loop_of_an_announced_change_is_ready_at_its_beat(stage):
    """Ordered at once, and due exactly at the bundle's beat, which lies on no grid."""
    stage.announce(103.1, ("/ld/blend", (0.0, 1.0)))
    stage.look(100.5)
    scheduler = Scheduler()
    scheduler.swapped(0, stage.outlook.request_at(0.0), 120.0)
    step = scheduler.next_order(1.0, stage.outlook, Rules(quantise=0.0))
    scheduler.order(step)
    placed = scheduler.ready(step, 1, 2.0, "key", cold=True)
    assert placed.due == pytest.approx(6.2) and placed.grid == 0.0
    stage.look(103.105)
    assert scheduler.next_order(6.21, stage.outlook, Rules(quantise=0.0)) is None


def test_a_thousand_of_them_are_looked_at_once_each(stage, monkeypatch):
    for number in range(1000):
        stage.announce(101.0 + number / 200, ("/ld/gain", (-1.0,)))
    looked = []
    real = Foresight._changes
    monkeypatch.setattr(
        Foresight, "_changes", lambda self, pending: looked.append(pending) or real(self, pending)
    )
    for tick in range(40):
        stage.look(100.0 + tick * 0.02)
    assert len(looked) <= 1000
