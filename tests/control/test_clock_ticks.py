"""MIDI clock out, on a clock that stands still: what a receiver is sent and makes of it."""

from dataclasses import replace
from itertools import pairwise

import pytest

from livediffusion.control.clock_ticks import CONTINUE, START, STOP, TICK, Ticks
from livediffusion.ipc.arena import Transport

TICK_S = 60.0 / 120.0 / 24.0


class Receiver:
    """A drum machine as the MIDI standard has it, and the song that it follows."""

    def __init__(self, beat=0.0, tempo=120.0):
        self.now = 1000.0
        self.page = self.playing(beat, tempo)
        self.ticks = Ticks()
        self.sent = []  # (time, message)
        self.position = 0  # ticks
        self.runs = False

    def playing(self, beat, tempo):
        """A page that says: this beat now."""
        return Transport(
            monotonic_ns=round(self.now * 1e9), beat=beat, beats_per_second=tempo / 60.0
        )

    def jump(self, beat, tempo=120.0):
        self.page = self.playing(beat, tempo)

    def stop(self):
        self.page = Transport(monotonic_ns=round(self.now * 1e9))

    @property
    def song(self):
        return self.page.beat_at(round(self.now * 1e9)) * 24.0

    def wait(self, seconds, late=0.0):
        """Let time pass; each message goes out so many seconds late."""
        end = self.now + seconds
        while (step := self.ticks.next(self.page, self.now)) is not None and step.time < end:
            self.now = max(self.now, step.time) + late
            for message in step.messages:
                self.hear(message)
            self.ticks.sent(step, self.page, self.now)
        self.now = max(self.now, end)

    def hear(self, message):
        self.sent.append((self.now, message))
        if message == TICK:
            self.position += self.runs
        elif message == START:
            self.position, self.runs = 0, True
        elif message == CONTINUE:
            self.runs = True
        elif message == STOP:
            self.runs = False
        else:
            assert not self.runs and message[0] == 0xF2
            self.position = (message[1] + message[2] * 128) * 6

    def words(self):
        """What was sent but ticks."""
        return [message for _, message in self.sent if message != TICK]

    def gaps(self):
        times = [time for time, message in self.sent if message == TICK]
        return [after - before for before, after in pairwise(times)]


def test_it_starts_with_the_song_and_the_first_tick_is_beat_0():
    receiver = Receiver(beat=-0.1)
    receiver.wait(1.049)
    assert receiver.words() == [START]
    (started, _), (first, _), *_ = receiver.sent
    assert 0.001 <= first - started <= 0.005
    assert first == pytest.approx(1000.05)
    assert receiver.position == 48  # ticks 0 to 47, the last at 1000.05 + 47/48 s
    assert receiver.gaps() == pytest.approx([TICK_S] * 47)


def test_a_late_start_is_caught_up_with():
    receiver = Receiver(beat=0.1)
    receiver.wait(1.0)
    assert receiver.words() == [START]
    assert min(receiver.gaps()) >= 0.5 * TICK_S - 1e-9
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.0)


@pytest.mark.parametrize("beat", [0.3, 17.13, 5000.2])
def test_in_the_midst_of_the_song_it_continues_at_a_sixteenth(beat):
    receiver = Receiver(beat)
    receiver.wait(1.0)
    assert [word[0] for word in receiver.words()] == [0xFC, 0xF2, 0xFB]
    wrapped = receiver.song % (16384 * 6)
    assert receiver.position - 1 == pytest.approx(wrapped, abs=1.01)
    continued = next(time for time, message in receiver.sent if message == CONTINUE)
    first = next(time for time, message in receiver.sent if message == TICK)
    assert first - continued >= 0.001
    assert (beat + (first - 1000.0) * 2.0) % 0.25 == pytest.approx(0.0, abs=1e-6)


def test_it_stops_with_the_song_and_is_silent_then():
    receiver = Receiver()
    receiver.wait(1.0)
    receiver.stop()
    receiver.wait(1.0)
    assert receiver.words() == [START, STOP]
    assert receiver.sent[-1][1] == STOP
    receiver.jump(-0.05)
    receiver.wait(1.0)
    assert receiver.words() == [START, STOP, START]


def test_a_player_that_is_gone_for_good_stops_it():
    receiver = Receiver()
    receiver.wait(10.0)
    assert receiver.words() == [START, STOP]
    assert receiver.sent[-1][0] == pytest.approx(1003.0, abs=1.1 * TICK_S)


def test_a_new_tempo_is_followed_from_the_next_tick():
    receiver = Receiver()
    receiver.wait(2.0)
    receiver.jump(receiver.song / 24.0, 180.0)
    receiver.wait(2.0)
    assert receiver.words() == [START]
    assert receiver.gaps()[-60:] == pytest.approx([60.0 / 180.0 / 24.0] * 60)
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.0)


@pytest.mark.parametrize("nudge", [0.2, -0.2])
def test_a_nudge_is_made_good_on_the_way(nudge):
    receiver = Receiver()
    receiver.wait(2.0)
    receiver.jump(receiver.song / 24.0 + nudge)
    receiver.wait(2.0)
    assert receiver.words() == [START]
    assert min(receiver.gaps()) >= 0.5 * TICK_S - 1e-9
    assert max(receiver.gaps()) <= 2.0 * TICK_S + 1e-9
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.0)
    assert receiver.gaps()[-20:] == pytest.approx([TICK_S] * 20)


@pytest.mark.parametrize("to", [100.13, 0.6])
def test_a_jump_is_a_new_position(to):
    receiver = Receiver()
    receiver.wait(2.0)
    receiver.jump(to)
    receiver.wait(1.0)
    assert [word[0] for word in receiver.words()] == [0xFA, 0xFC, 0xFC, 0xF2, 0xFB]
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.0)


def test_back_to_the_beginning_is_a_start():
    receiver = Receiver()
    receiver.wait(2.0)
    receiver.jump(-0.01)
    receiver.wait(1.0)
    assert receiver.words() == [START, STOP, START]


@pytest.mark.parametrize("stall", [0.06, 0.1])
def test_a_short_stall_is_caught_up_with_and_never_in_a_burst(stall):
    receiver = Receiver()
    receiver.wait(1.0)
    receiver.now += stall
    receiver.wait(1.0)
    assert receiver.words() == [START]
    assert min(receiver.gaps()) >= 0.5 * TICK_S - 1e-9
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.0)


def test_after_a_long_stall_it_is_where_the_song_is():
    receiver = Receiver()
    receiver.wait(1.0)
    receiver.now += 1.0
    receiver.wait(1.0)
    assert [word[0] for word in receiver.words()] == [0xFA, 0xFC, 0xFC, 0xF2, 0xFB]
    assert min(receiver.gaps()) >= 0.5 * TICK_S - 1e-9
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.0)


def test_messages_that_go_out_late_do_not_add_up():
    receiver = Receiver()
    for _ in range(10):
        receiver.wait(2.0, late=0.003)
        receiver.jump(receiver.song / 24.0)
    assert receiver.words() == [START]
    assert receiver.position - 1 == pytest.approx(receiver.song, abs=1.2)


def test_while_nothing_has_ever_sounded_nothing_is_sent():
    receiver = Receiver()
    receiver.page = replace(Transport(), monotonic_ns=10**12)
    receiver.wait(5.0)
    assert receiver.sent == []
