"""The machine is at its limit: every core busy, the disk full, no memory left. The music plays on.

night.py does the same for longer, and kills everybody meanwhile.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hungry
import pytest
import stand_in
from daemon import Daemon, on_the_beat, running
from night import flood

from livediffusion.session.recorded import open_session

pytestmark = pytest.mark.timeout(400)

PATCH = """
tempo = 120
quantise = "off"
[[prompt]]
text = "techno"
[[prompt]]
text = "ambient"
"""
SMALL_MB, LEFT = 112, 64 << 10  # of the disk: its size, and the bytes left while recording
FLOOD_S = 4.0


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("limit")
    with running(folder, PATCH, "null", inside=stand_in.inside) as started:
        yield started


def test_a_flood_on_a_busy_machine_stops_nothing(daemon: Daemon) -> None:
    page = daemon.transport
    figures = flood(daemon, FLOOD_S)
    assert figures["last gain"] == 0.125, "the last value stands"
    assert figures["malformed"] > 0, "and nonsense was counted"
    assert figures["received"] + figures["dropped by the kernel"] >= figures["sent"]
    assert figures["new loops"] > 0, "knobs that never rest keep changing the sound"
    assert on_the_beat(page, daemon.transport)


def test_a_full_disk_ends_the_recording_and_not_the_music(small_disk: Path, tmp_path: Path) -> None:
    sessions = small_disk / "sessions"
    more = f'[session]\ndirectory = "{sessions}"\n'
    with running(tmp_path, PATCH, "null", more=more, inside=stand_in.inside) as daemon:
        daemon.osc.send_message("/ld/record", 1)
        daemon.wait(lambda d: d.status["recording"] >= 2, "two seconds of recording")
        room = os.statvfs(small_disk)
        with (small_disk / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, room.f_bavail * room.f_bsize - LEFT)
        page = daemon.transport
        daemon.wait(lambda d: "The disk is full: the recording has ended" in d.log(), "a sentence")
        daemon.wait(lambda d: d.status["recording"] == 0, "the recording's end")
        frame = daemon.transport.frame
        daemon.wait(lambda d: d.transport.frame > frame + 48000, "the music to go on")
        assert on_the_beat(page, daemon.transport)
        (folder,) = sessions.iterdir()
        session = open_session(folder)
        assert session.end - session.start > 2 * 48000, "what was written can be read"
        assert sum(map(len, session.samples())) == session.end - session.start
        refused = _say(daemon, "/ld/record", 1)
        assert "There are only" in refused and "free some" in refused


def test_memory_that_runs_out_makes_loops_slower_and_not_silent(tmp_path: Path) -> None:
    with running(tmp_path, PATCH, "null", inside=hungry.inside) as daemon:
        page = daemon.transport
        daemon.osc.send_message("/ld/prompt/1/text", f"{hungry.WORD} techno")
        daemon.wait(lambda d: "the cache of loops was emptied" in d.log(), "the first remedy")
        daemon.wait(lambda d: "Memory ran out again; " in d.log(), "the second")
        daemon.wait_for_swap(page.swaps)
        assert on_the_beat(page, daemon.transport)
        assert daemon.transport.peak > 0.0


def _say(daemon: Daemon, address: str, value: object) -> str:
    """Send a message; the log's new lines once there is one."""
    before = daemon.log()
    daemon.osc.send_message(address, value)
    daemon.wait(lambda d: len(d.log()) > len(before), "an answer")
    return daemon.log()[len(before) :]
