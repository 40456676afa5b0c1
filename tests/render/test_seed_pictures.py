"""Seed images in the scale of the model that plays."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from PIL import Image

from livediffusion.errors import UserError
from livediffusion.render.engines.images import seed_picture
from livediffusion.render.seed_images import SHIPPED
from livediffusion.render.settings import POCKET_FOLDER
from livediffusion.spectrogram.image import image_exif, image_to_picture
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams
from livediffusion.spectrogram.translation import translate

POCKET = SpectrogramParams.load(POCKET_FOLDER)


def test_riffusions_scale_is_translated_with_and_without_tags(tmp_path: Path) -> None:
    tagged, bare = SHIPPED / "house.png", tmp_path / "bare.png"
    with Image.open(tagged) as image:
        grey = Image.new("L", image.size)
        grey.paste(image.convert("L"))
        grey.save(bare)
        picture = image_to_picture(image, 2)
    expected = translate(picture, RIFFUSION, POCKET)
    for path in (tagged, bare):
        assert torch.equal(seed_picture(str(path), POCKET, 8), expected)
    assert torch.equal(seed_picture(str(tagged), RIFFUSION, 8), picture[:1])


def test_a_models_own_scale_and_unknown_heights_stay(tmp_path: Path) -> None:
    own = Image.new("L", (512, 256), 100)
    own.save(tmp_path / "own.png")
    Image.new("L", (512, 100), 100).save(tmp_path / "odd.png")
    for name in ("own.png", "odd.png"):
        made = seed_picture(str(tmp_path / name), POCKET, 8)
        assert made.shape == (2, 256, 512)
        assert torch.allclose(made, torch.full_like(made, 155 / 255))


def test_tags_that_cannot_be_are_a_sentence(tmp_path: Path) -> None:
    exif = image_exif(dataclasses.replace(RIFFUSION, min_hz=90000.0))
    Image.new("L", (512, 512)).save(tmp_path / "x.png", exif=exif)
    with pytest.raises(UserError, match=r"x\.png cannot be read"):
        seed_picture(str(tmp_path / "x.png"), POCKET, 8)
