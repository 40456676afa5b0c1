"""Leaning on loops that stand by: sample for sample, without a clock."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from player_stage import counting, loop, noise

from livediffusion.player.lean import Kinship, Pair, kinship
from livediffusion.player.limiter import DELAY
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer, Swap
from livediffusion.types import Lead

FRAMES = 48000
RAMP = 1440  # 30 ms
SETTLED = RAMP + 2 * DELAY
Samples = NDArray[np.float32]


class Player:
    """A mixer with the loop in slot 0, and what the worker knows beside it."""

    def __init__(self, audio: Samples, beats: int = 4) -> None:
        self.mixer = Mixer()
        self.kinship = Kinship()
        self.mixer.swap(Swap(loop(audio, beats, 0)))
        self.mixer.play()
        self.mixer.process(FRAMES + DELAY)

    def stand_by(self, audio: Samples, slot: int, beats: int = 4) -> None:
        standing = loop(audio, beats, slot)
        self.kinship.standing[slot] = standing
        self.mixer.stand_by(standing)

    def lean(self, amounts: dict[int, float], over: int = 0) -> None:
        pairs = self.kinship.pairs(amounts, self.mixer.deck.loops)
        self.mixer.lean(over, amounts, pairs)

    def drop(self, *slots: int) -> None:
        self.kinship.forget(set(slots))
        self.mixer.drop(set(slots))

    def go_over(self, audio: Samples, slot: int, **order: float) -> None:
        new = loop(audio, slot=slot)
        self.mixer.measure(new)
        self.mixer.swap(Swap(new, **order))  # type: ignore[arg-type]

    def released(self) -> list[int]:
        found = [h.slot for h in self.mixer.happened if h.what == "released"]
        self.mixer.happened.clear()
        return found

    def turn(self) -> Samples:
        """One whole turn of the loop, from its frame 0 on."""
        self.mixer.process(-self.place() % FRAMES)
        return self.mixer.process(FRAMES)

    def place(self) -> int:
        """The frame of the loop that comes out next."""
        return round(self.mixer.beat / 4 * FRAMES) % FRAMES


def tone(frequency: float, level: float = 0.2, turned: float = 0.0) -> Samples:
    """A whole number of waves."""
    wave = np.sin(2 * np.pi * frequency * np.arange(FRAMES) / 48000 + turned) * level
    return np.stack([wave, wave], axis=1).astype(np.float32)


def decibels(one: Samples, other: Samples) -> float:
    return 10 * math.log10(np.mean(np.square(one, dtype=np.float64)) / np.mean(np.square(other)))


def low(audio: Samples) -> Samples:
    """What is below 150 Hz."""
    spectrum = np.fft.rfft(audio, axis=0)
    spectrum[150 * len(audio) // 48000 :] = 0.0
    return np.fft.irfft(spectrum, len(audio), axis=0).astype(np.float32)


def alike(one: Samples, share: float, seed: int) -> Samples:
    """As loud, with so much correlation."""
    return (share * one + math.sqrt(1 - share**2) * noise(FRAMES, seed)).astype(np.float32)


def test_nothing_that_only_stands_by_is_heard() -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    player.stand_by(noise(FRAMES, 2), 1)
    assert np.array_equal(player.turn(), audio)


def test_the_first_frame_after_an_order_is_another() -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    player.stand_by(noise(FRAMES, 2), 1)
    expected = np.roll(audio, -player.place(), axis=0)[:640]
    player.lean({1: 0.5})
    out = player.mixer.process(640)
    changed = np.flatnonzero(np.any(out != expected, axis=1))
    assert changed[0] == DELAY


def test_what_comes_and_goes_leaves_the_loop_bit_for_bit() -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    player.stand_by(noise(FRAMES, 2), 1)
    player.lean({1: 0.7})
    assert not np.array_equal(player.turn(), audio)
    player.lean({})
    player.mixer.process(SETTLED)
    assert np.array_equal(player.turn(), audio)
    player.lean({})
    assert np.array_equal(player.turn(), audio)
    assert player.released() == [], "it still stands by"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("amounts", [{1: 0.2}, {1: 0.7}, {1: 1.0}, {1: 0.4, 2: 0.3}])
def test_the_mix_is_as_loud_as_the_loop(share: float, amounts: dict[int, float]) -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    for slot in (1, 2):
        player.stand_by(alike(audio, share, slot + 1), slot)
    player.lean(amounts)
    ramp = player.mixer.process(RAMP)
    assert abs(decibels(ramp, audio)) < 0.5
    out = player.turn()
    assert abs(decibels(out, audio)) < 0.2
    if share == 1.0:
        assert np.abs(out - audio).max() < 1e-5, "alike, nothing changes"


def test_amounts_are_shares_of_the_power() -> None:
    player = Player(tone(200.0))
    player.stand_by(tone(3000.0), 1)
    player.stand_by(tone(5000.0), 2)
    player.lean({1: 0.3, 2: 0.2})
    player.mixer.process(SETTLED)
    power = np.abs(np.fft.rfft(player.turn()[:, 0])) ** 2
    found = [power[round(f * FRAMES / 48000)] / power.sum() for f in (200.0, 3000.0, 5000.0)]
    assert found == pytest.approx([0.5, 0.3, 0.2], abs=1e-3)


@pytest.mark.parametrize("amount", [0.3, 0.5, 0.7])
def test_drums_that_hit_together_do_not_boom(amount: float) -> None:
    decay = np.exp(-np.arange(12000) / 2400)[:, None]
    kick = np.tile(0.6 * np.sin(2 * np.pi * 55 * np.arange(12000) / 48000)[:, None] * decay, (4, 2))
    one, other = ((kick + noise(FRAMES, seed, 0.15)).astype(np.float32) for seed in (1, 2))
    assert kinship(one, other) > 0.95
    player = Player(one)
    player.stand_by(other, 1)
    player.lean({1: amount})
    player.mixer.process(SETTLED)
    out = player.turn()
    assert abs(decibels(low(out), low(one))) < 0.2
    assert -2.0 < decibels(out, one) < 0.2


def test_the_low_end_counts_only_where_there_is_one() -> None:
    rumble = tone(40.0, 0.02)
    one, other = (noise(FRAMES, seed) + rumble for seed in (1, 2))
    assert kinship(one, other) < 0.1
    assert kinship(one, np.zeros_like(one)) == 0.0
    assert kinship(one, one) == pytest.approx(1.0)


@pytest.mark.parametrize("turned", [0.0, 1.0, 3.1])
def test_leaning_makes_no_click(turned: float) -> None:
    one, other = tone(110.0), tone(220.0, turned=turned)
    player = Player(one)
    player.stand_by(other, 1)
    parts = [player.mixer.process(3000)]
    for amount in (0.7, 0.0, 0.2, 1.0, 0.5, 0.0):
        player.lean({1: amount} if amount else {})
        parts.append(player.mixer.process(937))  # the next comes before the ramp has ended
    player.go_over(tone(165.0), 3, fade_frames=2880)
    player.lean({1: 0.6})
    parts.append(player.mixer.process(937))
    parts.append(player.mixer.process(4000))
    bend = np.diff(np.concatenate(parts).astype(np.float64), 2, axis=0)
    assert np.abs(bend).max() < 1e-3, "a jump of a thousandth of full scale would be more"


def test_the_lean_goes_out_with_the_loop_that_goes() -> None:
    one, ready, true = tone(200.0), tone(3000.0), noise(FRAMES, 3)
    player = Player(one)
    player.stand_by(ready, 1)
    player.lean({1: 0.7})
    player.mixer.process(SETTLED)
    player.go_over(true, 2, fade_frames=2880)
    fade = player.mixer.process(2880)
    assert abs(decibels(fade, one)) < 2.0
    player.mixer.process(2 * DELAY)
    assert np.array_equal(player.turn(), true)
    assert player.released() == [0], "what was leaned on stands by on"
    player.lean({1: 0.5}, over=0)
    assert np.array_equal(player.turn(), true), "an order for the loop before comes too late"
    player.lean({1: 0.5}, over=2)
    assert not np.array_equal(player.turn(), true)


@pytest.mark.parametrize("amount", [0.35, 0.7, 1.0])
def test_the_fade_to_the_true_loop_keeps_loudness(amount: float) -> None:
    """The true loop is alike to what was leaned on, and the fade knows it."""
    one, ready = noise(FRAMES, 1), noise(FRAMES, 2)
    true = alike(ready, 0.9, 3)
    player = Player(one)
    player.stand_by(ready, 1)
    player.lean({1: amount})
    player.mixer.process(SETTLED)
    player.go_over(true, 2, fade_frames=24000)
    out = player.mixer.process(24000).reshape(10, -1)
    level = 10 * np.log10(np.mean(out.astype(np.float64) ** 2, axis=1) / np.mean(one**2))
    assert np.abs(level).max() < 0.5


def test_a_loop_like_the_one_before_is_faded_to_while_it_leans() -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    player.stand_by(tone(3000.0), 1)
    player.lean({1: 0.7})
    player.mixer.process(SETTLED)
    player.go_over(audio.copy(), 2, fade_frames=4800)
    expected = np.roll(audio, -player.place(), axis=0)[:9600]
    added = np.abs(player.mixer.process(9600) - expected).max(axis=1)
    assert added[2 * DELAY : 480].max() > 0.05 > added[4000:4800].max() > 0.0
    assert not added[4800 + 2 * DELAY :].any()
    assert np.array_equal(player.turn(), audio)


def test_without_a_fade_the_lean_ends_at_once() -> None:
    player = Player(noise(FRAMES, 1))
    player.stand_by(noise(FRAMES, 2), 1)
    player.lean({1: 0.7})
    player.mixer.process(SETTLED)
    true = noise(FRAMES, 3)
    player.go_over(true, 2)
    expected = np.roll(true, -player.place(), axis=0)[:640]
    assert np.array_equal(player.mixer.process(640)[2 * DELAY :], expected[2 * DELAY :])
    player.drop(1)
    assert player.released() == [0, 1]


def test_what_is_dropped_is_free_when_it_is_out_of_the_mix() -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    for slot in (1, 2, 3):
        player.stand_by(noise(FRAMES, slot + 1), slot)
    player.lean({1: 0.3, 2: 0.3})
    player.mixer.process(SETTLED)
    player.drop(1, 3)
    assert player.released() == [3]
    player.mixer.process(RAMP - 64)
    assert player.released() == []
    player.mixer.process(128)
    assert player.released() == [1]
    assert [standing.slot for standing in player.mixer.deck.reader.loops] == [2]
    player.lean({1: 0.5, 2: 0.5})
    assert [standing.slot for standing in player.mixer.deck.reader.loops] == [2], "1 has gone"


def test_a_loop_of_another_length_is_not_leaned_on() -> None:
    audio = noise(FRAMES, 1)
    player = Player(audio)
    player.stand_by(noise(FRAMES + 2, 2), 1)
    player.stand_by(noise(FRAMES, 3), 2, beats=8)
    player.lean({1: 0.5, 2: 0.5, 9: 1.0})
    assert np.array_equal(player.turn(), audio)


def test_all_loops_are_read_at_the_same_place_when_a_clock_leads() -> None:
    audio = np.concatenate([tone(220.0), tone(440.0)])[: 2 * FRAMES]
    plain, leaning = Mixer(), Mixer()
    for mixer in (plain, leaning):
        mixer.swap(Swap(loop(audio, 4, 0)))
        mixer.stand_by(loop(audio.copy(), 4, 1))
        mixer.lead(Lead(0.0, 0.0, 120.4))
        mixer.play()
        mixer.process(FRAMES)
    leaning.lean(0, {1: 0.6}, [(0, 1, 1.0)])
    one, other = plain.process(3 * FRAMES), leaning.process(3 * FRAMES)
    assert np.abs(one - other).max() < 1e-4


def test_output_does_not_depend_on_blocks_while_it_leans() -> None:
    outs = []
    for cut in (4800, 333, 64):
        player = Player(noise(FRAMES, 1))
        player.stand_by(noise(FRAMES, 2), 1)
        player.lean({1: 0.7})
        player.go_over(noise(FRAMES, 3), 2, not_before=6.0, fade_frames=2880)
        outs.append(np.concatenate([player.mixer.process(cut) for _ in range(48000 // cut)]))
    count = min(len(out) for out in outs)
    assert all(np.array_equal(outs[0][:count], out[:count]) for out in outs)


def test_each_pair_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counted(one: Samples, other: Samples) -> float:
        compared.append(len(one))
        return 0.25

    monkeypatch.setattr("livediffusion.player.lean.kinship", counted)
    known, own = Kinship(), loop(noise(960))
    known.standing = {slot: loop(noise(960, slot), slot=slot) for slot in (1, 2)}
    expected: list[Pair] = [(1, 0, 0.25), (1, 2, 0.25), (2, 0, 0.25), (2, 1, 0.25)]
    assert known.pairs([1, 2, 7], [own]) == expected
    assert known.pairs([1, 2], [own, own]) == expected
    assert len(compared) == 3
    assert known.pairs([1], [loop(noise(960, 5), slot=5)]) == [(1, 5, 0.25)]
    assert known.pairs([1], [own]) == [(1, 0, 0.25)]
    assert len(compared) == 5, "what is not held any more is forgotten"


moves = st.lists(
    st.one_of(
        st.tuples(st.just("stand by"), st.integers(10, 13)),
        st.tuples(st.just("lean"), st.sampled_from([{}, {10: 0.7}, {10: 0.2, 11: 0.5}, {12: 1.0}])),
        st.tuples(st.just("swap"), st.sampled_from([0, 200, 3000])),
        st.tuples(st.just("drop"), st.sets(st.integers(10, 13), min_size=1)),
        st.tuples(st.just("play on"), st.integers(1, 3000)),
        st.tuples(st.just("hold"), st.booleans()),
        st.tuples(st.just("stop"), st.none()),
    ),
    max_size=25,
)


@given(moves)
@settings(max_examples=15, deadline=None)
def test_whatever_comes_slots_are_free_once_and_the_loop_is_itself_in_the_end(
    given_moves: list[tuple[str, object]],
) -> None:
    player = Player(noise(FRAMES, 1))
    mixer, given_out, number = player.mixer, {0}, 0
    player.released()
    for move, what in [*given_moves, ("hold", False), ("lean", {}), ("play on", 9000)]:
        if move == "stand by" and what not in given_out:
            given_out.add(int(str(what)))
            player.stand_by(noise(FRAMES, int(str(what))), int(str(what)))
        elif move == "lean" and isinstance(what, dict) and mixer.deck.current is not None:
            player.lean(what, over=mixer.deck.current.slot)
        elif move == "swap":
            number += 1
            given_out.add(100 + number)
            player.go_over(noise(FRAMES, number), 100 + number, fade_frames=int(str(what)))
        elif move == "drop" and isinstance(what, set):
            player.drop(*(what & given_out))
        elif move == "play on":
            out = mixer.process(int(str(what)))
            assert np.isfinite(out).all()
        elif move == "hold":
            mixer.set_hold(bool(what))
        elif move == "stop":
            mixer.stop()
            mixer.play()
        held = {one.slot for one in mixer.deck.loops} | set(mixer.deck.standing)
        for slot in player.released():
            assert slot in given_out, "once"
            assert slot not in held
            given_out.remove(slot)
    mixer.play()
    mixer.process(12000)
    given_out -= set(player.released())
    assert mixer.deck.current is not None
    assert given_out == {mixer.deck.current.slot, *mixer.deck.standing}
    assert np.array_equal(player.turn(), mixer.deck.current.audio)


def test_a_counting_loop_is_leaned_on_at_its_own_frames() -> None:
    player = Player(np.zeros((FRAMES, 2), np.float32))
    player.stand_by(counting(FRAMES), 1)
    player.lean({1: 1.0})
    player.mixer.process(SETTLED)
    assert np.abs(player.turn() - counting(FRAMES)).max() < 1e-6


def test_loops_are_equal_by_themselves_only() -> None:
    audio = noise(96)
    assert len({Loop(audio, 4, 1), Loop(audio, 4, 1)}) == 2
