"""Between spectrogram pictures and what an autoencoder eats.

A picture is 1 where it is loudest; autoencoders were trained on Riffusion's images, where loud
is dark, scaled to -1..1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.spectrogram.params import SpectrogramParams

RGB = 3


def to_autoencoder(picture: Tensor, params: SpectrogramParams, channels: int) -> Tensor:
    """Picture (channels, bands, columns) in 0..1 to autoencoder input (1, C, H, W) in -1..1."""
    dark = 1.0 - 2.0 * picture
    if params.patch == (1, 1) and channels == RGB:
        if params.channels == 1:
            return dark.expand(RGB, -1, -1).unsqueeze(0)
        left, right = dark
        return torch.stack((torch.full_like(left, -1.0), left, right)).unsqueeze(0)
    return fold(dark, params.patch).unsqueeze(0)


def from_autoencoder(output: Tensor, params: SpectrogramParams) -> Tensor:
    """Autoencoder output (1, C, H, W) to a picture (channels, bands, columns) in 0..1.

    Of an RGB image mono is R alone: decoders tint, and Riffusion reads R.
    """
    dark = output[0].float()
    if params.patch == (1, 1) and dark.shape[0] == RGB:
        dark = dark[:1] if params.channels == 1 else dark[1:]
    else:
        dark = unfold(dark, params.patch)
    return (0.5 - 0.5 * dark).clamp(0.0, 1.0)


def fold(picture: Tensor, patch: tuple[int, int]) -> Tensor:
    """(c, h * ph, w * pw) to (c * ph * pw, h, w): each patch becomes channels of one pixel."""
    high, wide = patch
    c, bands, columns = picture.shape
    cells = picture.reshape(c, bands // high, high, columns // wide, wide)
    return cells.permute(0, 2, 4, 1, 3).reshape(c * high * wide, bands // high, columns // wide)


def unfold(pixels: Tensor, patch: tuple[int, int]) -> Tensor:
    """The inverse of `fold`."""
    high, wide = patch
    c, h, w = pixels.shape[0] // (high * wide), pixels.shape[1], pixels.shape[2]
    cells = pixels.reshape(c, high, wide, h, w)
    return cells.permute(0, 3, 1, 4, 2).reshape(c, h * high, w * wide)


def check_fit(vae: Any, unet: Any, params: SpectrogramParams, name: str) -> None:
    """Raise UserError unless autoencoder, denoiser and `spectrogram.json` fit each other."""
    eaten = int(vae.config.in_channels)
    folded = params.channels * params.patch[0] * params.patch[1]
    if eaten != folded and not (params.patch == (1, 1) and eaten == RGB):
        raise UserError(
            f"Model '{name}': the autoencoder takes {eaten} channels but spectrogram.json means "
            f"{folded}; correct channels or patch there."
        )
    latent = int(vae.config.latent_channels)
    if int(unet.config.in_channels) != latent:
        raise UserError(
            f"Model '{name}': the denoiser takes {unet.config.in_channels} channels but the "
            f"autoencoder makes {latent}; inpainting models cannot be played."
        )
    high, wide = (side * _reduction(vae) for side in params.patch)
    if params.bands % high or params.columns_per_beat % wide:
        raise UserError(
            f"Model '{name}': {params.bands} bands of {params.columns_per_beat} columns a beat do "
            f"not divide into latents of {high} x {wide}; correct spectrogram.json."
        )


def latent_shape(vae: Any, params: SpectrogramParams, beats: int) -> tuple[int, int, int, int]:
    """Shape (1, C, h, w) of the latents of a picture of so many beats."""
    reduction = _reduction(vae)
    high, wide = params.patch
    h = params.bands // high // reduction
    w = params.columns(beats) // wide // reduction
    return (1, int(vae.config.latent_channels), h, w)


def shape_of(vae: Any) -> tuple[int, int, int]:
    """Channels of an autoencoder's pictures and of its latents, and pixels to a latent's side."""
    config = vae.config
    return int(config.in_channels), int(config.latent_channels), _reduction(vae)


def _reduction(vae: Any) -> int:
    """Pixels of an autoencoder's input to a side of a latent."""
    config = vae.config
    blocks = config.get("block_out_channels") or config.get("encoder_block_out_channels")
    return int(2 ** (len(blocks) - 1))
