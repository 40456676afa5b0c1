"""How a daemon is, asked from outside through its run's folder."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from livediffusion import cli, status
from livediffusion.errors import UserError
from livediffusion.ipc import runs
from livediffusion.ipc.arena import Arena, Transport

SAID = {
    "patch": "dusk",
    "scene": "drop",
    "model": "pocket",
    "blend": [["techno", 0.7], ["ambient 🌊", 0.3], ["none", 0.0]],
    "tempo": 124.0,
    "render_ms": 312.4,
    "render_p95_ms": 400.0,
    "eta": 1.0,
    "lead": 2.2,
    "late": 3,
    "output": "jack_capture",
    "clock": "internal",
    "osc_port": 7770,
    "osc": {"packets": 12, "drops": 5, "errors": 1},
    "midi": {"events": 7},
    "midi_inputs": ["Launch Control"],
    "listeners": ["osc 127.0.0.1:9000"],
    "waiting": "the model is being loaded",
    "fatal": None,
}


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A daemon's folder, as far as it can be seen from outside."""
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "pid").write_text(str(os.getpid()))
    arena = Arena.create(run_dir / "arena")
    page = Transport(
        frame=48000,
        monotonic_ns=time.monotonic_ns(),
        beat=9.5,
        beats_per_second=2.0,
        loop_frames=192000,
        loop_beats=8,
        peak=0.5,
        underruns=2,
        playing=True,
    )
    arena.write_transport(page)
    for name in ("player", "control"):
        arena.beat_heart(name)
    child = {"pid": 7, "state": "running", "restarts": 0, "last_words": ""}
    dead = {**child, "restarts": 2, "last_words": "The renderer stopped (signal 9)."}
    children = {"player": child, "renderer": dead, "control": child}
    runs.write_supervision(
        run_dir, {"began": time.time() - 3700, "log": "/l.log", "children": children}
    )
    runs.write_status(run_dir, SAID)
    monkeypatch.setattr(runs, "_folders", lambda: [run_dir])
    return run_dir


def text(found: dict[str, object]) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(status.shown(found))
    return console.export_text()


def test_it_says_everything_that_a_performer_asks(run_dir: Path) -> None:
    (found,) = status.ask()
    said = text(found)
    for words in (
        "for 1 h 1 min", "bar 3.2 at 120.00 bpm", "-6 dB", "dusk, scene drop, with model pocket",
        "70% techno + 30% ambient 🌊", "jack_capture", "19 of 20 under 400 ms", "2.2 beats ahead",
        "3 late loops, 2 underruns", "12 packets, 5 dropped, 1 refused", "osc 127.0.0.1:9000",
        "Launch Control; 7 events", "internal", "/l.log",
    ):  # fmt: skip
        assert words in said, said
    assert "none" not in said
    lines = {line.split()[0]: line for line in said.splitlines()[1:]}
    assert "well, process 7" in lines["player"]
    assert "does not answer" in lines["renderer"]
    assert "started again 2 times: The renderer stopped (signal 9)." in lines["renderer"]


def test_it_is_json_for_programs(run_dir: Path) -> None:
    result = CliRunner().invoke(cli.app, ["status", "--json"])
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found["sound"]["underruns"] == 2 and found["late"] == 3
    assert found["processes"]["renderer"]["answers"] is False
    assert found["processes"]["player"]["answers"] is True


def test_a_daemon_that_starts_says_what_it_waits_for(run_dir: Path) -> None:
    Arena(run_dir / "arena").write_transport(Transport())
    (run_dir / "status.json").unlink()
    said = text(status.ask()[0])
    assert "none yet: it is starting" in said and "has not spoken yet" in said
    runs.write_status(run_dir, SAID)
    assert "none yet: the model is being loaded" in text(status.ask()[0])


def test_a_player_that_is_away_is_not_said_to_play(run_dir: Path) -> None:
    arena = Arena(run_dir / "arena")
    old = time.monotonic_ns() - 20 * 10**9
    arena.write_transport(Transport(monotonic_ns=old, beat=4.0, loop_beats=8, playing=True))
    (found,) = status.ask()
    assert not found["sound"]["playing"] and found["sound"]["beat"] == 4.0
    assert "stopped" in text(found)


def test_nobody_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_folders", list)
    with pytest.raises(UserError, match="livediffusion play"):
        status.ask()
    result = CliRunner().invoke(cli.app, ["status", "--json"])
    assert result.exit_code == 1 and isinstance(result.exception, UserError)


def test_a_daemon_that_ends_just_now_is_no_error(run_dir: Path) -> None:
    (run_dir / "arena").write_bytes(b"")
    with pytest.raises(UserError):
        status.ask()
