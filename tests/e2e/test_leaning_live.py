"""Two speeds on a running daemon: the lean is heard first, then the true loop and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from daemon import Daemon, running
from numpy.typing import NDArray

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]  # minutes, in real time

PATCH = """
tempo = 120
beats = 16
quantise = "loop"
[[prompt]]
text = "dark techno"
[[prompt]]
text = "warm ambient pads"
"""
PERIOD = 16 * 24000
QUIET = 9600  # frames: 0.2 s


def undisturbed(daemon: Daemon) -> NDArray[np.float32]:
    """The loop that sounds, by output frame modulo its length, once nothing else is heard."""
    loops: list[NDArray[np.float32]] = []

    def is_quiet(daemon: Daemon) -> bool:
        end = daemon.transport.frame
        quiet = daemon.arena.read_ring(end - QUIET, QUIET)
        if not np.array_equal(quiet, daemon.arena.read_ring(end - PERIOD - QUIET, QUIET)):
            return False
        loops.append(np.roll(daemon.arena.read_ring(end - PERIOD, PERIOD), end % PERIOD, axis=0))
        return daemon.transport.beat % 16 < 4.0

    daemon.wait(is_quiet, "a loop that is heard alone", 120.0)
    return loops[-1]


def first_change(daemon: Daemon, start: int, loop: NDArray[np.float32]) -> int:
    """The first output frame from `start` on that is not the loop's."""
    found: list[int] = []

    def has_changed(daemon: Daemon) -> bool:
        count = daemon.transport.frame - start
        expected = loop[(start + np.arange(count)) % PERIOD]
        changed = np.any(daemon.arena.read_ring(start, count) != expected, axis=1)
        found.extend(start + np.flatnonzero(changed)[:1])
        return bool(found)

    daemon.wait(has_changed, "a change in the sound", 60.0)
    return int(found[0])


def turn(daemon: Daemon, *blend: float) -> tuple[float, NDArray[np.float32]]:
    """Jump to a blend: the beat of the loop at which it is first heard, then the loop it makes."""
    loop = undisturbed(daemon)
    page = daemon.transport
    daemon.osc.send_message("/ld/blend", blend)
    change = first_change(daemon, page.frame, loop)
    beat = page.beat + (change - page.frame) * 2.0 / 48000
    daemon.wait_for_swap(page.swaps)
    return beat % 16.0, undisturbed(daemon)


def test_a_lean_is_heard_before_the_loop_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path, PATCH, "null") as daemon:
        daemon.wait(lambda d: d.status["standing"] == 2, "loops that stand by", 240.0)
        began, leant = turn(daemon, 0.0, 1.0)
        assert 0.1 < began < 15.9, "before the loop's end, where the true one begins"
        turn(daemon, 1.0, 0.0)
        daemon.osc.send_message("/ld/lean", 0.0)
        began, plain = turn(daemon, 0.0, 1.0)
        assert min(began, 16.0 - began) < 0.1, "without a lean, where the loop begins"
        assert np.array_equal(plain, leant)
