"""The supervisor: starts control, renderer and player, and starts again what dies.

It is tiny on purpose: no torch, no sockets, no audio. It holds the write end of each child's
lifeline; when it goes, they go. Start order: player, renderer, control; stop order the reverse, so
that the music fades out last.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from livediffusion.errors import UserError
from livediffusion.ipc import launch
from livediffusion.ipc.arena import Arena, ProcessName
from livediffusion.types import Json, Seconds

_PREFIX = "livediffusion-"
_POLL_S = 0.05
_STARTS_S = 20.0  # from a child's start to the first beat of its heart, at most
_STOP_S = 2.0  # for an orderly end; then a child is killed
_BACKOFF_S = (0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_S = 30.0  # a child that lived this long has earned a fresh start
_YOUNG_S = 10.0  # a folder that new may be another daemon's that is starting
_ROOM_BYTES = 512 << 20  # what a run may need in the memory-mapped file


@dataclass(slots=True)
class Child:
    """One supervised process: how it is started, and how long its heart may pause."""

    name: ProcessName
    module: str
    settings: Any
    hang_s: Seconds
    process: subprocess.Popen[bytes] | None = None
    lifeline: Connection | None = None
    started: Seconds = 0.0
    deaths: int = 0  # in a row
    restarts: int = 0
    due: Seconds = 0.0

    def start(self) -> None:
        """Start it in a fresh interpreter."""
        self.process, self.lifeline = launch.start(self.name, self.module, self.settings)
        self.started = time.monotonic()

    def ask_to_stop(self) -> None:
        """Ask for an orderly end."""
        if self.lifeline is not None:
            with contextlib.suppress(OSError):
                self.lifeline.send_bytes(b"stop")

    def reap(self, timeout_s: Seconds) -> None:
        """Wait for its end, and make one after `timeout_s`."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout_s)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close our end of the lifeline of a process that is gone."""
        if self.lifeline is not None:
            self.lifeline.close()
        self.process, self.lifeline = None, None


@dataclass(slots=True)
class Supervisor:
    """Runs the three children until told to stop.

    Threading: everything happens in the caller's thread, which calls `run`.
    """

    run_dir: Path
    children: list[Child]
    notify: Callable[[str], None]
    arena: Arena = field(init=False)
    _log_offset: int = 0

    def run(self, stopped: Callable[[], bool], tick: Callable[[], None]) -> None:
        """Start all, watch until `stopped()`, stop in reverse; `tick` is called between looks.

        Raises UserError with the child's sentence when one cannot start at all.
        """
        self.arena = Arena.create(self.run_dir / "arena")
        try:
            for child in self.children:
                child.start()
            while not stopped():
                self.arena.beat_heart("supervisor")
                for child in self.children:
                    self._watch(child)
                self._raise_fatal()
                self._tail_log()
                tick()
                time.sleep(_POLL_S)
        finally:
            self._stop()

    def status(self) -> Json:
        """What the control process last said of itself; empty before it spoke."""
        return read_status(self.run_dir)

    def _watch(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.start()
            return
        if child.process.poll() is None and self._hangs(child, now):
            self.notify(f"The {child.name} does not answer; starting it again.")
            child.process.kill()
            child.process.wait()
        if child.process.poll() is not None:
            self._bury(child, now)

    def _hangs(self, child: Child, now: Seconds) -> bool:
        age = self.arena.heartbeat_age(child.name)
        if age == float("inf"):  # it is still on its way: a busy machine takes its time
            return now - child.started > max(child.hang_s, _STARTS_S)
        return age > child.hang_s

    def _bury(self, child: Child, now: Seconds) -> None:
        """Plan the restart of a dead child; give up on one that the user must mend first."""
        assert child.process is not None
        code = child.process.returncode
        child.hang_up()
        self.arena.clear_heartbeat(child.name)
        sentence = launch.failure(self.run_dir, child.name)
        if code == launch.FAILED_EXIT and child.restarts == 0 and sentence:
            raise UserError(sentence)
        child.deaths = 1 if now - child.started > _STEADY_S else child.deaths + 1
        child.restarts += 1
        child.due = now + _BACKOFF_S[min(child.deaths - 1, len(_BACKOFF_S) - 1)]
        reason = f" {sentence}" if code == launch.FAILED_EXIT and sentence else ""
        self.notify(f"The {child.name} stopped (code {code}); starting it again.{reason}")

    def _raise_fatal(self) -> None:
        """A model that never loaded, before anything sounded, ends the start with its sentence."""
        if sentence := self.status().get("fatal"):
            raise UserError(str(sentence))

    def _tail_log(self) -> None:
        path = self.run_dir / launch.LOG_NAME
        if not path.exists() or path.stat().st_size <= self._log_offset:
            return
        with path.open("rb") as log:
            log.seek(self._log_offset)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._log_offset += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self.notify(line)

    def _stop(self) -> None:
        for child in reversed(self.children):
            child.ask_to_stop()
            child.reap(_STOP_S)
        self._tail_log()


def make_run_dir() -> Path:
    """A fresh folder for this run, in memory where there is room; stale ones are removed."""
    base = _base_folder()
    for old in base.glob(f"{_PREFIX}{os.getuid()}-*"):
        if not _is_alive(old):
            shutil.rmtree(old, ignore_errors=True)
    run_dir = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getuid()}-", dir=base))
    (run_dir / "pid").write_text(str(os.getpid()), encoding="utf-8")
    return run_dir


def read_status(run_dir: Path) -> Json:
    """The status that the control process last wrote; empty when there is none."""
    try:
        status: Json = json.loads((run_dir / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return status


def _base_folder() -> Path:
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize > _ROOM_BYTES:
            return memory
    return Path(tempfile.gettempdir())


def _is_alive(run_dir: Path) -> bool:
    try:
        if time.time() - run_dir.stat().st_mtime < _YOUNG_S:
            return True
        os.kill(int((run_dir / "pid").read_text(encoding="utf-8")), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
