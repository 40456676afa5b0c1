"""Is there room for the recording, and for the run itself?"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from livediffusion.config import SessionConfig
from livediffusion.soundcheck.card import Finding
from livediffusion.types import CHANNELS, SAMPLE_RATE, Json

DISK = "disk"
_BYTES_A_SECOND = SAMPLE_RATE * CHANNELS * 4
_SHORT_H, _TIGHT_H = 0.5, 4.0
_PROBE_BYTES = 8 << 20


def check(session: SessionConfig) -> Finding:
    """Write a little where the session would go. Raises nothing: what cannot be is found."""
    folder = Path(session.directory).expanduser().absolute()
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        speed = _speed(there)
    except OSError as error:
        sentence = (
            f"{folder} cannot be written to ({error.strerror}): choose another directory under "
            "[session] in config.toml."
        )
        return Finding(DISK, "fail" if session.record else "warn", sentence)
    free = shutil.disk_usage(there).free
    return judge(folder, free, speed, session.record)


def judge(folder: Path, free: int, speed: float, record: bool) -> Finding:
    """What so many free bytes, and bytes a second, are good for."""
    hours = free / _BYTES_A_SECOND / 3600.0
    figures: Json = {"free_mb": free / 2**20, "hours": hours, "mb_a_second": speed / 2**20}
    room = f"{folder} has room for {_hours(hours)} of recording"
    if speed < 4 * _BYTES_A_SECOND:
        sentence = f"{room}, but is too slow to write to: {speed / 2**20:.1f} MB a second."
        return Finding(DISK, "fail" if record else "warn", sentence, figures)
    if hours < _SHORT_H:
        sentence = f"{room} only: make room, or choose another directory under [session]."
        return Finding(DISK, "fail" if record else "warn", sentence, figures)
    return Finding(DISK, "warn" if hours < _TIGHT_H else "pass", f"{room}.", figures)


def _speed(folder: Path) -> float:
    """Bytes a second that reach the disk."""
    began = time.monotonic()
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_PROBE_BYTES))
        file.flush()
        return _PROBE_BYTES / max(time.monotonic() - began, 1e-6)


def _hours(hours: float) -> str:
    return f"{hours:.0f} hours" if hours >= 2.0 else f"{hours * 60.0:.0f} minutes"
