"""Pictures as images: Riffusion's pixels and tags."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from made_up_music import POCKET
from PIL import Image

from livediffusion.spectrogram.image import (
    bands_to_picture,
    image_exif,
    image_to_picture,
    image_to_png,
    is_stereo,
    params_of_image,
    picture_to_bands,
    picture_to_image,
)
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams


@pytest.mark.parametrize("channels", [1, 2])
def test_every_pixel_value_comes_back(channels: int) -> None:
    values = torch.arange(256, dtype=torch.uint8).repeat(channels, 2, 1)
    values[-1] = values[-1].flip(1)
    picture = (255.0 - values.float()) / 255.0
    pixels = np.asarray(picture_to_image(picture))
    if channels == 1:
        assert (pixels == values[0].numpy()[..., None]).all()
    else:
        assert (pixels[..., 0] == 0).all()
        assert (pixels[..., 1:] == values.permute(1, 2, 0).numpy()).all()
    assert torch.equal(image_to_picture(picture_to_image(picture), channels), picture)


def test_pixels_are_truncated_as_riffusion_does() -> None:
    p = np.array([[0.0, 0.1, 0.3333, 0.5, 0.777, 0.99, 1.0]])
    expected = (255.0 - 255.0 * p).astype(np.uint8)
    image = picture_to_image(torch.from_numpy(p)[None])
    assert (np.asarray(image)[..., 0] == expected).all()
    assert np.asarray(picture_to_image(torch.tensor([[[-3.0, 7.0]]])))[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_images_in_other_modes_are_read(mode: str) -> None:
    grey = Image.fromarray(np.array([[0, 255], [255, 0]], dtype=np.uint8), mode="L")
    picture = image_to_picture(grey.convert(mode))
    assert picture.tolist() == [[[1.0, 0.0], [0.0, 1.0]]]


def test_only_one_or_two_channels_make_an_image() -> None:
    with pytest.raises(ValueError, match="1 or 2"):
        picture_to_image(torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match="1 or 2"):
        image_to_picture(Image.new("RGB", (4, 4)), channels=3)


def test_amplitude_is_riffusions_and_low_bands_come_first() -> None:
    picture = torch.zeros(1, 512, 2)
    picture[0, 511, 0] = 0.5  # the bottom row
    bands = picture_to_bands(picture, RIFFUSION)
    assert float(bands[0, 0, 0]) == pytest.approx(0.5**4 * 30e6)
    assert float(bands.sum()) == pytest.approx(0.5**4 * 30e6)
    assert torch.allclose(bands_to_picture(bands, RIFFUSION), picture, atol=1e-6)
    assert float(bands_to_picture(bands, RIFFUSION, float(bands.max())).max()) == pytest.approx(1.0)


def test_tags_are_riffusions_own_and_survive_a_png() -> None:
    stereo = dataclasses.replace(RIFFUSION, channels=2)
    png = image_to_png(picture_to_image(torch.rand(2, 8, 8)), image_exif(stereo))
    image = Image.open(io.BytesIO(png))
    assert dict(image.getexif()) == {
        11000: 44100, 11005: 1, 11010: 10, 11020: 100, 11030: 400,
        11040: 512, 11050: 0, 11060: 10000, 11070: 0.25, 11080: 30000000,
    }  # fmt: skip
    assert is_stereo(image)
    assert params_of_image(image, RIFFUSION) == stereo


def test_tags_of_other_geometries_are_read_back() -> None:
    image = Image.open(io.BytesIO(image_to_png(Image.new("RGB", (8, 8)), image_exif(POCKET, 3.5))))
    found = params_of_image(image, SpectrogramParams(mel_norm="mean"))
    assert (found.window, found.n_fft, found.bands, found.sample_rate) == (1536, 2048, 256, 32000)
    assert found.max_amplitude == 3.5
    assert found.native_tempo == pytest.approx(120.0)
    assert found.power == pytest.approx(0.3)


def test_an_image_without_tags_means_the_default() -> None:
    plain = Image.open(io.BytesIO(image_to_png(Image.new("RGB", (8, 8)))))
    assert params_of_image(plain, POCKET) == POCKET
    assert not is_stereo(plain)
