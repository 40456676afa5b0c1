"""Each child writes its own log, a line a record; the supervisor reads them all.

A child's file is rotated by the child, so that a long night fits into the run's folder, which
may be memory: the reader follows it over the turn.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

_BYTES = 512 << 10
_LONGEST_LINE = 2000  # characters
_OURS = "livediffusion"
_CLOCK = "%H:%M:%S"
_HEAD = re.compile(r"(\d\d:\d\d:\d\d) ([A-Z]+) ([^/\s]+)/([^:]*): (.*)")
_INDENT = "    "  # of what belongs to the line above, as a traceback


@dataclass(slots=True)
class Line:
    """One record of some process's log; `details` are the lines that followed, as a traceback."""

    clock: str
    level: str
    process: str
    thread: str
    text: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        loud = f"{self.level.lower()} " if self.level in ("WARNING", "ERROR", "CRITICAL") else ""
        return f"{self.clock} {self.process}/{self.thread}: {loud}{self.text}"


def line_of(process: str, text: str, level: str = "INFO", thread: str = "main") -> Line:
    """A line that is said now."""
    return Line(time.strftime(_CLOCK), level, process, thread, text)


def log_to(run_dir: Path, process: str) -> None:
    """Send this process's log to its own file in the run's folder, whole lines only.

    What libraries say in passing counts as a detail for engineers.
    """
    path = run_dir / f"{process}.log"
    handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(_Formatter(process))
    handler.addFilter(_humble)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(logging.DEBUG)
    logging.raiseExceptions = False  # a full disk must not fill it further


class Tail:
    """Reads a log as it grows, over its rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1  # its inode
        self._offset = 0

    def read(self) -> list[str]:
        """The whole lines that were written since the last call."""
        try:
            found = self._path.stat()
        except OSError:
            return []
        text = b""
        if found.st_ino != self._file or found.st_size < self._offset:
            text = self._rest_of_the_old()
            self._file, self._offset = found.st_ino, 0
        if found.st_size > self._offset:
            text += self._whole_lines()
        return text.decode("utf-8", "replace").splitlines()

    def _rest_of_the_old(self) -> bytes:
        old = self._path.with_name(f"{self._path.name}.1")
        with contextlib.suppress(OSError):
            if old.stat().st_ino == self._file:
                return _from(old, self._offset)
        return b""

    def _whole_lines(self) -> bytes:
        with contextlib.suppress(OSError):
            text = _from(self._path, self._offset)
            whole = text[: text.rfind(b"\n") + 1]
            self._offset += len(whole)
            return whole
        return b""


def parse(lines: list[str], process: str) -> list[Line]:
    """The records of lines of a log; what has no head of its own belongs to the one before."""
    found: list[Line] = []
    for line in lines:
        if match := _HEAD.fullmatch(line):
            clock, level, name, thread, text = match.groups()
            found.append(Line(clock, level, name, thread, text))
        elif line.strip() and found:
            found[-1].details += (line,)
        elif line.strip():
            found.append(line_of(process, line.strip(), "DEBUG", "stderr"))
    return found


def clip(path: Path, most: int = _BYTES) -> None:
    """Empty a file that libraries' own messages have filled (others append to it)."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > most:
            os.truncate(path, 0)


class _Formatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)s {process}/%(threadName)s: %(message)s", _CLOCK)

    def format(self, record: logging.LogRecord) -> str:
        head, *more = super().format(record).splitlines() or [""]
        return "\n".join([head[:_LONGEST_LINE], *(_INDENT + line[:_LONGEST_LINE] for line in more)])


def _humble(record: logging.LogRecord) -> bool:
    if not record.name.startswith(_OURS) and record.levelno < logging.WARNING:
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return True


def _from(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read()
