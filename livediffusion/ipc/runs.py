"""The folder of one run: made at the start, gone at the end, found by whoever asks how it goes.

It holds the memory-mapped file, the sockets, `status.json` (written by control),
`supervisor.json` (written by the supervisor) and the children's logs.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

from livediffusion.types import Json

_PREFIX = "livediffusion-"
_YOUNG_S = 10.0  # a folder that new may be another daemon's that is starting
_ROOM_BYTES = 512 << 20  # what a run may need in the memory-mapped file
_STATUS, _SUPERVISION, _TOKEN = "status.json", "supervisor.json", "token"


def make_run_dir() -> Path:
    """A fresh folder for this run, in memory where there is room; stale ones are removed."""
    for old in _folders():
        if not _is_alive(old):
            shutil.rmtree(old, ignore_errors=True)
    run_dir = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getuid()}-", dir=_base_folder()))
    (run_dir / "pid").write_text(str(os.getpid()), encoding="utf-8")
    return run_dir


def living() -> list[Path]:
    """The folders of this user's daemons that run now, the oldest first."""
    found = [folder for folder in _folders() if (folder / "arena").exists() and _is_alive(folder)]
    return sorted(found, key=_age, reverse=True)


def token_of(run_dir: Path) -> str:
    """What pages beyond this machine must know in this run; made when first asked for."""
    path = run_dir / _TOKEN
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(16))
    return path.read_text(encoding="ascii")


def read_status(run_dir: Path) -> Json:
    """What the control process last said of itself; empty before it spoke."""
    return _read(run_dir / _STATUS)


def read_supervision(run_dir: Path) -> Json:
    """What the supervisor last said of its children; empty before it spoke."""
    return _read(run_dir / _SUPERVISION)


def write_status(run_dir: Path, status: Json) -> None:
    """Say how the performance goes (control only)."""
    replace_json(run_dir / _STATUS, status)


def write_supervision(run_dir: Path, said: Json) -> None:
    """Say how the children are (supervisor only)."""
    replace_json(run_dir / _SUPERVISION, said)


def replace_json(path: Path, value: Json) -> bool:
    """Write a file that is whole at any moment; False, and the old one stays, without room."""
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return False
    return True


def _read(path: Path) -> Json:
    try:
        value: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value


def _folders() -> list[Path]:
    bases = {Path("/dev/shm"), Path(tempfile.gettempdir())}
    return [found for base in bases for found in base.glob(f"{_PREFIX}{os.getuid()}-*")]


def _base_folder() -> Path:
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize > _ROOM_BYTES:
            return memory
    return Path(tempfile.gettempdir())


def _is_alive(run_dir: Path) -> bool:
    try:
        pid = int((run_dir / "pid").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _age(run_dir) < _YOUNG_S
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _age(run_dir: Path) -> float:
    try:
        return time.time() - (run_dir / "pid").stat().st_mtime
    except OSError:
        with contextlib.suppress(OSError):
            return time.time() - run_dir.stat().st_mtime
        return float("inf")
