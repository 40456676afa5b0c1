"""Folders of runs: found while their daemon lives, removed when it is gone, never another's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livediffusion.ipc import runs


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs lie in these tests."""
    monkeypatch.setattr(runs, "_base_folder", lambda: tmp_path)
    monkeypatch.setattr(
        runs, "_folders", lambda: list(tmp_path.glob(f"{runs._PREFIX}{os.getuid()}-*"))
    )
    return tmp_path


def dead_pid() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        return process.pid


def test_a_run_is_found_once_its_arena_is_there(base: Path) -> None:
    run_dir = runs.make_run_dir()
    assert runs.living() == []
    (run_dir / "arena").touch()
    assert runs.living() == [run_dir]
    (run_dir / "pid").write_text(str(dead_pid()))
    assert runs.living() == []


def test_only_what_the_dead_left_is_removed(base: Path) -> None:
    first, second = runs.make_run_dir(), runs.make_run_dir()
    assert first.is_dir() and second.is_dir(), "two at once do not disturb each other"
    (first / "pid").write_text(str(dead_pid()))
    young = base / f"{runs._PREFIX}{os.getuid()}-starting"  # its pid is not written yet
    young.mkdir()
    old = base / f"{runs._PREFIX}{os.getuid()}-wreck"
    old.mkdir()
    os.utime(old, (1.0, 1.0))
    runs.make_run_dir()
    assert not first.exists() and not old.exists()
    assert second.is_dir() and young.is_dir()


def test_the_folder_is_ours_alone(base: Path) -> None:
    assert runs.make_run_dir().stat().st_mode & 0o077 == 0


def test_what_is_said_is_whole_or_not_there(base: Path) -> None:
    run_dir = runs.make_run_dir()
    assert runs.read_status(run_dir) == {}
    runs.write_status(run_dir, {"patch": "été"})
    assert runs.read_status(run_dir) == {"patch": "été"}
    (run_dir / "status.json").write_text('{"patch": ')
    assert runs.read_status(run_dir) == {}


def test_where_nothing_can_be_written_nobody_falls(tmp_path: Path) -> None:
    runs.write_status(tmp_path / "nowhere", {"patch": "x"})
