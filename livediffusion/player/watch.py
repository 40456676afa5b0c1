"""Keeping the audio alive: priority at the start, and an end when the device has died."""

from __future__ import annotations

import contextlib
import logging
import os
import time

from livediffusion.player.engine import Engine
from livediffusion.types import Seconds

_log = logging.getLogger(__name__)

STALLED = 75  # exit code: the audio device has stopped calling
BROKEN = 70  # exit code: the mixer failed
_STALL: Seconds = 2.0
_PRIORITY = 20


class Watch:
    """Notices when the audio thread is not called any more, or failed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._blocks = -1
        self._waited: Seconds = 0.0
        self._before = time.monotonic()

    def check(self, now: Seconds) -> None:
        """Leave the process, for the supervisor to start another, when the audio is dead.

        PortAudio's stream cannot be closed then: with JACK gone, that hangs or aborts.
        """
        step, self._before = now - self._before, now
        if self._engine.error is not None:
            _log.error("the mixer failed", exc_info=self._engine.error)
            os._exit(BROKEN)
        if self._engine.blocks != self._blocks:
            self._blocks, self._waited = self._engine.blocks, 0.0
            return
        self._waited += min(step, 0.1)  # a machine that slept is no stalled device
        if self._waited > _STALL:
            _log.error("the audio device has stopped; the player starts again")
            os._exit(STALLED)


def take_priority() -> None:
    """Ask to be run before others; where that is not permitted, do without.

    Threads that are started later inherit it.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
        return
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
