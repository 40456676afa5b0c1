"""Riffusion's own five spectrograms, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from livediffusion.spectrogram.image import image_to_picture
from livediffusion.spectrogram.level import level_loop, loop_loudness
from livediffusion.spectrogram.loop import loop_to_picture, picture_to_loop
from livediffusion.spectrogram.params import RIFFUSION

FOLDER = os.environ.get("LIVEDIFFUSION_SEED_IMAGES", "")
NAMES = ("agile", "marim", "motorway", "og_beat", "vibes")

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="LIVEDIFFUSION_SEED_IMAGES does not name a folder of Riffusion's seed images"
)


@pytest.fixture(scope="module", params=NAMES)
def picture(request: pytest.FixtureRequest) -> Tensor:
    with Image.open(Path(FOLDER) / f"{request.param}.png") as image:
        return image_to_picture(image)


def _spectrum(audio: Tensor) -> Tensor:
    """Mean spectrum in bands of 2 Hz up to 4 kHz, whatever the loop's length."""
    power = torch.fft.rfft(audio).abs().square()
    band = (torch.fft.rfftfreq(audio.numel(), 1 / 48000) / 2.0).round().long()
    return torch.zeros(2001).index_add_(0, band[band <= 2000], power[band <= 2000]).sqrt()


def test_seed_becomes_an_exact_seamless_loop_at_two_tempos(picture: Tensor) -> None:
    native = picture_to_loop(picture, RIFFUSION, 8, 93.75).audio
    faster = picture_to_loop(picture, RIFFUSION, 8, 120.0).audio
    assert native.shape == (1, 245760)
    assert faster.shape == (1, 192000)
    for audio in (native, faster):
        levelled = level_loop(audio)
        assert loop_loudness(levelled) == pytest.approx(-16.0, abs=0.3)
        steps = levelled[0].diff().abs()
        assert (levelled[0, 0] - levelled[0, -1]).abs() <= steps.max()
    spectra = torch.stack((_spectrum(native[0]), _spectrum(faster[0])))
    likeness = [
        torch.corrcoef(torch.stack((spectra[0], torch.roll(spectra[1], n))))[0, 1]
        for n in range(-30, 31)
    ]
    assert abs(int(torch.stack(likeness).argmax()) - 30) <= 1, "pitch moved with tempo"
    back = loop_to_picture(native, RIFFUSION, 8)
    assert (back - picture).abs().mean() < 0.03
