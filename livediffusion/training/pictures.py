"""Loops as pictures, and pictures as the patches that the autoencoder sees."""

from __future__ import annotations

import torch
from torch import Tensor

from livediffusion.spectrogram.loop import loop_to_picture
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.training.composer import BEATS, TEMPO

POCKET = SpectrogramParams(
    sample_rate=32000,
    bands=256,
    min_hz=20.0,
    max_hz=15800.0,
    mel_norm="mean",
    window=1536,
    n_fft=2048,
    power=0.3,
    max_amplitude=200.0,
    native_tempo=TEMPO,
    channels=2,
    patch=(32, 16),
    steps=4,
    guidance=1.0,
    sampler="model",
    apart=0.25,  # the first of four steps
)
COLUMNS = POCKET.columns(BEATS)


def picture(audio: Tensor) -> Tensor:
    """Picture (2, bands, columns) of a loop of ours (2, samples) at the model's rate."""
    return loop_to_picture(audio, POCKET, BEATS, sample_rate=POCKET.sample_rate)


def fold(pictures: Tensor, patch: tuple[int, int] = POCKET.patch) -> Tensor:
    """Patches into channels: (n, c, h * ph, w * pw) to (n, c * ph * pw, h, w)."""
    n, c, height, width = pictures.shape
    ph, pw = patch
    split = pictures.reshape(n, c, height // ph, ph, width // pw, pw)
    return split.permute(0, 1, 3, 5, 2, 4).reshape(n, c * ph * pw, height // ph, width // pw)


def unfold(patches: Tensor, patch: tuple[int, int] = POCKET.patch) -> Tensor:
    """Inverse of `fold`."""
    n, channels, h, w = patches.shape
    ph, pw = patch
    split = patches.reshape(n, channels // (ph * pw), ph, pw, h, w)
    return split.permute(0, 1, 4, 2, 5, 3).reshape(n, -1, h * ph, w * pw)


def to_model(pictures: Tensor, patch: tuple[int, int] = POCKET.patch) -> Tensor:
    """Pictures (n, c, bands, columns) in bytes or 0..1 to autoencoder input, dark = loud."""
    scale = 255.0 if pictures.dtype == torch.uint8 else 1.0
    return fold(1.0 - 2.0 * pictures.float() / scale, patch)


def from_model(patches: Tensor, patch: tuple[int, int] = POCKET.patch) -> Tensor:
    """The autoencoder's output to pictures (n, c, bands, columns) in 0..1."""
    return ((1.0 - unfold(patches, patch)) / 2.0).clamp(0.0, 1.0)
