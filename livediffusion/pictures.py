"""Between files: spectrogram pictures decoded to loops of sound, sound encoded to pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from livediffusion.errors import UserError
from livediffusion.types import BPM, CHANNELS, Seconds
from livediffusion.workshop import check_output, write

if TYPE_CHECKING:
    from torch import Tensor

    from livediffusion.spectrogram.params import PhaseChoice, SpectrogramParams

_DECODE_ITERATIONS = 32  # of phase reconstruction; there is time
_MOST_BEATS = 256  # of a picture; their spectra take a gigabyte
_LONGEST: Seconds = 1200.0  # of sound; its picture has 120,000 columns
_INT16 = 32768.0  # Riffusion counts amplitudes in steps of 16 bits
_LOOP_BEATS = (4, 8, 16, 32, 64)  # what loops usually have
_BROKEN_IMAGE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def decode(
    image: Path, output: Path, tempo: BPM | None, console: Console, phase: PhaseChoice = "model"
) -> None:
    """Turn a spectrogram picture into a loop of sound, 64 columns a beat.

    EXIF tags, where there are any, say what it means: stereo, its frequencies, its tempo.
    `phase` is how it is found, "model" for the best that there is.
    """
    check_output(output)
    from livediffusion.spectrogram.image import image_to_picture, params_of_image
    from livediffusion.spectrogram.level import LOUDNESS, MONO_GAIN, level_loop
    from livediffusion.spectrogram.loop import picture_to_loop
    from livediffusion.spectrogram.params import RIFFUSION

    opened = _open_image(image)
    try:
        params = params_of_image(opened, RIFFUSION)
        beats = _beats(image, opened, params)
        picture = image_to_picture(opened, params.channels)[..., : params.columns(beats)]
        loop = picture_to_loop(
            picture,
            params,
            beats,
            tempo or params.native_tempo,
            iterations=_DECODE_ITERATIONS if phase == "model" else None,
            method=None if phase == "model" else phase,
        )
    except ValueError as error:
        raise UserError(f"{image} cannot be decoded: {error}.") from error
    target = LOUDNESS - MONO_GAIN if len(loop.audio) == 1 else LOUDNESS
    levelled = level_loop(loop.audio, loudness=target, full_scale=loop.full_scale)
    audio = levelled.expand(CHANNELS, -1).T.contiguous().numpy()
    write(output, audio)
    console.print(f"{output}: {beats} beats, {len(audio)} frames.", highlight=False, soft_wrap=True)


def encode(
    audio: Path,
    output: Path,
    console: Console,
    *,
    stereo: bool = False,
    loop: bool = False,
    beats: int | None = None,
) -> None:
    """Turn sound into a spectrogram picture, pixel for pixel as Riffusion does.

    The loudest amplitude becomes black, and EXIF tags tell it with all else that a decoder needs.
    A `loop` is analysed as a circle of `beats` times 64 columns, None for 4, 8, 16 ..., whichever
    brings the columns nearest to 10 ms. Mono is the mean of all channels, stereo the first two.
    """
    if output.suffix.lower() != ".png":
        raise UserError(f"{output} must end in .png.")
    if beats is not None and not loop:
        raise UserError("--beats says how long a loop is; give --loop, too.")
    sound, rate = _read(audio)
    import torch

    channels = _mixed(sound, stereo)
    samples = torch.from_numpy(np.ascontiguousarray(channels.T) * np.float32(_INT16))
    try:
        bands, params = _analysed(samples, rate, beats, loop=loop)
    except ValueError as error:
        raise UserError(f"{audio} cannot be encoded: {error}.") from error
    _save(bands, params, output)
    size = f"{bands.shape[2]} x {bands.shape[1]} pixels"
    kind = "stereo" if stereo else "mono"
    what = f", {bands.shape[2] // 64} beats at {params.native_tempo:.6g} bpm" if loop else ""
    console.print(f"{output}: {size}, {kind}{what}.", highlight=False, soft_wrap=True)


def _analysed(
    samples: Tensor, rate: int, beats: int | None, *, loop: bool
) -> tuple[Tensor, SpectrogramParams]:
    """Amplitudes (channels, bands, columns), and what a picture of them means."""
    from dataclasses import replace

    from livediffusion.spectrogram.loop import audio_to_bands, loop_to_bands
    from livediffusion.spectrogram.params import RIFFUSION

    params = replace(RIFFUSION, channels=len(samples))
    if not loop:
        return audio_to_bands(samples, params, sample_rate=rate), params
    seconds = samples.shape[1] / rate
    beats = beats or _likely_beats(seconds, params.native_tempo)
    tempo = _tempo_of_loop(seconds, beats)
    bands = loop_to_bands(samples, params, beats, sample_rate=rate)
    return bands, replace(params, native_tempo=tempo)


def _save(bands: Tensor, params: SpectrogramParams, output: Path) -> None:
    """Write amplitudes as a PNG whose loudest pixel is black."""
    from livediffusion.spectrogram.image import (
        bands_to_picture,
        image_exif,
        image_to_png,
        picture_to_image,
    )

    peak = float(bands.max())
    image = picture_to_image(bands_to_picture(bands, params, peak))
    try:
        output.write_bytes(image_to_png(image, image_exif(params, peak)))
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from error


def _beats(path: Path, image: Image.Image, params: SpectrogramParams) -> int:
    """Whole beats in a picture; UserError when it has not the height or the width of one."""
    beats = image.width // params.columns_per_beat
    if beats < 1 or image.height != params.bands:
        raise UserError(
            f"{path} is {image.width} x {image.height}; a spectrogram has {params.bands} rows "
            f"and {params.columns_per_beat} columns a beat."
        )
    if beats > _MOST_BEATS:
        most = _MOST_BEATS * params.columns_per_beat
        raise UserError(f"{path} has {image.width} columns; cut it into pieces of at most {most}.")
    return beats


def _likely_beats(seconds: Seconds, native: BPM) -> int:
    """Beats of an ordinary loop whose tempo is nearest to the one that a model knows best."""
    return min(_LOOP_BEATS, key=lambda n: abs(math.log(n * 60.0 / seconds / native)))


def _tempo_of_loop(seconds: Seconds, beats: int) -> BPM:
    from livediffusion.spectrogram.loop import MAX_TEMPO, MIN_TEMPO

    tempo = beats * 60.0 / seconds
    if not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise ValueError(
            f"{beats} beats in {seconds:.3f} s are {tempo:.4g} bpm; give --beats so that it is "
            f"{MIN_TEMPO:g} to {MAX_TEMPO:g}, or leave out --loop"
        )
    return tempo


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    """Sound (frames, channels) of a file, and its sample rate. Raises UserError."""
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    try:
        info = soundfile.info(path)
        if info.duration > _LONGEST:
            raise UserError(f"{path} is longer than {_LONGEST / 60:.0f} minutes; cut it.")
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path} is no sound that can be read: {error}") from error
    if not np.isfinite(sound).all():
        raise UserError(f"{path} holds samples that are no finite numbers; export it anew.")
    if not sound.any():
        raise UserError(f"{path} is silent; there is nothing to encode.")
    return sound, int(rate)


def _mixed(sound: NDArray[np.float32], stereo: bool) -> NDArray[np.float32]:
    """(frames, 2) or (frames, 1) of as many channels as there are."""
    if stereo:
        return sound[:, :2] if sound.shape[1] > 1 else np.repeat(sound, 2, axis=1)
    mean: NDArray[np.float32] = sound.mean(axis=1, keepdims=True, dtype=np.float32)
    return mean


def _open_image(path: Path) -> Image.Image:
    try:
        opened = Image.open(path)
        opened.load()
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except _BROKEN_IMAGE as error:
        raise UserError(f"{path} is not a picture that can be read: {error}.") from error
    return opened
