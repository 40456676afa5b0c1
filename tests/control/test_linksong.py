"""How the song lies on a Link session's beats, with a session and a clock that stand still."""

import pytest

from livediffusion.control.clock import Motion
from livediffusion.control.linksong import SETTLES, LinkSong
from livediffusion.ipc.arena import Transport


class Session:
    """As aalink.Link behaves: alone it takes any beat, among others only a phase that is theirs."""

    def __init__(self, room):
        self.room = room
        self.num_peers = 0
        self.tempo = 120.0
        self.playing = False
        self.began = 0.0  # the time of beat 0
        self.slow = 0.0  # seconds that reading a beat takes
        self.started = 0.0  # when the transport started
        self.sets = 0

    def __setattr__(self, name, value):
        if name == "tempo" and "sets" in self.__dict__:
            now, beat = self.room.now, self.beat
            self.__dict__["tempo"], self.sets = value, self.sets + 1
            self.began = now - beat * 60.0 / value
        else:
            self.__dict__[name] = value

    @property
    def beat(self):
        self.room.now += self.slow
        return (self.room.now - self.began) * self.tempo / 60.0

    def set_beat(self, beat, time):
        self.began = time - beat * 60.0 / self.tempo

    def request_beat(self, beat):
        self.sets += 1
        assert not self.num_peers
        self.set_beat(beat, self.room.now)

    def request_beat_at_start_playing_time(self, beat):
        at = (self.started - self.began) * self.tempo / 60.0
        wait = (beat - at) % 4.0 if self.num_peers else 0.0
        self.set_beat(beat, self.started + wait * 60.0 / self.tempo)


class Room:
    """The song plays at `tempo` from beat `beat` at time 100."""

    def __init__(self, beat=0.0, tempo=120.0, start_stop=False):
        self.now = 100.0
        self.page = Transport(monotonic_ns=100 * 10**9, beat=beat, beats_per_second=tempo / 60.0)
        self.session = Session(self)
        self.session.began = 100.0
        self.song = LinkSong(self.session, lambda: self.page, lambda: self.now, start_stop)

    def wait(self, seconds):
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self.song.look()

    def join(self, beat, tempo=120.0, peers=1):
        """Find a session in which it is this beat now."""
        self.session.__dict__["tempo"] = tempo
        self.session.set_beat(beat, self.now)
        self.session.num_peers = peers
        self.song.look()

    @property
    def sung(self):
        return self.page.beat_at(round(self.now * 1e9))

    @property
    def led(self):
        return self.song.lead(self.now).beat_at(self.now)


@pytest.mark.parametrize(("song", "theirs", "wanted"), [
    (101.3, 2.3, 102.3), (101.3, 1.2, 101.2), (100.1, 3.9, 99.9), (0.2, 901.0, 1.0),
    (7.0, -2.0, 6.0),
])  # fmt: skip
def test_joining_the_song_moves_to_the_nearest_beat_that_is_in_their_bar(song, theirs, wanted):
    room = Room(song)
    room.join(theirs)
    assert room.led == pytest.approx(wanted)
    assert room.session.sets == 0


def test_a_song_that_stands_begins_in_the_first_bar():
    room = Room()
    room.page = Transport()
    room.join(903.5)
    assert room.led == pytest.approx(3.5)


def test_alone_nobody_leads_and_the_session_keeps_our_tempo_and_beat():
    room = Room(beat=33.3, tempo=126.0)
    room.wait(SETTLES - 0.02)
    assert room.session.sets == 0  # somebody may not have been heard of yet
    room.wait(1.0)
    assert room.song.lead(room.now) is None
    assert room.session.tempo == pytest.approx(126.0)
    assert room.session.beat == pytest.approx(room.sung, abs=1e-3)
    sets = room.session.sets
    room.wait(5.0)
    assert room.session.sets == sets  # it is left alone while it agrees


def test_whoever_comes_to_us_moves_nothing():
    room = Room(beat=33.3, tempo=126.0)
    room.wait(2.0)
    room.session.num_peers = 1
    before = room.sung
    room.song.look()
    assert room.led == pytest.approx(before, abs=5e-3)


def test_a_tempo_change_of_theirs_is_followed_without_a_jump():
    room = Room(50.0)
    room.join(2.0)
    room.wait(1.0)
    before = room.led
    room.session.tempo = 140.0
    room.wait(0.6)
    lead = room.song.lead(room.now)
    assert lead.tempo == 140.0
    assert lead.beat_at(room.now) == pytest.approx(before + 1.4, abs=0.01)


def test_their_beats_may_be_counted_anew():
    room = Room(50.0)
    room.join(2.0)
    before = room.led
    room.session.set_beat(802.0, room.now)
    room.song.look()
    assert room.led == pytest.approx(before)


def test_of_a_tempo_beyond_ours_half_is_taken():
    room = Room(8.0)
    room.join(100.0, tempo=400.0)
    lead = room.song.lead(room.now)
    assert (lead.tempo, lead.beat % 4.0) == (200.0, pytest.approx(2.0))


def test_nobody_leads_any_more_when_the_others_have_gone():
    room = Room(50.0)
    room.join(2.0)
    room.session.num_peers = 0
    room.song.look()
    assert room.song.lead(room.now) is None
    sets = room.session.sets
    room.wait(SETTLES - 0.02)
    assert room.session.sets == sets


def test_a_beat_that_took_long_to_read_is_passed_over():
    room = Room(50.0)
    room.join(2.0)
    known = room.song.lead(room.now)
    room.session.slow = 0.01
    room.wait(0.05)
    assert room.song.lead(room.now) == known


def test_a_session_that_plays_already_is_joined_as_it_is():
    room = Room(start_stop=True)
    room.join(2.0)
    room.session.playing = True
    room.wait(SETTLES + 0.5)
    assert room.song.motions() == []
    room.session.playing = False
    room.wait(0.05)
    assert [motion.action for motion in room.song.motions()] == ["stop"]


def test_a_start_of_theirs_is_beat_0_at_their_next_bar():
    room = Room(beat=50.0, start_stop=True)
    room.join(2.0)
    room.wait(2.0)  # to beat 6
    room.session.started, room.session.playing = room.now, True
    course = room.led
    room.wait(0.02)
    [motion] = room.song.motions()
    assert motion.action == "start"
    assert motion.time == pytest.approx(room.session.started + 1.0, abs=0.02)
    assert room.led == pytest.approx(course + 0.04, abs=0.01)
    just_before, then = (room.song.lead(motion.time + step) for step in (-0.01, 0.0))
    assert just_before.beat_at(motion.time) == pytest.approx(then.beat_at(motion.time) + 56.0)
    assert then.beat_at(motion.time) == pytest.approx(0.0, abs=1e-6)
    room.wait(2.0)
    assert room.led == pytest.approx((room.now - motion.time) * 2.0)


def test_a_song_that_stands_waits_for_their_bar():
    room = Room(start_stop=True)
    room.page = Transport()
    room.join(2.0)
    room.wait(2.0)
    room.session.started, room.session.playing = room.now, True
    room.wait(0.02)
    [motion] = room.song.motions()
    assert room.led == pytest.approx((room.now - motion.time) * 2.0)
    assert room.led < 0.0


def test_a_start_that_is_taken_back_moves_nothing():
    room = Room(beat=50.0, start_stop=True)
    room.join(2.0)
    room.wait(2.0)
    room.session.started, room.session.playing = room.now, True
    room.wait(0.02)
    room.session.playing = False
    before = room.led
    room.wait(2.0)
    assert room.led == pytest.approx(before + 4.0)
    assert [motion.action for motion in room.song.motions()] == ["start", "stop"]


def test_the_performer_starts_and_stops_the_others_without_an_echo():
    room = Room(start_stop=True)
    room.join(2.0)
    room.wait(2.0)
    room.song.share(True)
    room.wait(0.02)
    assert room.session.playing
    room.song.share(False)
    room.wait(0.02)
    assert not room.session.playing
    assert room.song.motions() == []


def test_without_start_stop_everybody_has_a_transport_of_their_own():
    room = Room()
    room.join(2.0)
    room.wait(2.0)
    room.session.playing = True
    room.song.share(False)
    room.wait(0.1)
    assert room.session.playing
    assert room.song.motions() == []


def test_a_motion_is_told_once():
    room = Room(start_stop=True)
    room.join(2.0)
    room.session.playing = True
    room.wait(SETTLES)
    room.session.playing = False
    room.wait(0.1)
    assert room.song.motions() == [Motion("stop", pytest.approx(room.now, abs=0.1))]
    assert room.song.motions() == []
