"""One supervised process: how it is started, how often it may die, how it is ended."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from livediffusion.ipc import launch
from livediffusion.ipc.arena import ProcessName
from livediffusion.types import Json, Seconds

_BACKOFF_S = (0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_S = 5.0  # a child that lived this long starts at once when it dies
_LIMIT, _LIMIT_S = 10, 60.0  # more deaths than that in that time, and it must rest
_REST_S = 30.0
_PLAYER_RESTS_S = 5.0  # silence is worse than a busy machine


@dataclass(slots=True)
class Child:
    """A process of ours. `hang_s` is how long its heart may pause.

    Threading: the supervisor's thread only.
    """

    name: ProcessName
    module: str
    settings: Any
    hang_s: Seconds
    process: subprocess.Popen[bytes] | None = None
    lifeline: Connection | None = None
    started: Seconds = 0.0
    in_a_row: int = 0  # deaths
    restarts: int = 0
    due: Seconds = 0.0  # when it is to be started again
    rests: bool = False  # it died too often
    last_words: str = ""  # why it is not the first of its name
    deaths: deque[Seconds] = field(default_factory=lambda: deque(maxlen=_LIMIT))

    def start(self) -> None:
        """Start it in a fresh interpreter."""
        self.process, self.lifeline = launch.start(self.name, self.module, self.settings)
        self.started = time.monotonic()

    def die(self, now: Seconds) -> None:
        """Its process is gone: plan when another one takes its place."""
        self.hang_up()
        self.in_a_row = 1 if now - self.started > _STEADY_S else self.in_a_row + 1
        self.restarts += 1
        self.rests = len(self.deaths) == _LIMIT and now - self.deaths[0] < _LIMIT_S
        self.deaths.append(now)
        wait = _BACKOFF_S[min(self.in_a_row - 1, len(_BACKOFF_S) - 1)]
        if self.rests:
            wait = _PLAYER_RESTS_S if self.name == "player" else _REST_S
        self.due = now + wait

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
        self.kill()
        self.hang_up()

    def kill(self) -> None:
        """End its process now, stopped or not."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def hang_up(self) -> None:
        """Close our end of the lifeline of a process that is gone."""
        if self.lifeline is not None:
            self.lifeline.close()
        self.process, self.lifeline = None, None

    def to_json(self) -> Json:
        """How it is, for `livediffusion status`."""
        state = "resting" if self.rests else "waiting"
        return {
            "pid": self.process.pid if self.process is not None else None,
            "state": "running" if self.process is not None else state,
            "restarts": self.restarts,
            "last_words": self.last_words,
        }
