"""A child that stands in for control, renderer or player: it lives, dies or hangs, as it is told.

livediffusion.ipc.launch starts it as the supervisor would start the real one.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.ipc.lifeline import hold

_log = logging.getLogger("livediffusion.understudy")


@dataclass(frozen=True, slots=True)
class Part:
    """What to do: "live", "die", "hang", "refuse", or "deaf", which does not end when asked."""

    run_dir: Path
    name: str
    what: str = "live"
    sounds: bool = False  # it writes the transport page, as a player does


def main(settings: Part, lifeline: Connection) -> None:
    """Play the part."""
    stop = hold(lifeline)
    (settings.run_dir / f"{settings.name}.{os.getpid()}.pid").touch()
    arena = Arena(settings.run_dir / "arena")
    if settings.sounds:
        arena.write_transport(Transport(frame=1, loop_frames=48000))
    if settings.what == "refuse":
        raise UserError("There is no such thing; take another.")
    if settings.what == "die":
        sys.exit(3)
    arena.beat_heart(settings.name)  # type: ignore[arg-type]
    _log.info("%s is here", settings.name)
    while settings.what == "hang" or not stop.wait(0.02):
        if settings.what == "hang":
            time.sleep(0.05)
        else:
            arena.beat_heart(settings.name)  # type: ignore[arg-type]
    if settings.what == "deaf":
        time.sleep(60.0)
    (settings.run_dir / f"{settings.name}.ended").write_text(str(time.monotonic()))
