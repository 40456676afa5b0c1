"""The player's process, end to end: through JACK, into files, and into nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from jack import DEVICE, Jack
from numpy.typing import NDArray
from player_stage import Stage, counting, numbers

from livediffusion.ipc.arena import Transport
from livediffusion.player.process import Away, Hello, Notice, Released, Swapped

FRAMES, BEATS = 48000, 4  # a loop of one second
MakeStage = Callable[..., Stage]


def start_song(stage: Stage, slot: int = 0, mark: float = 0.25) -> None:
    stage.load(slot, counting(FRAMES, mark))
    stage.player.swap(slot, f"key-{slot}", FRAMES, BEATS)
    stage.player.play()
    stage.wait_for(Swapped)


def played_song(jack: Jack, on_stage: Stage) -> NDArray[np.float32]:
    """A few bars with a swap in them, as the device got them."""
    page = on_stage.arena.read_transport()
    bar = 4.0 * (page.beat // 4.0 + 2.0)
    slot, mark = (0, 0.25) if page.swaps % 2 == 0 else (1, 0.5)
    on_stage.load(slot, counting(FRAMES, mark))
    on_stage.player.swap(slot, f"key-{slot}", FRAMES, BEATS, not_before=bar - 1.0, grid=4.0,
                         fade_ms=0.0)  # fmt: skip
    swapped = on_stage.wait_for(Swapped)
    assert (swapped.slot, swapped.key, swapped.beat) == (slot, f"key-{slot}", bar)
    assert swapped.late_beats == 0.0
    assert on_stage.wait_for(Released) == Released(1 - slot, f"key-{1 - slot}")
    on_stage.wait_for_beat(bar + 5.0)
    count = round((bar + 4.0 - page.beat) * FRAMES / BEATS)
    return on_stage.arena.read_ring(page.frame, count)


@pytest.mark.jack
def test_loops_and_swaps_sample_for_sample(jack: Jack, stage: MakeStage) -> None:
    with jack.capture(60.0) as capture:
        on_stage = stage(DEVICE)
        start_song(on_stage)
        on_stage.wait_for_beat(1.0)
        for _ in range(4):  # a late cycle, on a busy machine, shows in the capture: then again
            underruns = on_stage.arena.read_transport().underruns
            song = played_song(jack, on_stage)
            if on_stage.arena.read_transport().underruns == underruns:
                break
        else:
            pytest.skip("this machine is too busy for real-time audio")
        capture.stop()
    assert np.all(np.diff(numbers(song)) % FRAMES == 1)
    changes = np.flatnonzero(np.diff(song[:, 1]))
    assert len(changes) == 1 and numbers(song)[changes[0] + 1] == 0  # the bar's first frame
    assert {song[changes[0], 1], song[changes[0] + 1, 1]} == {np.float32(0.25), np.float32(0.5)}
    assert is_within(song, capture.samples())


def is_within(part: NDArray[np.float32], whole: NDArray[np.float32]) -> bool:
    """Whether `whole` has `part` somewhere, bit for bit."""
    starts = np.flatnonzero(np.all(whole == part[0], axis=1))
    return any(np.array_equal(whole[start : start + len(part)], part) for start in starts)


@pytest.mark.jack
@pytest.mark.parametrize("channels", [(2, 1), (2,)])
def test_channels_are_routed(jack: Jack, stage: MakeStage, channels: tuple[int, ...]) -> None:
    with jack.capture(60.0) as capture:
        on_stage = stage(DEVICE[:9], channels=channels, blocksize=256)  # part of the name
        start_song(on_stage)
        on_stage.wait_for_beat(4.0)
        capture.stop()
    first, second = capture.samples().T
    heard = second > 0.126  # late in the counting loop, or early in its mean with the other
    assert heard.any()
    if len(channels) == 2:
        assert np.all(first[heard] == 0.25)
    else:
        assert not first.any()


@pytest.mark.jack
def test_devices_are_found_by_name_part_and_index(jack: Jack) -> None:
    code = """
from livediffusion.player.device import find_device, list_devices
from livediffusion.errors import UserError
for device in list_devices():
    print(device["index"], device["name"], device["channels"], device["default"])
print(find_device("JACK_cap")["name"], find_device("1")["name"], find_device(None)["name"])
try:
    find_device("jack_captor")
except UserError as error:
    print(error)
"""
    with jack.capture(30.0) as capture:
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        capture.stop()
    lines = found.stdout.splitlines()
    assert lines[:2] == ["0 system 2 True", "1 jack_capture 2 False"]
    assert lines[2] == "jack_capture jack_capture system"
    assert "'jack_captor'" in lines[3] and "jack_capture" in lines[3]
    assert "livediffusion devices" in lines[3]


@pytest.mark.jack
def test_knobs_are_heard_within_25_ms(jack: Jack, stage: MakeStage) -> None:
    heard_after: list[float] = []
    with jack.capture(60.0) as capture:
        on_stage = stage(DEVICE)
        start_song(on_stage)
        on_stage.wait_for_beat(1.0)
        for turn in range(12):
            began = on_stage.arena.read_transport()
            on_stage.player.set("mute", turn % 2 == 0)
            time.sleep(0.15)
            ring = on_stage.arena.read_ring(began.frame, 6000)[:, 1]
            settled = np.flatnonzero((ring == 0.0) if turn % 2 == 0 else (ring == 0.25))
            heard_after.append(settled[0] / 48000)
        capture.stop()
    assert sorted(heard_after)[len(heard_after) // 2] < 0.025, heard_after


@pytest.mark.jack
def test_killed_player_comes_back_on_the_beat(jack: Jack, stage: MakeStage) -> None:
    with jack.capture(60.0) as capture:
        on_stage = stage(DEVICE)
        start_song(on_stage)
        on_stage.player.set("gain", -6.0)
        on_stage.load(2, counting(FRAMES, 0.5))
        on_stage.player.swap(2, "later", FRAMES, BEATS, not_before=26.0, fade_ms=0.0)
        on_stage.wait_for_beat(6.0)
        before = on_stage.arena.read_transport()
        on_stage.process.kill()
        on_stage.process.wait()
        on_stage.start()
        on_stage.wait_for(Away)
        hello = on_stage.wait_for(Hello)
        assert hello.playing and hello.slots[0].key == "key-0" and hello.slots[0].role == "current"
        assert hello.slots[2].role == "pending"
        after = on_stage.arena.read_transport()
        assert after.frame > before.frame and after.swaps == before.swaps
        apart = after.beat - before.beat_at(after.monotonic_ns)
        assert abs(apart) < 0.1  # beats of a quarter second
        swapped = on_stage.wait_for(Swapped)
        assert (swapped.slot, swapped.beat, swapped.late_beats) == (2, 26.0, 0.0)
        on_stage.wait_for_beat(27.0)
        capture.stop()
    samples = capture.samples()
    values = samples[np.flatnonzero(samples[:, 1])[0] :, 1]
    assert np.float32(0.5) * np.float32(10 ** (-6 / 20)) in values  # gain and swap came through


@pytest.mark.jack
def test_dead_sound_server_is_waited_for(jack: Jack, stage: MakeStage) -> None:
    with jack.capture(30.0) as capture:
        on_stage = stage(DEVICE)
        start_song(on_stage)
        on_stage.wait_for_beat(2.0)
        jack.kill()
        on_stage.process.wait(20.0)  # it notices, and leaves
        capture.stop()
    before = on_stage.arena.read_transport()
    on_stage.start()
    on_stage.wait_for(Away)
    hello = on_stage.wait_for(Hello)
    assert "is away" in hello.output and hello.playing  # time runs on meanwhile
    assert "audio device" in on_stage.wait_for(Notice).text
    jack.start()
    with jack.capture(20.0) as capture:
        on_stage.wait_for(Notice, lambda notice: "there again" in notice.text)
        after = on_stage.arena.read_transport()
        assert abs(after.beat - before.beat_at(after.monotonic_ns)) < 0.5
        on_stage.wait_for_beat(after.beat + 4.0)
        capture.stop()
    assert on_stage.player.connected


def test_null_output_keeps_time(stage: MakeStage) -> None:
    on_stage = stage("null")
    start_song(on_stage)
    on_stage.wait_for_beat(2.0)
    page = on_stage.arena.read_transport()
    assert page.playing and page.beats_per_second == 4.0 and page.loop_frames == FRAMES
    assert page.peak > 0.0 and page.swaps == 1
    ring = on_stage.arena.read_ring(page.frame - 9600, 9600)
    assert np.all(np.diff(numbers(ring)) % FRAMES == 1)
    assert on_stage.arena.heartbeat_age("player") < 5.0
    assert on_stage.end() == 0


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_file_output_can_be_read_at_any_time(stage: MakeStage, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"set.{suffix}"
    on_stage = stage(str(path))
    start_song(on_stage)
    on_stage.wait_for_beat(10.0)
    if suffix == "wav":  # FLAC's length is only written at the end
        early, rate = soundfile.read(path, dtype="float32")
        assert rate == 48000 and len(early) > 48000
    assert on_stage.end() == 0
    whole, _ = soundfile.read(path, dtype="float32")
    song = whole[np.flatnonzero(whole[:, 1])[0] + 200 :][:90000]
    assert np.all(np.diff(np.rint(song[:, 0] * 2.0**18)) % FRAMES == 1)


def test_killed_player_does_not_write_over_its_file(stage: MakeStage, tmp_path: Path) -> None:
    path = tmp_path / "set.wav"
    on_stage = stage(str(path))
    start_song(on_stage)
    on_stage.wait_for_beat(6.0)
    on_stage.process.kill()
    on_stage.process.wait()
    on_stage.start()
    on_stage.wait_for(Away)
    on_stage.wait_for(Hello)
    on_stage.wait_for_beat(10.0)
    assert on_stage.end() == 0
    assert soundfile.info(path).frames > 0
    assert soundfile.info(tmp_path / "set-2.wav").frames > 0


def test_unknown_output_is_refused_in_a_sentence(run_dir: Path) -> None:
    on_stage = Stage(run_dir, "no such device")
    assert on_stage.process.wait(20.0) == 78
    assert "audio device" in (run_dir / "player.failed").read_text()
    on_stage.end()


def test_messages_that_make_no_sense_stop_nothing(stage: MakeStage) -> None:
    on_stage = stage("null")
    start_song(on_stage)
    client = on_stage.player._client
    for message in (
        {"type": "swap"}, {"type": "set", "name": "gain", "value": float("nan")},
        {"type": "set", "name": "colour", "value": 1}, {"type": "nonsense"},
        {"type": "swap", "slot": 99, "key": "k", "frames": 1, "beats": 4, "grid": 0},
        {"type": "swap", "slot": 1, "key": "k", "frames": -5, "beats": 4, "grid": 0},
        {"type": "swap", "slot": 1, "key": "k", "frames": 64, "beats": 0, "grid": 0},
        {"type": "drop", "slots": "x"},
    ):  # fmt: skip
        assert client.send(message)
    assert on_stage.wait_for(Notice)
    on_stage.player.drop([5])
    assert on_stage.wait_for(Released) == Released(5, "")
    assert on_stage.arena.read_transport().playing


def test_output_can_be_changed_while_playing(stage: MakeStage, tmp_path: Path) -> None:
    on_stage = stage("null")
    start_song(on_stage)
    on_stage.player.set_output(str(tmp_path / "on.wav"))
    assert on_stage.wait_for(Hello).output.endswith("on.wav")
    on_stage.player.set_output("no such device")
    assert "audio device" in on_stage.wait_for(Notice).text
    page = on_stage.arena.read_transport()
    on_stage.wait_for_beat(page.beat + 1.0)


def test_leaving_page_is_written_when_stopped(stage: MakeStage) -> None:
    on_stage = stage("null")
    start_song(on_stage)
    on_stage.wait_for_beat(1.0)
    on_stage.player.stop()
    end = time.monotonic() + 10.0
    page = Transport()
    while time.monotonic() < end and (page.beat != 0.0 or page.playing or page.frame == 0):
        page = on_stage.arena.read_transport()
    assert page.beat == 0.0 and page.beats_per_second == 0.0 and not page.playing
