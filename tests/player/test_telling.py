"""A player in a process of its own, recorded in real time, killed, and played again."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from player_stage import Stage, noise

from livediffusion.player.process import Hello, Swapped
from livediffusion.session.eventlog import FORMAT
from livediffusion.session.recorded import open_session
from livediffusion.session.recorder import Recorder
from livediffusion.session.sound import to_samples
from livediffusion.session.tape import Tape
from livediffusion.types import Frames, Lead

SOUNDS = {f"key-{slot}": noise(48000 + (slot == 2) * 6000, slot) for slot in range(4)}


def sound(key: str, frames: Frames, beats: int) -> NDArray[np.float32]:
    assert len(SOUNDS[key]) == frames
    return SOUNDS[key]


def swap(stage: Stage, slot: int, grid: float = 0.0) -> None:
    """Go over to a loop; returns when it sounds."""
    audio = SOUNDS[f"key-{slot}"]
    stage.load(slot, audio)
    stage.player.swap(slot, f"key-{slot}", len(audio), 4, grid=grid, fade_ms=80.0)
    stage.wait_for(Swapped, lambda event: event.slot == slot)


def test_what_a_player_did_is_played_again_through_its_death(tmp_path: Path, run_dir: Path) -> None:
    stage = Stage(run_dir, "null")
    try:
        stage.wait_for(Hello)
        stage.player.play()
        swap(stage, 0)
        stage.player.set("filter", -0.3)
        folder = tmp_path / "session"
        folder.mkdir()
        head = {"type": "session", "format": FORMAT}
        recorder = Recorder(stage.arena, folder, head, {})
        swap(stage, 1, grid=0.25)
        stage.player.set("gain", 3.0)
        now = time.monotonic()
        stage.player.lead(Lead(stage.arena.read_transport().beat_now(), now, 238.0))
        time.sleep(1.0)
        stage.player.lead(None)
        stage.player.bend(236.0)
        swap(stage, 2)
        stage.process.kill()
        stage.process.wait()
        stage.start()
        stage.wait_for(Hello)
        stage.player.set("filter", 0.2)
        swap(stage, 3)
        time.sleep(0.5)
        recorder.stop()
        recorder.join(20.0)
    finally:
        stage.end()
    assert recorder.failure is None
    session = open_session(folder)
    assert list(session.log.of("lost")) == []
    did = [deed["do"] for deed in session.deeds]
    assert did.count("state") == 2
    assert "block" in did
    tape = Tape(session.deeds, sound)
    assert tape.start == session.start
    again = to_samples(np.concatenate(list(tape.play(session.end))))
    recorded = np.concatenate(list(session.samples()))
    assert np.array_equal(again, recorded)
    assert np.abs(recorded).max() > 1 << 19
