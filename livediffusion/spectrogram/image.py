"""Spectrogram pictures as images, pixel for pixel the way Riffusion keeps them.

A picture is a tensor (channels, bands, columns) of values 0..1: row 0 is the highest band,
1 the loudest. An image is 8-bit RGB and inverted (loud is dark): mono in all three channels,
stereo with left in green, right in blue and nothing in red.
"""

from __future__ import annotations

import dataclasses
import io
import math
import numbers
import struct
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from livediffusion.spectrogram.params import SpectrogramParams

# Riffusion's private EXIF tags.
SAMPLE_RATE = 11000  # Hz
STEREO = 11005
STEP_MS = 11010  # one column
WINDOW_MS = 11020
PADDED_MS = 11030  # the FFT's length
BANDS = 11040
MIN_HZ = 11050
MAX_HZ = 11060
POWER = 11070
MAX_AMPLITUDE = 11080


def picture_to_image(picture: Tensor) -> Image.Image:
    """8-bit RGB image of a picture (1 or 2, bands, columns); values outside 0..1 are clamped.

    Raises ValueError for another number of channels.
    """
    inverted = 255.0 - 255.0 * picture.detach().float().clamp(0.0, 1.0)
    pixels = inverted.to(torch.uint8).cpu()
    if pixels.shape[0] == 1:
        planes = pixels.expand(3, -1, -1)
    elif pixels.shape[0] == 2:
        planes = torch.cat((torch.zeros_like(pixels[:1]), pixels))
    else:
        raise ValueError(f"a picture has 1 or 2 channels, not {pixels.shape[0]}")
    return Image.fromarray(planes.permute(1, 2, 0).contiguous().numpy(), mode="RGB")


def image_to_picture(image: Image.Image, channels: int = 1) -> Tensor:
    """Picture (channels, bands, columns), float32, of an image in any of PIL's modes.

    Mono reads the red channel, stereo green and blue. Raises ValueError for other channels.
    """
    if channels not in (1, 2):
        raise ValueError(f"a picture has 1 or 2 channels, not {channels}")
    pixels = np.array(image.convert("RGB"), dtype=np.uint8)  # (bands, columns, 3)
    planes = torch.from_numpy(pixels).permute(2, 0, 1)
    chosen = planes[:1] if channels == 1 else planes[1:]
    return (255.0 - chosen.float()) / 255.0


def picture_to_bands(picture: Tensor, params: SpectrogramParams) -> Tensor:
    """Mel amplitudes (channels, bands, columns), lowest band first: max * p ** (1 / power)."""
    return picture.flip(1).clamp(0.0, 1.0).pow(1.0 / params.power) * params.max_amplitude


def bands_to_picture(bands: Tensor, params: SpectrogramParams, peak: float | None = None) -> Tensor:
    """Inverse of `picture_to_bands`; the amplitude `peak` (default: the params' max) becomes 1."""
    full = params.max_amplitude if peak is None else peak
    if full <= 0.0:
        return torch.zeros_like(bands)
    return (bands / full).clamp(0.0, 1.0).pow(params.power).flip(1)


def is_stereo(image: Image.Image) -> bool:
    """Whether the EXIF data says that the image holds two channels."""
    return bool(_tags(image).get(STEREO, False))


def params_of_image(image: Image.Image, default: SpectrogramParams) -> SpectrogramParams:
    """What the image's EXIF tags say about its picture; `default` for what they do not say.

    An image without tags (Riffusion's seed images have none) gives `default` itself. Raises
    ValueError when what they say cannot be.
    """
    tags = {tag: float(value) for tag, value in _tags(image).items() if _is_ours(tag, value)}
    rate = tags.get(SAMPLE_RATE, default.sample_rate)
    found: dict[str, Any] = {}
    for tag, name in _DIRECT.items():
        if tag in tags:
            kind = type(getattr(default, name))
            found[name] = kind(tags[tag])
    for tag, name in ((WINDOW_MS, "window"), (PADDED_MS, "n_fft")):
        if tag in tags:
            found[name] = round(tags[tag] * rate / 1000.0)
    if tags.get(STEP_MS, 0.0) > 0.0:
        found["native_tempo"] = 60e3 / (tags[STEP_MS] * default.columns_per_beat)
    if STEREO in tags:
        found["channels"] = 2 if tags[STEREO] else 1
    params = dataclasses.replace(default, **found)
    _check(params)
    return params


def _check(params: SpectrogramParams) -> None:
    """Raise ValueError for tags that no spectrogram has."""
    nyquist = params.sample_rate / 2
    possible = {
        "sample rate": 1000 <= params.sample_rate <= 768000,
        "window": 2 <= params.window <= params.n_fft <= 2**20,
        "bands": 1 <= params.bands <= 2**14,
        "frequencies": 0.0 <= params.min_hz < params.max_hz <= nyquist,
        "power": 0.0 < params.power <= 10.0,
        "loudest value": 0.0 < params.max_amplitude <= 1e30,
    }
    if wrong := [name for name, holds in possible.items() if not holds]:
        raise ValueError(f"its EXIF tags name an impossible {' and '.join(wrong)}")


_DIRECT = {
    SAMPLE_RATE: "sample_rate",
    BANDS: "bands",
    MIN_HZ: "min_hz",
    MAX_HZ: "max_hz",
    POWER: "power",
    MAX_AMPLITUDE: "max_amplitude",
}


def _tags(image: Image.Image) -> dict[int, Any]:
    """The image's EXIF tags; none where they are damaged."""
    try:
        return dict(image.getexif())
    except (OSError, ValueError, SyntaxError, struct.error):
        return {}


def _is_ours(tag: int, value: object) -> bool:
    ours = SAMPLE_RATE <= tag <= MAX_AMPLITUDE
    return ours and isinstance(value, numbers.Real) and math.isfinite(value)


def image_exif(params: SpectrogramParams, max_amplitude: float | None = None) -> Image.Exif:
    """EXIF tags that say what a picture means; numbers that are whole are written as such."""
    per_ms = params.sample_rate / 1000.0
    values = {
        SAMPLE_RATE: params.sample_rate,
        STEREO: params.channels - 1,
        STEP_MS: 60e3 / (params.native_tempo * params.columns_per_beat),
        WINDOW_MS: params.window / per_ms,
        PADDED_MS: params.n_fft / per_ms,
        BANDS: params.bands,
        MIN_HZ: params.min_hz,
        MAX_HZ: params.max_hz,
        POWER: params.power,
        MAX_AMPLITUDE: params.max_amplitude if max_amplitude is None else max_amplitude,
    }
    exif = Image.Exif()
    for tag, value in values.items():
        exif[tag] = int(value) if float(value).is_integer() else float(value)
    return exif


def image_to_png(image: Image.Image, exif: Image.Exif | None = None) -> bytes:
    """The bytes of a PNG file, with EXIF tags where given."""
    buffer = io.BytesIO()
    if exif is None:
        image.save(buffer, format="PNG")
    else:
        image.save(buffer, format="PNG", exif=exif)
    return buffer.getvalue()
