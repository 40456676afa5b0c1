"""Resampling a circle is exact."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from livediffusion.spectrogram.resample import fast_length, resample_loop, resample_plain


def _partials(frames: int, cycles: list[int]) -> Tensor:
    t = torch.arange(frames, dtype=torch.float64) / frames
    waves = [torch.cos(2.0 * math.pi * c * t + 0.7 * c) for c in cycles]
    return torch.stack(waves).sum(dim=0).float()[None]


@settings(deadline=None)
@given(period=st.integers(3, 3000), frames=st.integers(3, 3000), seed=st.integers(0, 99))
def test_partials_below_both_nyquists_come_out_exactly(period: int, frames: int, seed: int) -> None:
    highest = (min(period, frames) - 1) // 2
    cycles = sorted({0, highest, seed % (highest + 1)})
    resampled = resample_loop(_partials(period, cycles), frames)
    assert torch.allclose(resampled, _partials(frames, cycles), atol=2e-5)


@pytest.mark.parametrize(("period", "frames"), [(8, 12), (8, 9), (9, 12), (7919, 12007)])
def test_up_and_down_again_is_the_same_loop(period: int, frames: int) -> None:
    loop = torch.randn(2, period, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(resample_loop(resample_loop(loop, frames), period), loop, atol=1e-5)


def test_nyquist_is_kept_upwards_and_folded_downwards() -> None:
    alternating = torch.tensor([[1.0, -1.0] * 4])
    up = resample_loop(alternating, 16)
    assert torch.allclose(up[0, ::2], alternating[0], atol=1e-6)
    assert torch.allclose(up.square().mean(), torch.tensor(0.5), atol=1e-6)
    above = _partials(16, [6])
    assert resample_loop(above, 8).abs().max() < 1e-6


def test_same_length_is_the_same_tensor() -> None:
    loop = torch.randn(1, 100)
    assert resample_loop(loop, 100) is loop
    assert resample_plain(loop, 44100, 44100) is loop


def test_plain_audio_does_not_ring_at_its_ends() -> None:
    ramp = torch.linspace(0.0, 1.0, 4410)[None]  # round a circle this would be a cliff
    resampled = resample_plain(ramp, 44100, 48000)
    assert resampled.shape == (1, 4800)
    expected = torch.linspace(0.0, 1.0, 4800)
    assert (resampled[0] - expected).abs().max() < 2e-3


@given(least=st.integers(1, 3_000_000))
def test_fast_lengths_are_long_enough_and_smooth(least: int) -> None:
    length = fast_length(least)
    assert least <= length <= 1.13 * least + 2
    for factor in (2, 3, 5):
        while length % factor == 0:
            length //= factor
    assert length == 1


@pytest.mark.parametrize(("period", "frames"), [(0, 5), (5, 0)])
def test_nothing_cannot_be_resampled(period: int, frames: int) -> None:
    with pytest.raises(ValueError, match="cannot resample"):
        resample_loop(torch.zeros(1, period), frames)
