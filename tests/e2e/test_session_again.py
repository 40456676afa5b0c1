"""A performance on the running daemon, recorded and played again: the same samples."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from daemon import Daemon, running

from livediffusion.config import Config
from livediffusion.render.seed_images import SHIPPED
from livediffusion.session.recorded import Session, open_session
from livediffusion.session.replay import replay

SET = """
name = "Recorded Set"
tempo = 150
beats = 4
steps = 2
[[prompt]]
text = "dark techno"
[[prompt]]
text = "ambient pads"
[[scene]]
name = "drop"
blend = [0.2, 1.0]
filter = -0.3
"""
RECORD = '[session]\ndirectory = "{}"\n[render]\nthreads = 1\n'

pytestmark = [pytest.mark.timeout(1500), pytest.mark.long]  # minutes, in real time


def perform(daemon: Daemon, moves: list[tuple[float, str, object]]) -> None:
    """Send messages at their seconds."""
    start = time.monotonic()
    for when, address, value in moves:
        time.sleep(max(start + when - time.monotonic(), 0.0))
        daemon.osc.send_message(address, value)


def the_session(folder: Path) -> Session:
    """The only one."""
    (found,) = (folder / "sessions").iterdir()
    return open_session(found)


def assert_same(session: Session, folder: Path) -> None:
    """What is played again is what was recorded, bit for bit."""
    said: list[str] = []
    output = folder / "again.flac"
    compared = replay(session, output, Config(), None, said.append, lambda text, part: None)
    assert compared is not None
    assert said == []
    assert compared.sentence() == "Equal to the recording, sample for sample."
    assert compared.frames == session.end - session.start
    again, _ = soundfile.read(output, dtype="int32")
    recorded = np.concatenate(list(session.samples()))
    assert np.array_equal(again >> 8, recorded)
    assert np.abs(recorded).max() > 1 << 18  # not silence


def next_swap(daemon: Daemon) -> None:
    """Until another loop has come, however busy the machine is."""
    swaps = daemon.transport.swaps
    daemon.wait(lambda d: d.transport.swaps > swaps and not d.transport.fading, "a loop", 300.0)


def test_a_performance_with_moves_and_a_renderer_that_is_killed(tmp_path: Path) -> None:
    more = RECORD.format(tmp_path / "sessions")
    with running(tmp_path, SET, "null", more=more) as daemon:
        perform(daemon, [(0.0, "/ld/record", 1), (1.0, "/ld/gain", -3.0), (2.0, "/ld/glide", 8.0)])
        perform(daemon, [(0.0, "/ld/blend", [0.5, 0.5])])
        next_swap(daemon)
        perform(daemon, [(0.0, "/ld/filter", 0.4), (1.0, "/ld/mark", "before the drop")])
        perform(daemon, [(0.0, "/ld/scene", "drop")])
        os.kill(daemon.pid_of("renderer"), signal.SIGKILL)
        perform(daemon, [(1.0, "/ld/tempo", 140.0), (2.0, "/ld/mute", 1), (2.3, "/ld/mute", 0)])
        next_swap(daemon)
        perform(daemon, [(0.0, "/ld/seed/a", 8), (0.5, "/ld/filter", 0.0)])
        next_swap(daemon)
        perform(daemon, [(6.0, "/ld/record", 0)])
        daemon.wait(lambda d: d.status["recording"] == 0, "the end")
    session = the_session(tmp_path)
    assert session.log.problems == []
    assert session.time(session.end) > 12.0
    assert [event["text"] for event in session.log.of("mark")] == ["before the drop"]
    played = [event["address"] for event in session.log.of("control")]
    assert played.count("/ld/scene") == 1
    assert list(session.log.of("lost")) == []
    assert sum(deed["do"] == "swapped" for deed in session.deeds) >= 3
    assert_same(session, tmp_path)


def test_a_recording_from_the_start_through_every_death(tmp_path: Path) -> None:
    more = RECORD.format(tmp_path / "sessions").replace("[render]", "record = true\n[render]")
    with running(tmp_path, SET, "null", more=more) as daemon:
        perform(daemon, [(1.0, "/ld/gain", -2.0), (1.1, "/ld/filter", -0.2)])
        os.kill(daemon.pid_of("control"), signal.SIGKILL)
        found = tmp_path / "sessions"
        daemon.wait(lambda d: bool(list(found.glob("*/audio-2.flac"))), "another file", 120.0)
        perform(daemon, [(1.0, "/ld/gain", 0.0)])
        blocks = daemon.transport.frame
        os.kill(daemon.pid_of("player"), signal.SIGKILL)
        daemon.wait(lambda d: d.transport.frame > blocks + 48000, "the player", 120.0)
        perform(daemon, [(0.5, "/ld/seed/a", 9)])
        next_swap(daemon)
        perform(daemon, [(1.0, "/ld/filter", 0.0), (1.5, "/ld/mark", "the end")])
        time.sleep(1.0)
    session = the_session(tmp_path)
    assert session.log.problems == []
    assert [event["text"] for event in session.log.of("mark")] == ["the end"]
    assert list(session.log.of("lost")) == []
    assert len(session.files) == 2
    assert any(deed["do"] == "begin" for deed in session.deeds)
    assert next(session.log.of("end"))["frame"] == session.end
    assert_same(session, tmp_path)


def test_over_a_seed_image_that_was_chosen_live_and_is_gone_since(tmp_path: Path) -> None:
    seed = tmp_path / "seeds" / "mine.png"
    seed.parent.mkdir()
    shutil.copy(SHIPPED / "house.png", seed)
    more = RECORD.format(tmp_path / "sessions") + f'seed_images = "{seed.parent}"\n'
    with running(tmp_path, SET, "null", more=more) as daemon:
        perform(daemon, [(0.0, "/ld/record", 1), (1.0, "/ld/strength", 0.5)])
        perform(daemon, [(0.0, "/ld/seed/image", "mine")])
        next_swap(daemon)
        perform(daemon, [(2.0, "/ld/prompt/1/remove", [])])
        next_swap(daemon)
        perform(daemon, [(3.0, "/ld/record", 0)])
        daemon.wait(lambda d: d.status["recording"] == 0, "the end")
    session = the_session(tmp_path)
    seed.unlink()
    (copy,) = (session.folder / "images").iterdir()
    assert copy.read_bytes() == (SHIPPED / "house.png").read_bytes()
    played = [event["address"] for event in session.log.of("control")]
    assert {"/ld/seed/image", "/ld/prompt/1/remove"} <= set(played)
    assert_same(session, tmp_path)


def test_a_glide_whose_loops_were_rendered_at_once(tmp_path: Path) -> None:
    more = RECORD.format(tmp_path / "sessions") + "batch = 4\n"
    with running(tmp_path, SET, "null", more=more) as daemon:
        perform(daemon, [(0.0, "/ld/record", 1), (0.5, "/ld/quantise", "loop")])
        perform(daemon, [(0.5, "/ld/glide", 32.0), (1.0, "/ld/blend", [0.1, 0.9])])
        for _ in range(4):
            next_swap(daemon)
        perform(daemon, [(1.0, "/ld/record", 0)])
        daemon.wait(lambda d: d.status["recording"] == 0, "the end")
    session = the_session(tmp_path)
    assert session.log.problems == []
    batches = [event["request"]["batch"] for event in session.log.of("loop")]
    assert max(batches) > 1, batches
    assert_same(session, tmp_path)
