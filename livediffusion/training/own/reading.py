"""Audio files of a folder, read as stereo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from livediffusion.errors import UserError

ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff")
MOST_S = 180.0  # of a file is read
LEAST_S = 0.25
SILENT = 1e-4  # peak


class Refused(Exception):  # noqa: N818 - reads as what it says
    """A file that cannot be learned from; the message completes "FILE: ..."."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Audio (2, frames) float32 at its own rate in Hz."""

    audio: NDArray[np.float32]
    rate: int

    @property
    def seconds(self) -> float:
        return float(self.audio.shape[1]) / self.rate


def find(folder: Path) -> list[Path]:
    """Audio files in a folder and its subfolders, relative to it and sorted; UserError for none."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; name the one that holds your loops.")
    found = [
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.name.startswith(".")
    ]
    if not found:
        raise UserError(f"{folder} holds no WAV, FLAC, MP3 or OGG file; put your loops there.")
    return sorted(found)


def read(path: Path) -> Recording:
    """Read a file; a lone channel sounds from both sides, of many the first two are taken.

    Raises Refused for files that are broken, silent or very short.
    """
    try:
        with soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            samples = file.read(int(MOST_S * rate), dtype="float32", always_2d=True).T
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise Refused(f"it cannot be read ({_reason(error)})") from error
    audio = np.ascontiguousarray(samples[:2] if len(samples) > 1 else samples.repeat(2, axis=0))
    if not np.isfinite(audio).all():
        raise Refused("it has samples that are not numbers")
    if audio.shape[1] < LEAST_S * rate:
        raise Refused("it is too short to hold a beat")
    if float(np.abs(audio).max()) < SILENT:
        raise Refused("it is silent")
    return Recording(audio, rate)


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", "") or error)
    return text.strip().rstrip(".").splitlines()[-1][:80] if text.strip() else "broken"
