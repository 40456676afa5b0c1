"""MIDI clock as a song to follow: a master that is simulated, on its own time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.control.arrivals import Arrivals
from livediffusion.control.clock import Motion
from livediffusion.control.clock_ticks import CONTINUE, START, STOP, TICK
from livediffusion.control.midibytes import POSITION, Message, Splitter
from livediffusion.control.midiclock import MidiClock
from livediffusion.ipc.arena import Transport

SOUNDING = Transport(monotonic_ns=1, beat=100.37, beats_per_second=2.0, loop_beats=8)


class Master:
    """A sequencer on a cable, and the clock that hears it."""

    def __init__(self, tempo: float = 120.0, jitter: float = 0.0, seed: int = 0, **more) -> None:
        self.said: list[str] = []
        self.now, self.tempo, self.beat = 10.0, tempo, 0.0
        self.clock = MidiClock(lambda: SOUNDING, self.said.append, **more)
        self._jitter = jitter
        self._chance = random.Random(seed)

    def send(self, *messages: Message, device: str = "Digitakt") -> None:
        late = self._chance.uniform(0.0, self._jitter)
        for message in messages:
            self.clock.hear(device, message, self.now + late)

    def run(self, beats: float, **more: str) -> None:
        """Tick for so many beats; the control loop looks after each."""
        for _ in range(round(24 * beats)):
            self.now += 60.0 / self.tempo / 24
            self.send(TICK, **more)
            self.look()

    def look(self):
        lead, tempo = self.clock.lead(self.now), self.clock.tempo(self.now)
        return lead, tempo

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self.look()

    @property
    def error(self) -> float:
        """Beats by which the song that is to be followed is off the master's."""
        lead = self.clock.lead(self.now)
        assert lead is not None
        return lead.beat_at(self.now) - self.beat


@settings(max_examples=25)
@given(st.floats(22.0, 290.0), st.integers(0, 99))
def test_a_start_puts_beat_0_on_the_next_tick(tempo: float, seed: int) -> None:
    jitter = min(0.004, 12.0 / tempo / 24)
    master = Master(tempo, jitter, seed)
    master.send(START)
    master.run(1 / 24)
    assert [motion.action for motion in master.clock.motions()] == ["start"]
    master.run(8.0)
    master.beat = 8.0
    assert abs(master.error) * 60.0 / tempo < jitter + 0.001
    lead, settled = master.look()
    assert lead.tempo == pytest.approx(tempo, rel=0.01)
    assert settled == pytest.approx(tempo, rel=0.01)
    assert master.clock.status == "locked"
    assert master.clock.motions() == master.said == []


def test_the_first_ticks_lead_at_the_tempo_that_was() -> None:
    master = Master(126.0)
    master.send(START)
    master.run(2 / 24)
    lead, settled = master.look()
    assert (lead.beat, lead.tempo, settled) == (pytest.approx(1 / 24), 120.0, None)


def test_stop_continue_and_song_position() -> None:
    master = Master()
    master.send(START)
    master.run(4 + 1 / 24)
    master.send(STOP)
    assert master.look() == (None, 120.0)
    master.run(2.0)  # most masters go on ticking
    assert master.look() == (None, 120.0)
    assert master.clock.status == "stopped"
    stopped = master.now
    master.send(CONTINUE)
    master.run(1.0)
    master.beat = 5.0  # it went on with beat 4 and a tick
    assert abs(master.error) < 1e-3
    master.send(STOP, (POSITION, 64, 1), CONTINUE)
    master.run(1 + 1 / 24)
    master.beat = (64 + 128) / 4 + 1.0
    assert abs(master.error) < 1e-3
    motions = master.clock.motions()
    assert [motion.action for motion in motions] == [
        "start",
        "stop",
        "continue",
        "stop",
        "continue",
    ]
    assert motions[2] == Motion("continue", pytest.approx(stopped + 60 / 120 / 24))


def test_a_position_while_it_runs_is_jumped_to() -> None:
    master = Master()
    master.send(START)
    master.run(3.0)
    master.send((POSITION, 0, 0))
    master.run(1 + 1 / 24)
    master.beat = 1.0
    assert abs(master.error) < 1e-3


def test_a_clock_that_nobody_heard_start_leads_from_where_the_song_is() -> None:
    master = Master()
    master.run(2.0)
    lead, _ = master.look()
    sounding = SOUNDING.beat_at(round(lead.time * 1e9))
    assert abs(lead.beat - sounding) <= 0.5 / 24 + 1e-9
    assert lead.beat * 24 == pytest.approx(round(lead.beat * 24))
    master.run(2.0)
    later, _ = master.look()
    assert later.beat - lead.beat == pytest.approx(2.0)
    assert master.clock.motions() == []


def test_a_master_that_falls_silent_leads_for_a_moment_and_that_is_said_once() -> None:
    master = Master(90.0)
    master.send(START)
    master.run(8.0)
    master.wait(0.8)
    master.beat = 8.0 + (0.8 - 60 / 90 / 24) * 1.5 + 1 / 24
    assert master.error == pytest.approx(-1 / 24, abs=0.03)
    master.wait(2.0)
    assert (master.look(), master.clock.status) == ((None, None), "waiting")
    assert len(master.said) == 1 and "silent" in master.said[0]
    master.run(2.0)
    assert master.clock.status == "locked" and master.look()[0] is not None
    assert len(master.said) == 1


@pytest.mark.parametrize("tempo", [5.0, 500.0])
def test_a_tempo_beyond_ours_is_refused_in_a_sentence_once(tempo: float) -> None:
    master = Master(120.0)
    master.run(4.0)
    master.tempo = tempo
    master.run(6.0)
    assert master.look() == (None, None)
    assert master.clock.status == "out of range"
    assert len(master.said) == 1 and f"runs at {tempo:.0f} bpm" in master.said[0]
    master.tempo = 100.0
    master.run(4.0)
    assert master.look()[1] == 100.0
    assert len(master.said) == 1


@pytest.mark.parametrize("jitter", [0.0005, 0.003])
@pytest.mark.parametrize("seed", range(4))
def test_the_settled_tempo_moves_once_for_a_change_and_never_for_jitter(
    jitter: float, seed: int
) -> None:
    master, seen = Master(120.0, jitter, seed), []
    master.send(START)
    master.run(4.0)
    for tempo in (120.0, 126.0):
        master.tempo = tempo
        for _ in range(12 * 24):
            master.run(1 / 24)
            seen.append(master.look()[1])
    lasting = {first for first, *rest in zip(*(seen[n:] for n in range(12)), strict=False)
               if all(one == first for one in rest)}  # fmt: skip
    assert {120.0, 126.0} <= lasting and len(lasting) <= 4
    assert seen[12 * 24 - 1] == 120.0 and seen[-1] == 126.0
    first = seen.index(126.0) - 12 * 24
    assert first < (24 if jitter < 0.001 else 48)  # ticks


def test_the_first_that_sends_leads_until_it_has_been_silent() -> None:
    master = Master(120.0)
    master.run(2.0)
    for _ in range(48):
        master.now += 0.5 / 24
        master.send(TICK)
        master.send(TICK, TICK, START, device="other")
        master.look()
    assert master.look()[1] == 120.0 and master.clock.motions() == []
    master.wait(2.5)
    master.tempo = 90.0
    master.run(3.0, device="other")
    assert master.look()[1] == 90.0


def test_one_that_is_asked_for_by_name_is_waited_for() -> None:
    master = Master(120.0, device="Digi*")
    master.run(2.0, device="other")
    assert (master.look(), master.clock.status) == ((None, None), "waiting")
    master.run(2.0)
    assert master.look()[1] == 120.0


@given(st.lists(st.tuples(st.binary(max_size=4), st.floats(0.0, 1.0)), max_size=60))
def test_any_bytes_at_any_time_raise_nothing(sent: list[tuple[bytes, float]]) -> None:
    master, splitter = Master(), Splitter()
    for data, pause in sent:
        master.now += pause
        for message in splitter.feed(data):
            master.send(message)
        master.look()


@given(st.lists(st.tuples(st.floats(0.001, 0.1), st.floats(0.0, 0.03)), min_size=200, max_size=200))
def test_messages_that_are_fetched_late_keep_the_time_they_came(
    sent: list[tuple[float, float]],
) -> None:
    arrivals, came, stamps = Arrivals(), 3.0, []
    last = came
    for passed, late in [(0.0, 0.0), *sent]:
        came += passed
        last = max(last, came + late)
        stamps.append((came, last, arrivals.stamp(passed, last)))
    assert all(stamp <= fetched for _, fetched, stamp in stamps)
    assert all(came - 1e-9 <= stamp <= came + 0.03 for came, _, stamp in stamps)
