"""Loudness after BS.1770-4 and the circular limiter."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_music import music, stereo_music
from scipy.signal import lfilter
from torch import Tensor

from livediffusion.spectrogram import loudness
from livediffusion.spectrogram.level import (
    NotFinite,
    level_and_measure,
    level_loop,
    limit_loop,
    loop_loudness,
)

TOP = 10.0 ** (-1.0 / 20.0)

# BS.1770-4, tables 1 and 2: coefficients for 48 kHz.
SHELF_B = (1.53512485958697, -2.69169618940638, 1.19839281085285)
SHELF_A = (1.0, -1.69065929318241, 0.73248077421585)
HIGH_PASS_B = (1.0, -2.0, 1.0)
HIGH_PASS_A = (1.0, -1.99004745483398, 0.99007225036621)


def _sine(hz: float, amplitude: float, frames: int = 48000, channels: int = 1) -> Tensor:
    wave = amplitude * torch.sin(
        torch.arange(frames, dtype=torch.float64) * (2 * math.pi * hz / 48000)
    )
    return wave.float().expand(channels, -1).clone()


def test_filters_are_the_standards_own_at_48_khz() -> None:
    b, a = loudness._shelf(48000)
    assert b == pytest.approx(SHELF_B, abs=1e-9)
    assert a == pytest.approx(SHELF_A, abs=1e-9)
    b, a = loudness._high_pass(48000)
    assert b == pytest.approx(HIGH_PASS_B, abs=1e-9)
    assert a == pytest.approx(HIGH_PASS_A, abs=1e-9)


def test_full_scale_sine_of_997_hz_reads_minus_3_lufs() -> None:
    assert loop_loudness(_sine(997.0, 1.0)) == pytest.approx(-3.01, abs=0.02)
    assert loop_loudness(_sine(997.0, 1.0, channels=2)) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("frames", [192000, 191999, 3000])
def test_loudness_is_that_of_the_loop_played_for_ever(frames: int) -> None:
    loop = music(48000)[:, :frames]
    rounds = 3 + 20000 // frames
    filtered = loop[0].repeat(rounds).double().numpy()
    for b, a in ((SHELF_B, SHELF_A), (HIGH_PASS_B, HIGH_PASS_A)):
        filtered = lfilter(b, a, filtered)
    settled = filtered[-frames:]  # the last time round nothing is left of the start
    expected = -0.691 + 10.0 * math.log10((settled**2).mean())
    assert loop_loudness(loop) == pytest.approx(expected, abs=1e-3)


def test_a_loop_comes_out_at_its_loudness_below_the_ceiling() -> None:
    for gain in (0.03, 1.0, 3e4):
        levelled = level_loop(music(48000) * gain)
        assert loop_loudness(levelled) == pytest.approx(-16.0, abs=0.3)
        assert levelled.abs().max() <= TOP
    assert loop_loudness(level_loop(music(48000), loudness=-23.0)) == pytest.approx(-23.0, abs=0.1)


def test_loud_peaks_cost_no_loudness_while_gain_can_make_up() -> None:
    loop = 0.05 * music(48000)
    loop[:, ::24000] = 1.0  # clicks that the limiter must take down
    levelled = level_loop(loop)
    assert levelled.abs().max() <= TOP
    assert loop_loudness(levelled) > -16.5


@pytest.mark.parametrize("gain", [0.03, 1.0, 30.0])
@pytest.mark.parametrize("rate", [32000, 48000])
def test_the_loudness_told_is_the_loudness_heard(gain: float, rate: int) -> None:
    for loop in (music(rate), stereo_music(rate, 4)):
        levelled, told = level_and_measure(loop * gain, rate)
        assert told == pytest.approx(loop_loudness(levelled, rate), abs=1e-3)


def test_offset_is_removed() -> None:
    levelled = level_loop(music(48000) + 0.25)
    assert abs(float(levelled.mean())) < 1e-4


def test_silence_stays_silence_and_whispers_are_not_roared() -> None:
    assert torch.equal(level_loop(torch.zeros(2, 4800)), torch.zeros(2, 4800))
    whisper = 1e-5 * _sine(1000.0, 1.0)
    gain = float(level_loop(whisper).abs().max() / whisper.abs().max())
    assert gain == pytest.approx(100.0, rel=1e-3)
    at_int16 = level_loop(whisper, full_scale=32768.0)
    assert float(at_int16.abs().max() / whisper.abs().max()) == pytest.approx(100 / 32768, rel=1e-3)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_is_refused(bad: float) -> None:
    loop = music(48000)
    loop[0, 77] = bad
    with pytest.raises(NotFinite):
        level_loop(loop)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**31),
    frames=st.integers(600, 5000),
    peak=st.floats(0.1, 1e4),
    sparse=st.booleans(),
)
def test_no_sample_ever_passes_the_ceiling(
    seed: int, frames: int, peak: float, sparse: bool
) -> None:
    source = torch.Generator().manual_seed(seed)
    loop = torch.randn(2, frames, generator=source)
    if sparse:
        loop *= torch.rand(2, frames, generator=source) > 0.99
    loop = loop * peak
    limited = limit_loop(loop)
    assert limited.abs().max() <= TOP
    assert (limited * loop >= 0.0).all(), "a limiter must not turn the sign"


def test_gain_alone_keeps_the_ceiling_before_the_last_bit_is_clipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = 3.0 * torch.randn(1, 48000, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(Tensor, "clamp", lambda self, *_: self)
    assert limit_loop(loop).abs().max() <= TOP * (1.0 + 1e-5)


def test_bits_pass_where_no_peak_is_near_and_the_seam_is_near() -> None:
    loop = 0.1 * music(48000)
    loop[0, 5] = 4.0  # its look-ahead reaches back over the seam
    limited = limit_loop(loop)
    assert torch.equal(limited[:, 600:-600], loop[:, 600:-600])
    assert not torch.equal(limited[:, -100:], loop[:, -100:])
    assert limited.abs().max() <= TOP
    quiet = 0.1 * music(48000)
    assert limit_loop(quiet) is quiet


def test_limiting_is_the_same_wherever_the_loop_begins() -> None:
    loop = 2.0 * music(48000)
    turned = torch.roll(limit_loop(loop), 12345, dims=1)
    assert torch.allclose(limit_loop(torch.roll(loop, 12345, dims=1)), turned, atol=1e-6)


def test_gain_is_smooth() -> None:
    loop = torch.full((1, 4800), 0.5)
    loop[0, 2400] = 2.0
    gain = (limit_loop(loop) / loop)[0]
    assert gain.diff().abs().max() < 0.01
    assert float(gain.min()) == pytest.approx(TOP / 2.0, rel=1e-4)
