"""A model whose pictures are stereo, through every stage: folded patches in, two channels out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_model
import torch
from conftest import MakeRequest
from PIL import Image

from livediffusion.errors import UserError
from livediffusion.render.cache import LoopCache
from livediffusion.render.engines import canvas
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine, render_loop
from livediffusion.spectrogram.image import image_exif, image_to_png, picture_to_image


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory) -> StableDiffusion:
    """The tiny stereo model on the CPU."""
    folder = tiny_model.write_stereo_model(tmp_path_factory.mktemp("models") / "tiny")
    return open_engine("tiny", folder, device="cpu", threads=1)


def test_a_picture_has_left_and_right(stereo: StableDiffusion, make_request: MakeRequest) -> None:
    picture = stereo.picture(stereo.settle(make_request()), Stopwatch())
    assert picture.shape == (2, 64, 256)
    assert float((picture[0] - picture[1]).abs().mean()) > 0.01
    vae = stereo._parts.vae
    assert canvas.latent_shape(vae, stereo.params, 4) == (1, 10, 2, 16)


@pytest.mark.parametrize(("beats", "tempo"), [(4, 120.0), (8, 97.3)])
def test_a_loop_is_in_stereo_and_exact(
    stereo: StableDiffusion, make_request: MakeRequest, beats: int, tempo: float
) -> None:
    loop = render_loop(stereo, make_request(beats=beats, tempo=tempo))
    assert loop.audio.shape == (round(beats * 60 / tempo * 48000), 2)
    assert loop.audio.flags.c_contiguous
    left, right = loop.audio.T
    assert float(np.abs(left - right).max()) > 0.01
    assert loop.loudness == pytest.approx(-16.0, abs=0.5)
    assert loop.peak == float(np.abs(loop.audio).max()) <= 0.892
    together, apart = np.mean(((left + right) / 2) ** 2), np.mean((left**2 + right**2) / 2)
    assert 10.0 * np.log10(together / apart) > -1.0, "the sum must not cancel"


def test_equal_requests_give_equal_bits_and_followers_start_warm(
    stereo: StableDiffusion, make_request: MakeRequest
) -> None:
    first = render_loop(stereo, make_request(), cache := LoopCache(64.0))
    near = make_request(seeds=((1, 0.98), (2, 0.02)), phase_from=first.request.audio_key())
    warm = render_loop(stereo, near, cache)
    assert not warm.cold
    again = LoopCache(64.0)
    assert np.array_equal(render_loop(stereo, make_request(), again).audio, first.audio)
    assert np.array_equal(render_loop(stereo, near, again).audio, warm.audio)


def test_a_stereo_image_is_a_start_with_its_channels_kept(
    stereo: StableDiffusion, make_request: MakeRequest, tmp_path: Path
) -> None:
    noise = torch.rand(2, 64, 256, generator=torch.Generator().manual_seed(0))
    swapped = noise.flip(0)
    loops = []
    for name, picture in (("one", noise), ("other", swapped)):
        path = tmp_path / f"{name}.png"
        path.write_bytes(image_to_png(picture_to_image(picture), image_exif(stereo.params)))
        with Image.open(path) as image:
            assert image.mode == "RGB"
        request = make_request(seed_image=str(path), strength=0.2, steps=6, sampler="ddim")
        loops.append(stereo.picture(stereo.settle(request), Stopwatch()))
    assert float((loops[0] - loops[1]).abs().max()) > 0.001
    pixels = canvas.to_autoencoder(noise, stereo.params, 1024)
    assert pixels.shape == (1, 1024, 2, 16)
    torch.testing.assert_close(canvas.from_autoencoder(pixels, stereo.params), noise)


def test_mono_pictures_of_a_stereo_model_are_refused(tmp_path: Path) -> None:
    folder = tiny_model.write_stereo_model(tmp_path / "tiny")
    replace(tiny_model.PARAMS, channels=1, patch=(32, 16)).save(folder)
    with pytest.raises(UserError, match="takes 1024 channels but"):
        open_engine("tiny", folder, device="cpu")
