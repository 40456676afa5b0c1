"""A seed image of a file from anywhere: a sound is drawn, a picture is looked at and kept.

    python -m livediffusion.render.seeding FILE IMAGE.png BPM

What others have made is opened here and nowhere else: in a process of its own and of low priority,
which may fail without any harm. It prints one sentence, and exits with 1 where that is a refusal.
"""

from __future__ import annotations

import dataclasses
import math
import os
import sys
from pathlib import Path
from typing import Any, Literal, TypeAlias

from livediffusion.errors import UserError
from livediffusion.types import BPM

Kind: TypeAlias = Literal["sound", "picture"]

BEATS = (1, 2, 4, 8, 16, 32, 64)  # that a loop is taken for
_NICE = 10
_LEAST_SIDE, _WIDEST, _HIGHEST = 32, 1 << 14, 1 << 12  # pixels
_NEAR = 1.25  # times as long as the longest loop is still one
_INT16 = 32768.0  # Riffusion counts amplitudes in steps of 16 bits
_HEADS: tuple[tuple[bytes, int, Kind], ...] = (  # what files begin with, and where
    (b"\x89PNG\r\n", 0, "picture"),
    (b"\xff\xd8\xff", 0, "picture"),
    (b"WAVE", 8, "sound"),
    (b"fLaC", 0, "sound"),
    (b"OggS", 0, "sound"),
    (b"ID3", 0, "sound"),
)


def kind_of(head: bytes) -> Kind:
    """What a file is by its first 16 bytes. Raises UserError."""
    for magic, at, kind in _HEADS:
        if head[at : at + len(magic)] == magic:
            return kind
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # an MP3 without tags
        return "sound"
    raise UserError("This is no WAV, FLAC, MP3 or OGG, and no PNG or JPEG either.")


def make_seed(source: Path, target: Path, tempo: BPM) -> str:
    """Write a seed image; a sentence on what it is. `tempo` is the one that is played at.

    Raises UserError with one sentence.
    """
    with source.open("rb") as file:
        kind = kind_of(file.read(16))
    return _draw(source, target, tempo) if kind == "sound" else _keep(source, target)


def _keep(source: Path, target: Path) -> str:
    from PIL import Image

    from livediffusion.spectrogram.image import image_to_png, params_of_image
    from livediffusion.spectrogram.params import RIFFUSION

    try:
        with Image.open(source, formats=("PNG", "JPEG")) as image:
            _check_size(*image.size)
            params = params_of_image(image, RIFFUSION)
            png = image_to_png(image.convert("RGB"), image.getexif())
    except ValueError as error:
        raise UserError(
            f"This picture cannot be used: {error}; save it without its tags."
        ) from None
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise UserError("This picture is damaged: export it anew.") from None
    target.write_bytes(png)
    return f"It is taken as a spectrogram of {image.width / params.columns_per_beat:g} beats."


def _check_size(width: int, height: int) -> None:
    if min(width, height) < _LEAST_SIDE or width > _WIDEST or height > _HIGHEST:
        raise UserError(
            f"A picture of {width} x {height} is no spectrogram: it has {_LEAST_SIDE} to "
            f"{_WIDEST} columns, 64 a beat, and {_LEAST_SIDE} to {_HIGHEST} rows."
        )


def _draw(source: Path, target: Path, tempo: BPM) -> str:
    import torch

    from livediffusion.spectrogram.image import (
        bands_to_picture,
        image_exif,
        image_to_png,
        picture_to_image,
    )
    from livediffusion.spectrogram.loop import loop_to_bands
    from livediffusion.spectrogram.params import RIFFUSION

    sound, rate, is_cut = _read(source, tempo)  # (channels, frames)
    seconds = sound.shape[1] / rate
    beats = max(BEATS) if is_cut else _likely_beats(seconds, tempo)
    own = beats * 60.0 / seconds
    params = dataclasses.replace(RIFFUSION, channels=len(sound), native_tempo=own)
    try:
        amplitudes = torch.from_numpy(sound * _INT16)
        bands = loop_to_bands(amplitudes, params, beats, sample_rate=rate)
    except ValueError as error:
        raise UserError(f"This sound cannot be drawn: {error}.") from None
    peak = float(bands.max())
    image = picture_to_image(bands_to_picture(bands, params, peak))
    target.write_bytes(image_to_png(image, image_exif(params, peak)))
    what = "Its beginning is" if is_cut else "It is"
    many = "1 beat" if beats == 1 else f"{beats} beats"
    return f"{what} taken as a loop of {many} at {own:.1f} bpm."


def _read(source: Path, tempo: BPM) -> tuple[Any, int, bool]:
    """Sound (channels, frames) float32 in mono or stereo, its rate, and whether it was cut."""
    import numpy as np
    import soundfile

    longest = max(BEATS) * 60.0 / tempo
    try:
        with soundfile.SoundFile(source) as file:
            is_cut = file.frames > longest * _NEAR * file.samplerate
            count = round(longest * file.samplerate) if is_cut else file.frames
            sound = file.read(count, dtype="float32", always_2d=True)
            rate = int(file.samplerate)
    except (OSError, RuntimeError):
        raise UserError("This sound is damaged: export it anew.") from None
    if not (sound.size and np.isfinite(sound).all() and sound.any()):
        raise UserError("There is nothing to hear in this sound.")
    stereo = sound[:, :2] if sound.shape[1] > 1 else sound
    return np.ascontiguousarray(stereo.T), rate, is_cut


def _likely_beats(seconds: float, tempo: BPM) -> int:
    """Beats of an ordinary loop that comes nearest to the tempo that is played at."""
    from livediffusion.spectrogram.loop import MAX_TEMPO, MIN_TEMPO

    fitting = [n for n in BEATS if MIN_TEMPO <= n * 60.0 / seconds <= MAX_TEMPO]
    if not fitting:
        raise UserError("This sound is too short for a loop: a fifth of a second is the least.")
    return min(fitting, key=lambda n: abs(math.log(n * 60.0 / seconds / tempo)))


def main(arguments: list[str]) -> int:
    """The exit code."""
    source, target, tempo = arguments
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        said, code = make_seed(Path(source), Path(target), float(tempo)), 0
    except UserError as error:
        said, code = str(error), 1
    sys.stdout.write(f"{said}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
