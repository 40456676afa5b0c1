"""Underruns, and what the host of a virtual machine had to do with them.

A host that takes the processor away makes the output run dry whatever a program does. Linux counts
that time as "steal" (man 5 proc_stat); elsewhere, and on real machines, it is 0.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from types import TracebackType

from livediffusion.ipc.arena import Arena
from livediffusion.types import Json, Seconds

_LOOK: Seconds = 0.02
_BLAMED = 10  # looks: what the host took so shortly before may be why
_TICKS_A_SECOND = 100  # USER_HZ, which is the same on every processor that Python runs on


class UnderrunWatch:
    """Counts while it is entered.

    Threading: a thread of its own counts; read the figures after the end.
    """

    def __init__(self, arena: Arena) -> None:
        self.count = 0
        self.with_steal = 0  # of them, so many when the host had just taken processor time
        self._arena = arena
        self._stolen = deque([stolen_ticks()], maxlen=_BLAMED)
        self._first, self._seen = self._stolen[0], self._counted()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="underruns", daemon=True)

    def __enter__(self) -> UnderrunWatch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self.look()

    @property
    def stolen_s(self) -> Seconds:
        """Processor time that the host took, of all processors together."""
        return (self._stolen[-1] - self._first) / _TICKS_A_SECOND

    def figures(self) -> Json:
        """For programs to read."""
        return {
            "underruns": self.count,
            "underruns_with_steal": self.with_steal,
            "stolen_s": self.stolen_s,
        }

    def look(self) -> None:
        """Count what has happened since the last look."""
        self._stolen.append(stolen_ticks())
        new = self._counted() - self._seen
        self._seen += new
        self.count += new
        if self._stolen[-1] > self._stolen[0]:
            self.with_steal += new

    def _run(self) -> None:
        while not self._done.wait(_LOOK):
            self.look()

    def _counted(self) -> int:
        return self._arena.read_transport().underruns


def stolen_ticks() -> int:
    """Ticks that the host has taken from this machine, all processors together; 0 if unknown."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)
        return int(fields[8])
    except (OSError, IndexError, ValueError):
        return 0
