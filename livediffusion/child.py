"""One supervised process: how it is started, how often it may die, how it is ended."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from livediffusion.ipc import launch
from livediffusion.ipc.arena import ProcessName
from livediffusion.types import Json, Seconds

_BACKOFF_S = (0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_S = 5.0  # a child that lived this long starts at once when it dies
_LIMIT, _LIMIT_S = 10, 60.0  # more deaths than that in that time, and it must rest
_REST_S = 30.0
_PLAYER_RESTS_S = 5.0  # silence is worse than a busy machine
_PATIENCE_S = 20.0  # for one that gets no processor: another would get none either


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
    silent: tuple[Seconds, Seconds] | None = None  # since when, and what it had waited until then

    def start(self) -> None:
        """Start it in a fresh interpreter."""
        self.process, self.lifeline = launch.start(self.name, self.module, self.settings)
        self.started = time.monotonic()

    def hangs(self, age: Seconds, now: Seconds) -> bool:
        """Whether it was silent for `age` seconds up to `now`, and that is too long.

        One that waits for a processor all the while is not replaced at once: on a machine that is
        so busy its successor would take even longer to begin.
        """
        if self.process is None or age <= self.hang_s / 2.0:
            self.silent = None
            return False
        if self.silent is None:
            self.silent = now, waited(self.process.pid)
        if age <= self.hang_s:
            return False
        since, before = self.silent
        starved = waited(self.process.pid) - before > (now - since) / 2.0
        return not starved or age > self.hang_s + _PATIENCE_S

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
        self.process, self.lifeline, self.silent = None, None, None

    def to_json(self) -> Json:
        """How it is, for `livediffusion status`."""
        state = "resting" if self.rests else "waiting"
        return {
            "pid": self.process.pid if self.process is not None else None,
            "state": "running" if self.process is not None else state,
            "restarts": self.restarts,
            "last_words": self.last_words,
        }


def waited(pid: int) -> Seconds:
    """How long a process's threads together have been ready to run without a processor.

    All of them, as one may wait for another that holds the interpreter. 0 where the system does
    not say (see sched-stats in Linux's documentation).
    """
    total = 0
    for entry in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # a thread may end meanwhile
            total += int(entry.read_text(encoding="ascii").split()[1])
    return total * 1e-9
