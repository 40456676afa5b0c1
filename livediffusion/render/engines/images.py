"""Seed images and masks from the performer's files, brought to the picture's size."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines.digest import file_hash
from livediffusion.render.request import RenderRequest
from livediffusion.spectrogram.image import image_to_picture, is_stereo, params_of_image
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams
from livediffusion.spectrogram.translation import translate


def seed_picture(path: str, params: SpectrogramParams, beats: int) -> Tensor:
    """Picture (channels, bands, columns) of a seed image; shorter ones go round, longer are cut.

    One that was drawn in another scale, as its EXIF tags say, keeps its pitches. Without any it is
    taken as this model's own, else by its height as Riffusion's. Raises UserError.
    """
    image = _open(path)
    if params.channels == 1 and is_stereo(image):
        picture = image_to_picture(image, 2).mean(0, keepdim=True)
    else:
        picture = image_to_picture(image, params.channels)
    own = image.height == params.bands or image.height != RIFFUSION.bands
    try:
        drawn_in = params_of_image(image, params if own else RIFFUSION)
    except ValueError as error:
        raise UserError(
            f"{path} cannot be read: {error}; save it anew without its tags."
        ) from error
    if image.height == drawn_in.bands:
        # Tags do not say how bands are weighed: Riffusion, whose they are, adds up.
        norm = params.mel_norm if drawn_in.bands == params.bands else "none"
        picture = translate(picture, dataclasses.replace(drawn_in, mel_norm=norm), params)
    return _fit(picture, params, beats, "bilinear")


def repaint_mask(path: str, params: SpectrogramParams, beats: int, size: tuple[int, int]) -> Tensor:
    """Mask (1, 1, h, w) at latent size, 1 (white) where is repainted, 0 (black) where is kept.

    A latent asks the pixel in its middle, as Pillow does and with it Riffusion.
    """
    white = 1.0 - image_to_picture(_open(path))  # pictures are inverted images
    white = _fit(white, params, beats, "nearest-exact")
    return torch.nn.functional.interpolate(white.unsqueeze(0), size=size, mode="nearest-exact")


def _fit(picture: Tensor, params: SpectrogramParams, beats: int, mode: str) -> Tensor:
    columns = params.columns(beats)
    if picture.shape[1] != params.bands:
        wide = picture.shape[2]
        picture = torch.nn.functional.interpolate(
            picture.unsqueeze(0), size=(params.bands, wide), mode=mode
        )[0]
    turns = -(-columns // picture.shape[2])
    return picture.repeat(1, 1, turns)[:, :, :columns]


def _open(path: str) -> Image.Image:
    try:
        with Image.open(Path(path)) as image:
            image.load()
            return image
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(
            f"{path} cannot be read as an image; give a PNG of a spectrogram."
        ) from error


def images_hash(request: RenderRequest) -> str:
    """Hash of the seed image's and the mask's contents; "" without a seed image.

    Raises UserError.
    """
    if not request.seed_image:
        return ""
    total = hashlib.blake2b(digest_size=16)
    for path in (request.seed_image, request.mask):
        try:
            total.update((file_hash(Path(path)) if path else "").encode() + b"\n")
        except OSError as error:
            raise UserError(f"{path} cannot be read; check the patch's image and mask.") from error
    return total.hexdigest()
