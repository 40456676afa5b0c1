"""A performance on the running daemon, recorded and played again: the same samples."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from daemon import Daemon, running

from livediffusion.config import Config
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

pytestmark = pytest.mark.timeout(600)


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


def test_a_performance_with_moves_and_a_renderer_that_is_killed(tmp_path: Path) -> None:
    more = RECORD.format(tmp_path / "sessions")
    with running(tmp_path, SET, "null", more=more) as daemon:
        time.sleep(2.0)
        moves = [
            (0.0, "/ld/record", 1),
            (1.0, "/ld/gain", -3.0),
            (2.0, "/ld/glide", 8.0),
            (2.1, "/ld/blend", [0.5, 0.5]),
            (4.0, "/ld/filter", 0.4),
            (5.0, "/ld/mark", "before the drop"),
            (5.1, "/ld/scene", "drop"),
        ]
        perform(daemon, moves)
        os.kill(daemon.pid_of("renderer"), signal.SIGKILL)
        perform(daemon, [(1.0, "/ld/tempo", 140.0), (3.0, "/ld/seed/a", 7)])
        perform(daemon, [(7.0, "/ld/mute", 1), (7.5, "/ld/mute", 0), (9.0, "/ld/filter", 0.0)])
        daemon.wait(lambda d: d.transport.frame > 0, "frames")
        swaps = daemon.transport.swaps
        perform(daemon, [(0.0, "/ld/seed/a", 8)])
        daemon.wait_for_swap(swaps)
        perform(daemon, [(1.5, "/ld/record", 0)])
        time.sleep(1.5)
    session = the_session(tmp_path)
    assert session.log.problems == []
    assert session.time(session.end) > 18.0
    assert [event["text"] for event in session.log.of("mark")] == ["before the drop"]
    played = [event["address"] for event in session.log.of("control")]
    assert played.count("/ld/scene") == 1
    assert list(session.log.of("lost")) == []
    assert_same(session, tmp_path)
