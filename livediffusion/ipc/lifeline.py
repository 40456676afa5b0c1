"""What every child process does first: leave the signals to its supervisor, and leave with it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from multiprocessing.connection import Connection

_ORDERLY_END_S = 3.0
# Ctrl-C, a terminal that is closed and a service manager reach the whole group at once, but the
# music must fade out before anybody leaves: the supervisor decides.
_NOT_OURS = ("SIGINT", "SIGTERM", "SIGHUP")


def hold(lifeline: Connection) -> threading.Event:
    """Tie this process's life to the supervisor's end of a pipe.

    Returns an event that is set when the supervisor asks for an orderly end (by sending any
    byte). When the supervisor's end closes without a word the process leaves at once.
    """
    for name in _NOT_OURS:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)
    stop = threading.Event()

    def watch() -> None:
        try:
            lifeline.recv_bytes()
            stop.set()
            with contextlib.suppress(EOFError, OSError):
                lifeline.recv_bytes()  # the second silence: the supervisor is gone too
        except (EOFError, OSError):
            pass
        if stop.is_set():
            time.sleep(_ORDERLY_END_S)  # an orderly end is under way; let it finish
        os._exit(0)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
    return stop
