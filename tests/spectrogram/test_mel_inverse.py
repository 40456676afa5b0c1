"""Mel bands back to linear amplitudes."""

from __future__ import annotations

import pytest
import torch
from made_up_music import POCKET, decibels, music

from livediffusion.spectrogram.grid import circular_grid
from livediffusion.spectrogram.image import (
    bands_to_picture,
    image_to_picture,
    picture_to_bands,
    picture_to_image,
)
from livediffusion.spectrogram.mel import filter_bank, from_bands, to_bands
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams


@pytest.mark.parametrize("params", [POCKET, RIFFUSION], ids=["pocket", "riffusion"])
def test_bands_of_the_inverse_are_the_bands(params: SpectrogramParams) -> None:
    audio = music(params.sample_rate)[0]
    grid = circular_grid(audio.numel(), 512, params.window, params.n_fft)
    bands = to_bands(grid.stft(audio).abs()[None], params)
    amplitudes = from_bands(bands, params, params.n_fft)
    assert bool((amplitudes >= 0.0).all())
    missing = params.n_fft // 2 + 1 - amplitudes.shape[2]
    whole = torch.nn.functional.pad(amplitudes, (0, missing))
    assert decibels(to_bands(whole, params) - bands, bands) < -30.0


def test_inverse_is_nearer_the_truth_than_the_pseudo_inverse() -> None:
    audio = music(32000)[0]
    truth = circular_grid(audio.numel(), 512, 1536, 2048).stft(audio).abs()
    picture = bands_to_picture(to_bands(truth[None], POCKET), POCKET)
    in_8_bits = image_to_picture(picture_to_image(picture))
    bands = picture_to_bands(in_8_bits, POCKET)
    got = from_bands(bands, POCKET, 2048)[0]
    pseudo = torch.linalg.pinv(filter_bank(POCKET).double()).float()
    by_pseudo = (bands[0].T @ pseudo.T).clamp(min=0.0)[:, : got.shape[1]]
    truth = truth[:, : got.shape[1]]
    assert decibels(got - truth, truth) < decibels(by_pseudo - truth, truth) - 0.3


def test_inverse_lands_on_other_frequency_grids() -> None:
    audio = music(32000)[0]
    fine = circular_grid(audio.numel(), 512, 1536, 2048).stft(audio).abs()
    truth = circular_grid(audio.numel(), 512, 1536, 1536).stft(audio).abs()
    got = from_bands(to_bands(fine[None], POCKET), POCKET, 1536)[0]
    assert decibels(got - truth[:, : got.shape[1]], truth) < -25.0


def test_what_lies_above_the_bands_is_left_out() -> None:
    bands = torch.ones(2, 512, 3)
    amplitudes = from_bands(bands, RIFFUSION, 4608)
    assert amplitudes.shape == (2, 3, 1047)
    assert (amplitudes.shape[2] - 1) * 44100 / 4608 == pytest.approx(10000.0, abs=30.0)
