"""Frames round a circle."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.spectrogram.grid import circular_grid, frame_centres
from livediffusion.spectrogram.params import SpectrogramParams


@settings(deadline=None)
@given(tempo=st.floats(20.0, 300.0), beats=st.integers(1, 16), rate=st.sampled_from([32000, 44100]))
def test_columns_lie_64_a_beat_and_close_the_circle(tempo: float, beats: int, rate: int) -> None:
    params = SpectrogramParams(sample_rate=rate)
    period, columns = params.period(beats, tempo), params.columns(beats)
    centres = frame_centres(period, columns)
    exact = torch.arange(columns, dtype=torch.float64) * (60.0 / tempo * rate / 64.0)
    assert (centres - exact).abs().max() <= 1.0
    hops = torch.diff(centres, append=torch.tensor([period]))
    assert hops.max() - hops.min() <= 1
    assert int(hops.sum()) == period


@settings(deadline=None)
@given(period=st.integers(700, 4000), frames=st.integers(8, 64), pad=st.integers(0, 30))
def test_a_spectrum_of_the_loop_gives_the_loop_back(period: int, frames: int, pad: int) -> None:
    window = max(4, 4 * -(-period // frames)) // 2 * 2
    if window > period:
        return
    grid = circular_grid(period, frames, window, window + 2 * pad)
    audio = torch.randn(period, generator=torch.Generator().manual_seed(period))
    assert torch.allclose(grid.istft(grid.stft(audio)), audio, atol=2e-5)


def test_frames_are_centred_and_wrap_round() -> None:
    period, frames, window = 1003, 31, 128
    grid = circular_grid(period, frames, window, 160)
    audio = torch.randn(period, generator=torch.Generator().manual_seed(0))
    offsets = torch.arange(window) - window // 2
    places = (frame_centres(period, frames)[:, None] + offsets) % period
    expected = torch.fft.rfft(audio[places] * torch.hann_window(window), n=160)
    assert torch.allclose(grid.stft(audio), expected, atol=1e-4)


def test_bins_that_are_left_out_are_silent() -> None:
    grid = circular_grid(1000, 40, 128, 128)
    spectrum = grid.stft(torch.randn(1000, generator=torch.Generator().manual_seed(0)))
    low = spectrum.clone()
    low[:, 20:] = 0.0
    assert torch.allclose(grid.istft(spectrum[:, :20]), grid.istft(low), atol=1e-6)
    assert grid.project(spectrum[:, :20]).shape == (40, 20)


@pytest.mark.parametrize(
    ("period", "frames", "window", "n_fft"),
    [(99, 4, 100, 128), (200, 201, 64, 64), (200, 8, 100, 64)],
)
def test_what_cannot_be_laid_out_is_refused(
    period: int, frames: int, window: int, n_fft: int
) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        circular_grid(period, frames, window, n_fft)
