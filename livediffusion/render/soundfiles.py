"""Loops as sound files: WAV, FLAC, MP3 and OGG, by ending."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from livediffusion.errors import UserError
from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames

_KINDS = {  # ending: libsndfile's format and subtype
    ".wav": ("WAV", "FLOAT"),
    ".flac": ("FLAC", "PCM_24"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".ogg": ("OGG", "VORBIS"),
}
ENDINGS = tuple(_KINDS)
_AT_ONCE: Frames = 48000  # libsndfile's Vorbis encoder runs out of stack when given minutes


def check_sound_file(path: Path) -> None:
    """Raise UserError, before the work is done, when no sound could be saved there."""
    if path.suffix.lower() not in _KINDS:
        raise UserError(f"{path} must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}; make it, or choose another place.")


def write_sound(path: Path, audio: NDArray[np.float32]) -> None:
    """Write (frames, channels) at 48 kHz: WAV in 32-bit float, FLAC in 24 bits.

    The same audio gives the same bytes, but for OGG: libsndfile would also stamp a float WAV with
    the time of day. Raises UserError.
    """
    check_sound_file(path)
    try:
        if path.suffix.lower() == ".wav":
            from scipy.io import wavfile

            wavfile.write(path, SAMPLE_RATE, audio)
        else:
            with path.open("wb") as file:
                _write(file, audio, path.suffix.lower())
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path} cannot be written: {error}") from error


def sound_bytes(audio: NDArray[np.float32], ending: str) -> bytes:
    """The bytes of a file of this ending, as ".mp3"."""
    buffer = io.BytesIO()
    _write(buffer, audio, ending)
    return buffer.getvalue()


def _write(file: BinaryIO, audio: NDArray[np.float32], ending: str) -> None:
    from soundfile import SoundFile

    kind, subtype = _KINDS[ending]
    wanted = {"samplerate": SAMPLE_RATE, "channels": CHANNELS, "format": kind, "subtype": subtype}
    with SoundFile(file, "w", **wanted) as sound:
        for start in range(0, len(audio), _AT_ONCE):
            sound.write(audio[start : start + _AT_ONCE])
