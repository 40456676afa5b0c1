"""Stereo pictures: one phase for both channels, so that width is heard and mono loses nothing."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from made_up_music import POCKET, SMALL, decibels, music, stereo_music
from torch import Tensor

from livediffusion.spectrogram.image import picture_to_bands
from livediffusion.spectrogram.loop import loop_to_picture, picture_to_loop
from livediffusion.spectrogram.mel import from_bands
from livediffusion.spectrogram.phase import reconstruct
from livediffusion.spectrogram.synthesis import synthesis_grid

STEREO = dataclasses.replace(POCKET, channels=2)


@pytest.fixture(scope="module")
def audio() -> Tensor:
    return stereo_music(32000)


@pytest.fixture(scope="module")
def picture(audio: Tensor) -> Tensor:
    return loop_to_picture(audio, STEREO, 8, sample_rate=32000)


def _width(picture: Tensor) -> Tensor:
    """How much louder left is than right in each band and column, in dB."""
    left, right = 20.0 * torch.log10(picture_to_bands(picture, STEREO) + 1e-3)
    return left - right


@pytest.mark.parametrize("tempo", [120.0, 97.3])
def test_width_survives_the_way_through_sound(picture: Tensor, tempo: float) -> None:
    loop = picture_to_loop(picture, STEREO, 8, tempo)
    back = loop_to_picture(loop.audio, STEREO, 8)
    heard = picture.amax(dim=0).flip(0) > 0.3
    wanted, got = _width(picture)[heard], _width(back)[heard]
    assert wanted.std() > 3.0
    assert torch.corrcoef(torch.stack((wanted, got)))[0, 1] > 0.9
    assert (back - picture).abs().mean() < 0.015


def test_the_sum_of_the_channels_cancels_nothing(audio: Tensor, picture: Tensor) -> None:
    made = picture_to_loop(picture, STEREO, 8, 120.0, sample_rate=32000).audio
    wanted = audio.mean(dim=0).square().mean()
    got = made.mean(dim=0).square().mean()
    assert abs(float(10.0 * torch.log10(got / wanted))) < 1.0
    alone = [
        picture_to_loop(channel[None], POCKET, 8, 120.0, sample_rate=32000).audio
        for channel in picture
    ]
    cancelled = torch.cat(alone).mean(dim=0).square().mean()
    assert float(10.0 * torch.log10(cancelled / wanted)) < -1.0, "so the bound is a tight one"


def test_one_phase_comes_nearly_as_near_as_two(picture: Tensor) -> None:
    grid, _ = synthesis_grid(STEREO, 8, 120.0)
    amplitudes = from_bands(picture_to_bands(picture, STEREO), STEREO, grid.n_fft)
    shared, _ = reconstruct(amplitudes, grid)
    for made, wanted in zip(shared, amplitudes, strict=True):
        own, _ = reconstruct(wanted[None], grid)
        errors = [decibels(grid.project(one).abs() - wanted, wanted) for one in (made, own[0])]
        assert errors[0] < min(errors[1] + 3.0, -20.0)


def test_equal_channels_sound_as_mono_does() -> None:
    mono = loop_to_picture(music(32000), POCKET, 8, sample_rate=32000)
    left, right = picture_to_loop(mono.expand(2, -1, -1), STEREO, 8, 120.0).audio
    alone = picture_to_loop(mono, POCKET, 8, 120.0).audio[0]
    assert torch.equal(left, right)
    assert decibels(left - alone, alone) < -40.0


def test_a_silent_channel_stays_silent(picture: Tensor) -> None:
    hard = torch.stack((picture[0], torch.zeros_like(picture[0])))
    left, right = picture_to_loop(hard, STEREO, 8, 120.0).audio
    assert float(left.abs().max()) > 0.1
    assert float(right.abs().max()) == 0.0


@pytest.mark.parametrize(("tempo", "beats"), [(20.0, 1), (93.75, 4), (123.4, 4), (300.0, 16)])
def test_length_is_exact_and_the_phase_is_one(tempo: float, beats: int) -> None:
    params = dataclasses.replace(SMALL, channels=2)
    shape = (2, params.bands, params.columns(beats))
    picture = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    loop = picture_to_loop(picture, params, beats, tempo)
    assert loop.audio.shape == (2, round(beats * 60.0 / tempo * 48000))
    assert loop.phase.shape[0] == 1
    again = picture_to_loop(picture, params, beats, tempo, phase=loop.phase)
    assert torch.equal(
        again.audio, picture_to_loop(picture, params, beats, tempo, phase=loop.phase.clone()).audio
    )
    assert decibels(again.audio - loop.audio, loop.audio) < -3.0


def test_the_seam_is_no_larger_than_steps_elsewhere(picture: Tensor) -> None:
    for audio in picture_to_loop(picture, STEREO, 8, 117.0).audio:
        around = torch.cat((audio[-240:], audio[:240])).diff(n=2).abs().max()
        assert around <= audio.diff(n=2).abs().max()
        assert (audio[0] - audio[-1]).abs() <= audio.diff().abs().max()


def test_channels_that_share_nothing_keep_their_own_rhythm() -> None:
    """The hardest case: what sounds on one side sounds at another time on the other."""
    params = dataclasses.replace(SMALL, channels=2)
    one = loop_to_picture(music(8000, 4), SMALL, 4, sample_rate=8000)
    both = torch.cat((one, one.flip(2)))
    back = loop_to_picture(picture_to_loop(both, params, 4, 120.0).audio, params, 4)
    assert decibels(back - both, both) < -17.0
    assert decibels(back[1] - both[0], both[0]) > -12.0
