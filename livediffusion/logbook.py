"""What is shown and kept of everybody's log: on stage one line each, repeated ones folded.

A run's log is also kept on disk after it has ended, rotated, with everything that engineers want.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from logging.handlers import RotatingFileHandler
from pathlib import Path

from livediffusion.ipc.logfile import Line, Tail, clip, line_of, parse
from livediffusion.types import Seconds

_FOLD_S: Seconds = 10.0  # the same line again within this is counted, not shown
_MOST_FOLDED = 256  # different lines that are remembered
_KEPT_BYTES, _KEPT_PARTS = 2 << 20, 3  # of one run
_KEPT_RUNS = 20
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(slots=True)
class _Fold:
    line: Line  # the newest of them
    since: Seconds
    count: int = 1  # since it was shown for the first time
    told: int = 1  # of those


class Folds:
    """Shows a line at once, and its like within ten seconds only as their number."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str], _Fold] = {}

    def take(self, line: Line, now: Seconds) -> list[Line]:
        """What is to be shown for a line: itself, or nothing yet. Lines differ by their words."""
        key = (line.process, line.level, _NUMBER.sub("0", line.text))
        if (fold := self._open.get(key)) is not None:
            fold.line, fold.count = line, fold.count + 1
            return []
        shown = self.due(float("inf")) if len(self._open) >= _MOST_FOLDED else []
        self._open[key] = _Fold(line, now)
        return [*shown, line]

    def due(self, now: Seconds) -> list[Line]:
        """The lines that were repeated, with their number; what was not is forgotten."""
        shown = []
        for key, fold in list(self._open.items()):
            if now - fold.since < _FOLD_S:
                continue
            if fold.count > fold.told:
                shown.append(replace(fold.line, text=f"{fold.line.text} ({fold.count} times)"))
                fold.since, fold.told = now, fold.count  # it goes on, perhaps
            else:
                del self._open[key]
        return shown


class Logbook:
    """Gathers what the children and the supervisor say.

    Threading: the supervisor's thread only. `show` gets what is meant for the stage; `kept` is
    the file that outlives the run, None for none.
    """

    def __init__(
        self,
        run_dir: Path,
        processes: Iterable[str],
        show: Callable[[str], None],
        *,
        verbose: bool = False,
        kept: Path | None = None,
    ) -> None:
        self.path = kept
        self._logs = {name: Tail(run_dir / f"{name}.log") for name in processes}
        self._strays = {name: run_dir / f"{name}.out" for name in self._logs}  # libraries' prints
        self._stray_tails = {name: Tail(path) for name, path in self._strays.items()}
        self._show = show
        self._verbose = verbose
        self._folds = Folds()
        self._keeper = _keeper(kept) if kept is not None else None
        if kept is not None and self._keeper is None:
            self.path = None
            self.say(f"No log can be kept in {kept.parent}; it is shown here only.", "WARNING")

    def say(self, text: str, level: str = "INFO") -> None:
        """Say something as the supervisor."""
        self._take(line_of("supervisor", text, level), time.monotonic())

    def look(self, now: Seconds) -> None:
        """Show what the children have said since the last look."""
        for name in self._logs:
            for line in parse(self._logs[name].read(), name):
                self._take(line, now)
            for text in self._stray_tails[name].read():
                if text.strip():
                    self._take(line_of(name, text.strip(), "DEBUG", "stderr"), now)
            clip(self._strays[name])
        for line in self._folds.due(now):
            self._put(line)

    def close(self) -> None:
        """Show and write what is left."""
        now = time.monotonic()
        self.look(now)
        for line in self._folds.due(float("inf")):
            self._put(line)
        if self._keeper is not None:
            self._keeper.close()

    def _take(self, line: Line, now: Seconds) -> None:
        for shown in self._folds.take(line, now):
            self._put(shown)

    def _put(self, line: Line) -> None:
        if self._keeper is not None:
            text = "\n".join([f"{line.level:7} {line}", *line.details])
            record = logging.LogRecord("livediffusion", logging.INFO, "", 0, text, None, None)
            self._keeper.handle(record)
        if self._verbose:
            self._show("\n".join([str(line), *line.details]))
        elif line.level != "DEBUG":
            more = f" ({line.details[-1].strip()})" if line.details else ""
            self._show(f"{line}{more}")


def kept_log() -> Path:
    """Where this run's log is kept; those of the runs before the last twenty are removed."""
    folder = log_folder()
    for old in sorted(folder.glob("*.log"), key=_written)[: -_KEPT_RUNS + 1]:
        for part in folder.glob(f"{old.name}*"):
            with contextlib.suppress(OSError):
                part.unlink()
    return folder / f"{time.strftime('%Y-%m-%d_%H-%M-%S')}_{os.getpid()}.log"


def log_folder() -> Path:
    """The user's folder for the logs of past runs; it need not exist."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / "livediffusion"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home()
        return Path(local) / "livediffusion" / "logs"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "livediffusion" / "logs"


def _keeper(path: Path) -> RotatingFileHandler | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.raiseExceptions = False  # a full disk ends the file, not the music
        return RotatingFileHandler(
            path, maxBytes=_KEPT_BYTES, backupCount=_KEPT_PARTS, encoding="utf-8"
        )
    except OSError:
        return None


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
