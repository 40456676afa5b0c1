"""Signs of life of a process that disappears into native code for seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from livediffusion.ipc.arena import Arena
from livediffusion.types import Seconds

_BEAT_S = 0.2
PATIENCE_S = 60.0  # one denoising step of a large model on a slow CPU takes several seconds


class Heart:
    """Beats for the renderer, from the working thread's own progress.

    Threading: `beat` and `busy` belong to the working thread. Inside `busy` a helper thread
    beats as well, but only as long as the last progress is less than `patience_s` ago: a step
    may be slow, a hang must show.
    """

    def __init__(self, arena: Arena, patience_s: Seconds = PATIENCE_S) -> None:
        self._arena = arena
        self._patience_s = patience_s
        self._progressed = time.monotonic()

    def beat(self) -> None:
        """Say that the working thread got on."""
        self._progressed = time.monotonic()
        self._arena.beat_heart("renderer")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Have the helper beat while the block runs."""
        done = threading.Event()

        def help_out() -> None:
            while not done.wait(_BEAT_S):
                if time.monotonic() - self._progressed < self._patience_s:
                    self._arena.beat_heart("renderer")

        self.beat()
        helper = threading.Thread(target=help_out, name="heart", daemon=True)
        helper.start()
        try:
            yield
        finally:
            done.set()
            helper.join()
