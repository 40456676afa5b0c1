"""The mixer, sample for sample, without a clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from player_stage import counting, loop, noise, numbers

from livediffusion.player.limiter import DELAY
from livediffusion.player.mixer import Happening, Mixer, Swap

START = DELAY + 96  # the first frame after the 2 ms start ramp
Samples = NDArray[np.float32]


def playing(audio: Samples, beats: int = 4, slot: int = 0) -> Mixer:
    mixer = Mixer()
    mixer.swap(Swap(loop(audio, beats, slot)))
    mixer.play()
    return mixer


def go_over(mixer: Mixer, audio: Samples, slot: int, beats: int = 4, **order: float | None) -> None:
    new = loop(audio, beats, slot)
    mixer.measure(new)
    mixer.swap(Swap(new, **order))  # type: ignore[arg-type]


def happened(mixer: Mixer) -> list[tuple[str, int, int]]:
    return [(h.what, h.slot, h.offset) for h in mixer.happened]


def test_loop_repeats_bit_for_bit_with_its_exact_period() -> None:
    audio = noise(96001)
    mixer = playing(audio)
    out = mixer.process(DELAY + 5 * 96001)
    assert np.array_equal(out[START : DELAY + 96001], audio[96:])
    for turn in range(1, 5):
        start = DELAY + turn * 96001
        assert np.array_equal(out[start : start + 96001], audio)
    assert mixer.beat == pytest.approx(20.0)


def test_loop_shorter_than_a_quantum() -> None:
    audio = noise(7)
    out = playing(audio).process(1000)
    assert np.array_equal(out[START:], np.tile(audio, (200, 1))[96:][: 1000 - START])


def test_song_beat_never_drifts() -> None:
    frames = 9001
    mixer = playing(noise(frames), beats=3)
    mixer.process(frames * 50 + DELAY)
    assert mixer.deck.turn_beat == 150.0
    assert mixer.deck.position == (frames * 50 + DELAY + 63) // 64 * 64 - frames * 50


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_output_does_not_depend_on_blocks(data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(1, 2000), min_size=3, max_size=12))
    orders = data.draw(st.lists(st.sampled_from(["swap", "gain", "filter", "panic"]), max_size=3))

    def prepared() -> Mixer:
        mixer = playing(noise(5000, 1), beats=4)
        mixer.process(1234)
        for number, order in enumerate(orders):
            if order == "swap":
                audio = noise(5000 + 777 * number, number + 5, 0.6)
                go_over(mixer, audio, number + 1, not_before=1.0, grid=0.5, fade_frames=700)
            elif order == "gain":
                mixer.set_gain(5.0)
            elif order == "filter":
                mixer.set_filter(-0.4)
            else:
                mixer.panic()
                mixer.play()
        return mixer

    whole, cut = prepared(), prepared()
    expected = whole.process(sum(cuts))
    parts = [cut.process(count) for count in cuts]
    assert np.array_equal(expected, np.concatenate(parts))
    assert list(whole.happened) == list(cut.happened)


def test_swap_on_the_grid_at_the_exact_frame() -> None:
    first, second = counting(96000), counting(96000)[::-1].copy()
    mixer = playing(first)
    mixer.process(30000)  # beat 1.25
    go_over(mixer, second, 1, grid=1.0)
    mixer.happened.clear()
    out = mixer.process(40000)
    swap = 48000 - 30000 + DELAY
    assert np.array_equal(out[:swap], first[30000 - DELAY : 48000])
    assert np.array_equal(out[swap:], second[48000:][: 40000 - swap])
    assert happened(mixer) == [("swapped", 1, 48000 + DELAY), ("released", 0, 48000 + DELAY)]


@pytest.mark.parametrize(
    ("not_before", "grid", "beat"),
    [(None, 1.0, 2.0), (None, 4.0, 4.0), (2.5, 1.0, 3.0), (6.0, 2.0, 6.0), (0.5, 1.0, 2.0),
     (2.25, 0.0, 2.25), (5.0, 4.0, 8.0)],
)  # fmt: skip
def test_swap_takes_the_first_boundary(not_before: float | None, grid: float, beat: float) -> None:
    mixer = playing(noise(96000))
    mixer.process(30016)  # a little after beat 1.25
    go_over(mixer, noise(96000, 1), 1, not_before=not_before, grid=grid)
    mixer.process(200000)
    swapped = [h for h in mixer.happened if h.what == "swapped"][1]
    assert swapped.beat == beat
    assert swapped.offset == beat * 24000 + DELAY
    assert swapped.late == pytest.approx(1.0 if not_before == 0.5 else 0.0)


def test_swap_ordered_in_the_very_frame_of_a_boundary_is_in_time() -> None:
    frames = 96003  # beats fall between frames
    mixer = playing(noise(frames))
    mixer.deck.seek(1.0)
    for not_before in (None, 1.0):
        order = Swap(loop(noise(frames, 1), slot=1), not_before, 1.0)
        mixer.swap(order)
        assert mixer.deck.pending[-1].due == 1.0


def test_swap_to_another_tempo_keeps_the_song_beat() -> None:
    slow, fast = counting(96000), counting(80001)
    mixer = playing(slow)
    mixer.process(96000 * 3 + 1000)
    go_over(mixer, fast, 1, grid=1.0)
    out = numbers(mixer.process(60000))
    at = 24000 - 1000 + DELAY
    assert out[at - 1] == 23999 and out[at] == round(80001 / 4) and out[at + 1] == out[at] + 1
    assert mixer.happened[-1].beat == 0.0 and mixer.happened[-2].beat == 13.0


def test_swap_to_another_length_keeps_the_song_beat() -> None:
    mixer = playing(counting(96000))
    mixer.process(96000 * 3 + 1000)  # beat 12.04
    go_over(mixer, counting(192000), 1, beats=8, grid=4.0)
    out = numbers(mixer.process(100000))
    at = 96000 - 1000 + DELAY
    assert out[at - 1] == 95999 and out[at] == 0  # beat 16 of an 8-beat loop
    assert mixer.deck.turn_beat == 16.0


def test_swap_at_once() -> None:
    mixer = playing(counting(96000))
    mixer.process(6400)
    go_over(mixer, counting(96000, mark=0.5), 1)
    out = mixer.process(640)
    assert np.array_equal(numbers(out), np.arange(6400 - DELAY, 7040 - DELAY))
    assert np.array_equal(np.flatnonzero(out[:, 1] == 0.5), np.arange(DELAY, 640))


def test_glide_steps_are_taken_each_on_its_beat() -> None:
    mixer = playing(counting(96000))
    for step in range(1, 5):
        mark = 0.25 + step / 16
        go_over(mixer, counting(96000, mark), step, not_before=float(step), fade_frames=480)
    out = mixer.process(150000)
    for step in range(1, 5):
        before, after = DELAY + step * 24000 - 1, DELAY + step * 24000 + 480
        assert out[before, 1] == np.float32(0.25 + (step - 1) / 16)
        assert out[after, 1] == np.float32(0.25 + step / 16)
    released = [h.slot for h in mixer.happened if h.what == "released"]
    assert released == [0, 1, 2, 3]


def test_swap_that_comes_due_during_a_fade_waits_and_the_newest_wins() -> None:
    mixer = playing(noise(96000))
    mixer.process(64)
    for slot in (1, 2, 3):
        go_over(mixer, noise(96000, slot), slot, not_before=slot * 0.1, fade_frames=9600)
    mixer.process(48000)
    assert happened(mixer)[1:] == [
        ("swapped", 1, DELAY + 2400),
        ("released", 0, DELAY + 12000),
        ("swapped", 3, DELAY + 12000),
        ("released", 2, DELAY + 12000),
        ("released", 1, DELAY + 21600),
    ]


def test_hold_lets_swaps_wait_and_release_takes_the_newest_due() -> None:
    mixer = playing(noise(96000))
    mixer.set_hold(True)
    for slot, beat in ((1, 1.0), (2, 2.0), (3, 50.0)):
        go_over(mixer, noise(96000, slot), slot, not_before=beat)
    mixer.process(96000)
    assert [h.slot for h in mixer.happened] == [0]
    mixer.set_hold(False)
    mixer.process(64)
    then = 96000 + DELAY
    assert happened(mixer)[1:] == [
        ("swapped", 2, then), ("released", 1, then), ("released", 0, then)
    ]  # fmt: skip
    assert [item.swap.loop.slot for item in mixer.deck.pending] == [3]


def test_drop_frees_waiting_slots_but_not_sounding_ones() -> None:
    mixer = playing(noise(96000))
    go_over(mixer, noise(96000, 1), 1, not_before=9.0)
    mixer.process(64)
    mixer.happened.clear()
    mixer.drop({0, 1, 5})
    assert [(h.what, h.slot, h.key) for h in mixer.happened] == [
        ("released", 1, "key-1"), ("released", 5, "")
    ]  # fmt: skip
    assert mixer.process(256).any()


def test_fade_into_the_same_sound_changes_nothing() -> None:
    audio = noise(48000)
    mixer = playing(audio)
    mixer.process(DELAY)
    go_over(mixer, audio.copy(), 1, fade_frames=4800, grid=0.5)
    out = mixer.process(48000)
    assert np.array_equal(out[96:], audio[96:])
    assert [h[:2] for h in happened(mixer)[1:]] == [("swapped", 1), ("released", 0)]


@pytest.mark.parametrize(("alike", "tolerance_db"), [(0.0, 0.3), (0.5, 0.3), (1.0, 0.01)])
def test_fades_keep_loudness(alike: float, tolerance_db: float) -> None:
    frames, fade = 48000, 24000
    one, own = noise(frames, 1), noise(frames, 2)
    other = (alike * one + np.sqrt(1 - alike**2) * own).astype(np.float32)
    if alike == 1.0:
        other *= np.float32(0.999)  # not the same array
    mixer = playing(one)
    mixer.process(24000 + DELAY)
    go_over(mixer, other, 1, fade_frames=fade)
    out = mixer.process(fade).astype(np.float64)
    parts, before = out.reshape(10, -1), one[24000:].astype(np.float64).reshape(10, -1)
    level = 10 * np.log10(np.mean(parts**2, axis=1) / np.mean(before**2, axis=1))
    assert np.abs(level).max() < tolerance_db


def test_fade_between_lengths_is_gapless() -> None:
    mixer = playing(np.full((48000, 2), 0.3, np.float32))
    mixer.process(1000)
    go_over(mixer, np.full((40000, 2), 0.3, np.float32), 1, fade_frames=2880)
    assert np.allclose(mixer.process(10000), 0.3, atol=1e-6)


def test_gain_is_exact_after_its_ramp_and_moves_evenly() -> None:
    mixer = playing(np.full((48000, 2), 0.25, np.float32))
    mixer.process(6400)
    mixer.set_gain(-6.0)
    out = mixer.process(1024)[:, 0]
    assert np.all(np.diff(out) <= 0) and np.abs(np.diff(out)).max() < 0.25 * 0.5 / 239
    assert out[DELAY] < 0.25 and np.all(out[:DELAY] == 0.25)
    assert np.all(out[DELAY + 240 :] == np.float32(0.25) * np.float32(10 ** (-6 / 20)))
    mixer.set_gain(99.0)
    assert mixer.gain == 6.0


def test_mute_is_silence_and_time_runs_on() -> None:
    mixer = playing(counting(48000))
    mixer.process(6400)
    mixer.set_mute(True)
    assert not mixer.process(1024)[DELAY + 240 :].any()
    mixer.set_mute(False)
    out = mixer.process(1024)
    assert np.array_equal(numbers(out)[DELAY + 240 :], np.arange(7424, 8448 - DELAY)[240:])


def test_stop_goes_back_to_beat_0() -> None:
    audio = counting(48000)
    mixer = playing(audio)
    mixer.process(9984)
    mixer.stop()
    fading = mixer.process(9600 + DELAY + 64)
    assert fading[DELAY + 4800, 1] == pytest.approx(0.125, abs=0.001)
    assert not fading[-1].any()
    assert mixer.motion == "stopped" and mixer.beat == 0.0 and mixer.beats_per_second == 0.0
    assert not mixer.process(5120).any()
    mixer.play()
    assert np.array_equal(mixer.process(6400)[START:], audio[96 : 6400 - DELAY])


def test_play_while_stopping_starts_again_at_beat_0() -> None:
    mixer = playing(noise(48000))
    mixer.process(10000)
    mixer.stop()
    mixer.process(640)
    mixer.play()
    mixer.process(9600)
    assert mixer.motion == "playing" and 0 <= mixer.deck.beat < 0.1


def test_panic_is_silent_after_50_ms_and_play_returns_at_the_next_bar() -> None:
    mixer = playing(counting(96000))
    mixer.process(10000)
    mixer.panic()
    out = mixer.process(20000)
    assert out[DELAY + 2300 + 64].any() and not out[DELAY + 2464 :].any()
    mixer.play()
    out = mixer.process(96000)
    heard = np.flatnonzero(out[:, 1])
    assert heard[0] == 96000 - 30000 + DELAY
    after = out[heard[0] + 96 :]
    assert np.array_equal(numbers(after), np.arange(96, 96 + len(after)))


def test_swaps_while_stopped_are_taken_when_due_at_beat_0() -> None:
    mixer = Mixer()
    for slot, not_before in ((0, None), (1, 0.0), (2, 99.0)):
        audio = noise(48000, slot)
        mixer.swap(Swap(loop(audio, slot=slot), not_before=not_before, fade_frames=99))
    mixer.process(64)
    assert [h[:2] for h in happened(mixer)] == [("swapped", 1), ("released", 0)]
    assert [item.swap.loop.slot for item in mixer.deck.pending] == [2]


def test_stop_takes_the_last_swap_that_waits() -> None:
    mixer = playing(noise(48000))
    mixer.process(1000)
    for slot in (1, 2):
        go_over(mixer, noise(48000, slot), slot, not_before=9.0 + slot)
    mixer.stop()
    mixer.process(12000)
    assert [h[:2] for h in happened(mixer)[1:]] == [
        ("swapped", 2), ("released", 1), ("released", 0)
    ]  # fmt: skip
    assert not mixer.deck.pending and mixer.deck.current is not None
    assert mixer.deck.current.slot == 2


def test_playing_waits_at_beat_0_for_the_first_loop() -> None:
    mixer = Mixer()
    mixer.play()
    assert not mixer.process(5000).any() and mixer.beat == 0.0
    mixer.swap(Swap(loop(counting(48000)), grid=4.0, fade_frames=999))
    out = mixer.process(5120)
    first = np.flatnonzero(out[:, 1])[0]
    assert numbers(out)[first + 96] == 96


def test_resume_is_on_the_beat() -> None:
    first = playing(counting(96000))
    first.process(123456)
    second = Mixer()
    second.deck.current = loop(counting(96000))
    second.resume(first.beat, "playing")
    expected, resumed = first.process(4800), second.process(4800)
    assert np.array_equal(resumed[START:], expected[START:])


def test_levels() -> None:
    mixer = playing(np.full((48000, 2), 0.5, np.float32))
    mixer.process(4800)
    mixer.process(256)
    assert mixer.peak == 0.5 and mixer.rms == pytest.approx(0.5)


def test_happening_compares_by_value() -> None:
    assert Happening("released", 1, "k") == Happening("released", 1, "k", 0)
