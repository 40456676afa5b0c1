"""Loops of our own to analyse: no files, no randomness that is not seeded."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from livediffusion.render.settings import POCKET_FOLDER
from livediffusion.spectrogram.params import SpectrogramParams

# The shipped model's geometry, and one small enough for hundreds of property tests.
POCKET = SpectrogramParams.load(POCKET_FOLDER)
SMALL = SpectrogramParams(
    sample_rate=8000,
    bands=40,
    min_hz=20.0,
    max_hz=3900.0,
    mel_norm="mean",
    window=384,
    n_fft=512,
    power=0.3,
    max_amplitude=50.0,
    native_tempo=120.0,
)


def music(sample_rate: int, beats: int = 8, tempo: float = 120.0) -> Tensor:
    """Kicks, hats and chords round a circle: (1, frames) float32, peaks about 1."""
    return _music(sample_rate, beats, tempo).clone()


@lru_cache(maxsize=8)
def _music(sample_rate: int, beats: int, tempo: float) -> Tensor:
    frames = round(beats * 60.0 / tempo * sample_rate)
    t = torch.arange(frames, dtype=torch.float64) / sample_rate
    beat, turn = 60.0 / tempo, 2.0 * math.pi
    total = torch.zeros(frames, dtype=torch.float64)
    noise = torch.randn(frames, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def since(start: float) -> Tensor:
        return (t - start) % (frames / sample_rate)

    for n in range(beats):
        u = since(n * beat)
        sweep = 50.0 * u + 6.0 * (1.0 - torch.exp(-u / 0.03))
        total += 0.5 * torch.sin(turn * sweep) * torch.exp(-u / 0.12) * (u / 0.001).clamp(max=1.0)
    for n in range(beats * 4):
        total += 0.05 * noise * torch.exp(-since(n * beat / 4) / 0.03)
    for n in range(0, beats, 2):
        u = since(n * beat)
        envelope = (u / 0.01).clamp(max=1.0) * torch.exp(-u / 0.6)
        for root in ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6))[n // 2 % 2]:
            for harmonic in range(1, 10):
                if root * harmonic < 0.45 * sample_rate:
                    wave = torch.sin(turn * root * harmonic * t + root * harmonic)
                    total += 0.06 / harmonic * wave * envelope
    return total.float()[None]


def stereo_music(sample_rate: int, beats: int = 8, tempo: float = 120.0) -> Tensor:
    """The same with bass in the middle, treble that wanders from side to side, and a different
    echo on each: (2, frames)."""
    mono = music(sample_rate, beats, tempo)[0]
    frames = mono.numel()
    spectrum = torch.fft.rfft(mono)
    hz = torch.fft.rfftfreq(frames, 1 / sample_rate)
    low = torch.fft.irfft(spectrum * (hz < 180.0), n=frames)
    high = mono - low
    pan = 0.8 * torch.sin(torch.arange(frames) * (2.0 * math.pi / frames))
    echoes = [torch.roll(high, round(seconds * sample_rate)) for seconds in (0.031, 0.043)]
    left = low + (1.0 + pan) * high + 0.2 * echoes[0]
    right = low + (1.0 - pan) * high + 0.2 * echoes[1]
    return 0.7 * torch.stack((left, right))


def decibels(error: Tensor, reference: Tensor) -> float:
    """Size of an error relative to what it should have been."""
    return float(20.0 * torch.log10(error.double().norm() / reference.double().norm()))
