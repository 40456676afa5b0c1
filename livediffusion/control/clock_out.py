"""MIDI clock out, as seen from the control process: a process of its own that is kept alive."""

from __future__ import annotations

import contextlib
import logging
import subprocess
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from livediffusion.ipc import launch
from livediffusion.types import Seconds

_WORKER = "livediffusion.control.clock_worker"
_AGAIN: Seconds = 2.0  # until it is started once more
_LONGEST_END: Seconds = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClockOutSettings:
    """What the clock process is started with: the run's folder, patterns of port names."""

    run_dir: Path
    ports: tuple[str, ...]


class ClockOut:
    """Threading: the control process's main thread only. Without ports nothing runs at all."""

    def __init__(self, run_dir: Path, ports: tuple[str, ...]) -> None:
        self._settings = ClockOutSettings(run_dir, ports)
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: Connection | None = None
        self._due: Seconds = 0.0

    def look(self, now: Seconds) -> None:
        """Start it, again if it has ended; call it often."""
        if not self._settings.ports or now < self._due:
            return
        self._due = now + _AGAIN
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            _log.warning("MIDI clock out has stopped (code %s); again.", self._process.returncode)
        self._hang_up()
        self._process, self._lifeline = launch.start("clock", _WORKER, self._settings)

    def close(self) -> None:
        """Stop the receivers, and end it."""
        if self._process is None or self._lifeline is None:
            return
        with contextlib.suppress(OSError):
            self._lifeline.send_bytes(b"stop")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LONGEST_END)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
        self._lifeline = None
