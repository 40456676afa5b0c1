"""From picture to loop and back: lengths, pitch, seam, symmetry, state."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_music import POCKET, SMALL, decibels, music
from torch import Tensor

from livediffusion.spectrogram.level import NotFinite
from livediffusion.spectrogram.loop import (
    audio_to_picture,
    loop_frames,
    loop_to_picture,
    picture_to_loop,
)
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams
from livediffusion.spectrogram.resample import resample_loop
from livediffusion.spectrogram.synthesis import grid_factor


def _picture(params: SpectrogramParams, beats: int = 8) -> Tensor:
    rate = params.sample_rate
    return loop_to_picture(music(rate, beats), params, beats, sample_rate=rate)


def _tone(band: int, beats: int = 4) -> Tensor:
    picture = torch.zeros(1, SMALL.bands, SMALL.columns(beats))
    picture[:, band] = 0.8
    return picture


@settings(deadline=None, max_examples=30)
@given(tempo=st.floats(20.0, 300.0), beats=st.sampled_from([1, 2, 4, 8]))
def test_length_is_exact_at_any_tempo(tempo: float, beats: int) -> None:
    picture = torch.zeros(1, SMALL.bands, SMALL.columns(beats))
    picture[:, 20] = 0.5
    loop = picture_to_loop(picture, SMALL, beats, tempo, iterations=1)
    assert loop.audio.shape == (1, round(beats * 60.0 / tempo * 48000))
    assert bool(torch.isfinite(loop.audio).all())
    assert loop.audio.abs().max() > 0.0


@settings(deadline=None)
@given(tempo=st.floats(20.0, 300.0), beats=st.integers(1, 16))
def test_frames_overlap_fourfold_at_any_tempo(tempo: float, beats: int) -> None:
    for params in (POCKET, RIFFUSION):
        factor = grid_factor(params, beats, tempo)
        hop = params.period(beats, tempo) / (params.columns(beats) * factor)
        assert hop <= params.window / 4
        assert factor == 1 or hop * factor > params.window / 4


def test_pitch_does_not_follow_tempo() -> None:
    for band in (10, 30):
        peaks = []
        for tempo in (20.0, 97.3, 120.0, 300.0):
            audio = picture_to_loop(_tone(band), SMALL, 4, tempo, sample_rate=8000).audio[0]
            spectrum = torch.fft.rfft(audio).abs().square()
            hz = torch.fft.rfftfreq(audio.numel(), 1 / 8000)
            peaks.append(float((spectrum * hz).sum() / spectrum.sum()))
        assert max(peaks) / min(peaks) < 1.03, peaks


@pytest.mark.parametrize("params", [POCKET, RIFFUSION, SMALL])
@pytest.mark.parametrize("tempo", [120.0, 97.3, 31.0])
def test_sound_made_at_the_output_rate_is_the_one_resampled(
    params: SpectrogramParams, tempo: float
) -> None:
    picture = _picture(params, 2)
    at_48k = picture_to_loop(picture, params, 2, tempo, iterations=1).audio
    own = picture_to_loop(picture, params, 2, tempo, iterations=1, sample_rate=params.sample_rate)
    resampled = resample_loop(own.audio, at_48k.shape[1])
    assert decibels(at_48k - resampled, resampled) < -45.0


def test_output_rates_that_do_not_divide_are_resampled() -> None:
    picture = _picture(SMALL, 2)
    at_own = picture_to_loop(picture, SMALL, 2, 120.0, sample_rate=8000).audio
    for rate in (11025, 7001):
        made = picture_to_loop(picture, SMALL, 2, 120.0, sample_rate=rate).audio
        assert torch.equal(made, resample_loop(at_own, rate))


def test_seam_is_no_larger_than_steps_elsewhere() -> None:
    for tempo in (61.7, 120.0):
        audio = picture_to_loop(_picture(POCKET), POCKET, 8, tempo).audio[0]
        steps = audio.diff().abs()
        assert (audio[0] - audio[-1]).abs() <= steps.max()
        # A broken circle would show as a click: energy far above its surroundings.
        around = torch.cat((audio[-240:], audio[:240])).diff(n=2).abs().max()
        assert around <= audio.diff(n=2).abs().max()


def test_rolling_the_picture_by_a_beat_rolls_the_loop_by_a_beat() -> None:
    picture = _picture(POCKET)
    loop = picture_to_loop(picture, POCKET, 8, 120.0).audio
    for beats in (1, 5):
        turned = picture_to_loop(torch.roll(picture, 64 * beats, dims=2), POCKET, 8, 120.0).audio
        expected = torch.roll(loop, 24000 * beats, dims=1)
        assert decibels(turned - expected, expected) < -50.0


@pytest.mark.parametrize("tempo", [120.0, 90.0])
def test_picture_survives_being_a_loop(tempo: float) -> None:
    picture = _picture(POCKET)
    loop = picture_to_loop(picture, POCKET, 8, tempo)
    back = loop_to_picture(loop.audio, POCKET, 8)
    assert back.shape == picture.shape
    assert (back - picture).abs().mean() < 0.01
    one_column_late = torch.roll(back, 1, dims=2)
    assert (one_column_late - picture).abs().mean() > 0.012  # so the bound is a tight one


def test_normalised_picture_does_not_depend_on_level() -> None:
    audio = music(32000)
    loud = loop_to_picture(audio, POCKET, 8, sample_rate=32000, normalise=True)
    soft = loop_to_picture(audio * 0.01, POCKET, 8, sample_rate=32000, normalise=True)
    assert torch.allclose(loud, soft, atol=1e-4)
    assert loud.max() == 1.0
    silent = loop_to_picture(audio * 0.0, POCKET, 8, sample_rate=32000, normalise=True)
    assert silent.max() == 0.0


def test_warm_start_goes_on_from_a_loops_state() -> None:
    picture = _picture(SMALL, 4)
    first = picture_to_loop(picture, SMALL, 4, 133.3)
    again = picture_to_loop(picture, SMALL, 4, 133.3, phase=first.phase)
    assert torch.equal(
        again.audio, picture_to_loop(picture, SMALL, 4, 133.3, phase=first.phase.clone()).audio
    )
    # The same picture again hardly changes the sound: a fade between the two is inaudible.
    assert decibels(again.audio - first.audio, first.audio) < -15.0


def test_clip_of_5678_ms_has_568_columns() -> None:
    clip = torch.randn(1, round(5.678 * 44100), generator=torch.Generator().manual_seed(0))
    assert audio_to_picture(clip, RIFFUSION, sample_rate=44100).shape == (1, 512, 568)
    at_48k = torch.randn(2, round(5.678 * 48000), generator=torch.Generator().manual_seed(0))
    assert audio_to_picture(at_48k, RIFFUSION).shape == (2, 512, 568)


def test_clip_analysis_sees_a_tone_where_it_is() -> None:
    hz = 440.0
    clip = torch.sin(torch.arange(48000) * (2.0 * torch.pi * hz / 48000))[None]
    column = audio_to_picture(clip, SMALL)[0, :, 50]
    mels = 2595.0 * torch.log10(1.0 + torch.tensor([20.0, hz, 3900.0]) / 700.0)
    band = float((mels[1] - mels[0]) / (mels[2] - mels[0])) * 41 - 1
    assert abs((39 - int(column.argmax())) - band) <= 1.0


@pytest.mark.parametrize("tempo", [19.9, 300.1, float("nan"), float("inf")])
def test_tempo_out_of_range_is_refused(tempo: float) -> None:
    with pytest.raises(ValueError, match=r"20\.\.300"):
        picture_to_loop(_tone(5), SMALL, 4, tempo)


def test_wrong_shapes_and_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="channels x 40 x 512"):
        picture_to_loop(_tone(5), SMALL, 8, 120.0)
    broken = _tone(5)
    broken[0, 3, 3] = float("nan")
    with pytest.raises(NotFinite, match="finite"):
        picture_to_loop(broken, SMALL, 4, 120.0)
    with pytest.raises(ValueError, match="cannot hold"):
        loop_to_picture(torch.zeros(1, 100), SMALL, 4)
    with pytest.raises(ValueError, match="too few"):
        audio_to_picture(torch.zeros(1, 100), SMALL)


def test_loop_frames_at_the_native_and_at_a_usual_tempo() -> None:
    assert loop_frames(8, 93.75) == 245760
    assert loop_frames(8, 120.0) == 192000
