"""The mixer under a leader, bent and nudged, block by block with an exact clock."""

from __future__ import annotations

import numpy as np
import pytest
from clicks import RATE, Samples, attacks_in, clicks, frames_at, largest_step, levels, sine
from hypothesis import given, settings
from hypothesis import strategies as st
from player_stage import loop, noise

from livediffusion.player.limiter import DELAY
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer, Swap
from livediffusion.types import Lead

START = 3000.0  # seconds, when output frame 0 leaves


class Stand:
    """A mixer whose blocks leave exactly when they should."""

    def __init__(self, audio: Samples, beats: int = 8, block: int = 256) -> None:
        self.mixer = Mixer()
        self.block = block
        self.mixer.swap(Swap(Loop.listened_to(audio, beats, 0, "key-0")))

    @property
    def now(self) -> float:
        """When the next frame leaves."""
        return START + self.mixer.frame / RATE

    def play(self, seconds: float, lead: Lead | None = None) -> Samples:
        """Output of so many seconds, whole blocks; the leader, if any, is heard in each."""
        blocks = []
        for _ in range(max(round(seconds * RATE / self.block), 1)):
            if lead is not None:
                now = self.now
                self.mixer.lead(Lead(lead.beat_at(now), now, lead.tempo))
            out: Samples = np.empty((self.block, 2), np.float32)
            self.mixer.fill(out, self.now)
            blocks.append(out)
        return np.concatenate(blocks)

    def off(self, lead: Lead) -> float:
        """Seconds by which the transport's beat is behind the leader's."""
        return (lead.beat_at(self.now) - self.mixer.beat) * 60.0 / lead.tempo


@pytest.mark.parametrize(("own", "tempo"), [(120.0, 126.0), (93.75, 140.0), (140.0, 120.0)])
def test_attacks_are_heard_on_the_leaders_grid(own: float, tempo: float) -> None:
    stand, lead = Stand(clicks(own)), Lead(2.0, START + 0.1, tempo)
    stand.mixer.play()
    out = stand.play(10.0, lead)
    after = round(4 * 60.0 / tempo * RATE)
    heard = START + (after + attacks_in(out[after:])) / RATE
    beats = np.array([lead.beat_at(time) for time in heard])
    away = (beats - np.round(beats * 4.0) / 4.0) * 60.0 / tempo
    assert len(heard) >= int((10.0 - after / RATE) * tempo / 15.0) - 1
    assert np.abs(away).max() < 0.003
    assert abs(stand.off(lead)) < 0.0002
    assert stand.mixer.beats_per_second * 60.0 == pytest.approx(tempo, rel=1e-4)


@pytest.mark.parametrize("behind", [0.11, -0.11, 0.02, 1.3, -6.0])
def test_a_leader_who_comes_while_it_plays_is_joined_without_a_step(behind: float) -> None:
    audio = sine(220.0, frames_at(120.0, 8))
    stand = Stand(audio)
    stand.mixer.play()
    before = stand.play(1.0)[2400:]
    lead = Lead(stand.mixer.beat + behind, stand.now, 123.0)
    after = stand.play(5.0, lead)
    assert abs(stand.off(lead)) < 0.001
    assert largest_step(np.concatenate([before, after])) < 1.15 * largest_step(audio)
    assert np.abs(levels(after) - levels(audio).mean()).max() < 3.0  # a jump meets any phase


def test_when_the_leader_goes_the_loop_passes_bit_for_bit_again_without_a_step() -> None:
    audio = sine(220.0, frames_at(120.0, 4))
    audio[:, 1] = noise(len(audio), level=0.01)[:, 1]  # so that each place can be told
    stand = Stand(audio, 4)
    stand.mixer.play()
    lead = Lead(1.234, START, 120.3)
    led = stand.play(2.0, lead)[2400:]
    stand.mixer.lead(None)
    going = stand.play(0.5)
    position = stand.mixer.deck.position
    assert position == round(position)
    alone = stand.play(3.0)
    start = (int(position) - DELAY - stand.mixer._left) % len(audio)
    assert np.array_equal(
        alone, np.take(audio, np.arange(start, start + len(alone)), 0, mode="wrap")
    )
    left = np.concatenate([led, going, alone])[:, :1]
    assert largest_step(left) < 1.02 * largest_step(audio[:, :1])


def test_an_exact_loop_takes_over_by_itself() -> None:
    stand, lead = Stand(clicks(120.0)), Lead(5.0, START, 126.0)
    stand.mixer.play()
    stand.play(4.0, lead)
    exact = Loop.listened_to(clicks(126.0), 8, 1, "key-1")
    stand.mixer.measure(exact)
    stand.mixer.swap(Swap(exact, grid=4.0, fade_frames=2880))
    stand.play(3.0, lead)
    deck = stand.mixer.deck
    assert deck.current is exact and abs(deck.speed - 1.0) < 1e-3
    assert abs(stand.off(lead)) < 0.0005


def test_while_stopped_the_leader_is_followed_from_the_moment_of_play() -> None:
    stand, lead = Stand(clicks(120.0)), Lead(100.0, START, 120.0)
    stand.play(1.0, lead)
    assert stand.mixer.beat == 0.0 and stand.mixer.beats_per_second == 0.0
    stand.mixer.play()
    stand.play(0.01, lead)
    assert abs(stand.off(lead)) < 0.0001
    assert stand.mixer.beat == pytest.approx(102.0, abs=0.1)
    stand.mixer.stop()
    stand.play(0.4, lead)
    assert stand.mixer.beat == 0.0


def test_play_without_a_loop_waits_at_the_leaders_beat() -> None:
    stand, lead = Stand(noise(RATE)), Lead(40.0, START, 120.0)
    stand.mixer.deck.pending.clear()
    stand.mixer.play()
    stand.play(1.0, lead)
    stand.mixer.swap(Swap(loop(clicks(120.0), 8), grid=4.0))
    stand.play(0.1, lead)
    assert abs(stand.off(lead)) < 0.0001


def test_a_panicked_song_returns_at_the_leaders_bar() -> None:
    stand, lead = Stand(np.full((frames_at(120.0, 8), 2), 0.3, np.float32)), Lead(0.0, START, 130.0)
    stand.mixer.play()
    stand.play(1.0, lead)
    stand.mixer.panic()
    stand.play(0.5, lead)
    stand.mixer.play()
    began = stand.now
    out = stand.play(2.0, lead)
    returned = lead.beat_at(began + np.flatnonzero(out[:, 0])[0] / RATE)
    assert returned == pytest.approx(4.0, abs=0.01)


def test_a_swap_that_is_jumped_over_is_taken_after_the_jump_and_not_called_late() -> None:
    stand, lead = Stand(clicks(120.0)), Lead(50.0, START, 124.0)
    stand.mixer.play()
    stand.play(1.0, lead)
    for slot, due in ((1, 60.0), (2, 72.0)):
        new = Loop.listened_to(clicks(120.0), 8, slot, f"key-{slot}")
        stand.mixer.swap(Swap(new, due, 4.0, 480))
    ahead = Lead(lead.beat + 12.0, lead.time, lead.tempo)  # jumps over beat 60
    stand.play(6.0, ahead)
    swapped = [h for h in stand.mixer.happened if h.what == "swapped"][1:]
    assert [h.slot for h in swapped] == [1, 2]
    assert swapped[0].late <= 0.05 and stand.mixer.deck.late == 0  # the jump's own fade
    assert swapped[1].beat == pytest.approx(72.0, abs=1e-3) and swapped[1].late < 1e-3


@pytest.mark.parametrize("led", [False, True])
def test_a_jump_waits_for_a_fade(led: bool) -> None:
    stand, lead = Stand(clicks(120.0)), Lead(0.0, START, 120.0)
    stand.mixer.play()
    stand.play(0.5, lead if led else None)
    new = Loop.listened_to(clicks(120.0, bed=0.02), 8, 1, "key-1")
    stand.mixer.swap(Swap(new, fade_frames=RATE // 2))
    stand.play(0.1, lead if led else None)
    before = stand.mixer.beat
    stand.mixer.nudge(4.0)
    stand.play(0.2, lead if led else None)
    assert stand.mixer.beat == pytest.approx(before + 0.4, abs=0.02)
    stand.play(0.5, lead if led else None)
    assert stand.mixer.beat == pytest.approx(before + 1.4 + 4.0, abs=0.02)


def test_a_jump_keeps_what_the_loop_leans_on() -> None:
    frames = frames_at(120.0, 4)
    stand = Stand(np.full((frames, 2), 0.2, np.float32), 4)
    stand.mixer.play()
    stand.play(0.5)
    stand.mixer.stand_by(Loop(np.full((frames, 2), 0.3, np.float32), 4, 1, "key-1"))
    stand.mixer.lean(0, {1: 0.5}, [(0, 1, 1.0)])
    before = stand.play(0.5)[-1, 0]
    assert before > 0.2
    stand.mixer.nudge(2.5)
    jumped = stand.play(0.2)
    assert stand.mixer.beat > 3.5
    assert np.allclose(jumped, before, atol=1e-4)
    stand.mixer.drop({1})
    stand.play(0.1)
    assert [h.slot for h in stand.mixer.happened if h.what == "released"] == [1]


@given(
    own=st.sampled_from([93.75, 120.0, 127.3]),
    other=st.sampled_from([93.75, 120.0, 130.0]),
    tempo=st.floats(60.0, 200.0),
    block=st.sampled_from([17, 64, 256, 480, 1024]),
    grid=st.sampled_from([1.0, 2.0, 4.0]),
    fade=st.sampled_from([0, 960]),
)
@settings(max_examples=20, deadline=None)
def test_swaps_are_on_their_grid_under_a_leader(
    own: float, other: float, tempo: float, block: int, grid: float, fade: int
) -> None:
    first = np.full((frames_at(own, 8), 2), 0.2, np.float32)
    second = np.full((frames_at(other, 4), 2), 0.4, np.float32)
    stand = Stand(first, block=block)
    lead = Lead(3.7, START, tempo)
    stand.mixer.play()
    stand.play(0.5, lead)
    began = stand.mixer.frame
    wished = np.ceil((stand.mixer.beat + 0.5) / grid) * grid
    stand.mixer.swap(Swap(loop(second, 4, 1), float(wished), grid, fade))
    out = stand.play((grid + 1.5) * 60.0 / tempo, lead)
    swapped = [h for h in stand.mixer.happened if h.what == "swapped"][1]
    assert swapped.beat == pytest.approx(wished, abs=1e-3)
    assert swapped.late < 1e-3 and stand.mixer.deck.late == 0
    heard = lead.beat_at(START + swapped.offset / RATE)
    assert heard == pytest.approx(wished, abs=0.002 * tempo / 60.0)
    changed = began + int(np.flatnonzero(out[:, 0] > 0.2001)[0])
    assert abs(changed - swapped.offset) <= 2 + fade // 20
    assert stand.off(lead) == pytest.approx(0.0, abs=0.001)


@given(st.lists(st.integers(1, 1500), min_size=3, max_size=10), st.floats(80.0, 160.0))
@settings(max_examples=10, deadline=None)
def test_output_under_a_leader_does_not_depend_on_blocks(cuts: list[int], tempo: float) -> None:
    def prepared() -> Stand:
        stand = Stand(noise(20000), 4)
        stand.mixer.lead(Lead(1.0, START, tempo))
        stand.mixer.play()
        return stand

    whole, cut = prepared().mixer, prepared().mixer
    expected = np.empty((sum(cuts), 2), np.float32)
    whole.fill(expected, START)
    parts = [np.empty((count, 2), np.float32) for count in cuts]
    for part in parts:
        cut.fill(part, START + cut.frame / RATE)
    assert np.allclose(expected, np.concatenate(parts), atol=1e-5)


def test_loops_are_bent_while_nobody_leads_until_one_has_the_tempo() -> None:
    stand = Stand(clicks(120.0))
    stand.mixer.play()
    stand.play(1.0)
    stand.mixer.bend(126.0)
    stand.play(2.0)
    assert stand.mixer.beats_per_second == pytest.approx(2.1)
    exact = clicks(126.0)
    stand.mixer.swap(Swap(loop(exact, 8, 1), grid=1.0))
    stand.play(1.0)
    start = int(stand.mixer.deck.position) - DELAY - stand.mixer._left
    out = stand.play(2.0)
    assert stand.mixer.deck.speed == 1.0
    assert np.array_equal(out, np.take(exact, np.arange(start, start + len(out)), 0, mode="wrap"))
    stand.mixer.bend(None)
    stand.play(0.1)
    assert stand.mixer.beats_per_second == 8 / len(exact) * RATE


@pytest.mark.parametrize("by", [0.1, -0.25])
def test_a_nudge_moves_what_is_heard(by: float) -> None:
    stand = Stand(clicks(120.0))
    stand.mixer.play()
    stand.play(1.0)
    stand.mixer.nudge(by)
    stand.play(1.0)
    began = stand.mixer.frame
    out = stand.play(2.0)
    beats = (began + attacks_in(out) - DELAY) * 2.0 / RATE + by
    assert np.abs(beats * 4.0 - np.round(beats * 4.0)).max() < 0.003 * 8.0
    assert stand.mixer.deck.position == round(stand.mixer.deck.position)


@pytest.mark.parametrize("tempo", [2.0, 20.0, 300.0, 999.0])
def test_absurd_tempi_stop_nothing(tempo: float) -> None:
    stand, lead = Stand(noise(frames_at(120.0, 4)), 4), Lead(0.0, START, tempo)
    stand.mixer.play()
    out = stand.play(1.0, lead)
    assert np.isfinite(out).all() and out.any()
    assert abs(lead.beat_at(stand.now) - stand.mixer.beat) < 0.2
