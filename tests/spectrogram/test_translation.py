"""Pictures of one model's in another's scale."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from livediffusion.spectrogram.loop import loop_to_picture
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams
from livediffusion.spectrogram.translation import translate
from livediffusion.training.pictures import POCKET

FRAMES = 30720  # a beat at 93.75 bpm


def tones() -> Tensor:
    """Chords over noise, (1, FRAMES)."""
    t = torch.arange(FRAMES, dtype=torch.float64) / 48000
    wave = sum(torch.sin(2 * torch.pi * hz * t) for hz in (75.0, 300.0, 900.0, 3000.0, 7500.0))
    noise = torch.randn(FRAMES, generator=torch.Generator().manual_seed(0))
    return (wave + 0.05 * noise).float()[None]


def drawn(params: SpectrogramParams) -> Tensor:
    return loop_to_picture(tones(), params, 1, normalise=True)


def profile(picture: Tensor) -> Tensor:
    """Mean level of each row."""
    return picture[0].mean(dim=1)


def test_pitches_and_levels_are_where_the_other_model_draws_them() -> None:
    right, mine = profile(drawn(POCKET)), profile(translate(drawn(RIFFUSION), RIFFUSION, POCKET))
    stretched = torch.nn.functional.interpolate(drawn(RIFFUSION)[None], size=(256, 64))[0]
    assert mine.shape == right.shape
    together = torch.corrcoef(torch.stack([right, mine, profile(stretched)]))[0]
    assert together[1] > 0.8 > 0.3 > together[2], "though its window is longer"
    for hz in (300.0, 900.0, 3000.0, 7500.0):
        row = row_of(hz, POCKET)
        near = slice(row - 4, row + 5)
        assert abs(int(mine[near].argmax()) - int(right[near].argmax())) <= 1


def row_of(hz: float, params: SpectrogramParams) -> int:
    low, high, mel = (
        2595.0 * float(torch.log10(torch.tensor(1.0 + f / 700.0)))
        for f in (params.min_hz, params.max_hz, hz)
    )
    return params.bands - round((mel - low) / (high - low) * (params.bands + 1))


def test_there_is_silence_beyond_what_the_source_knows() -> None:
    loud = torch.ones(1, 512, 4)
    made = translate(loud, RIFFUSION, POCKET)
    assert made[:, : row_of(10500.0, POCKET)].max() == 0.0
    assert made[:, row_of(9000.0, POCKET)].min() > 0.3
    assert made.max() <= 1.0
    assert translate(torch.zeros(2, 512, 4), RIFFUSION, POCKET).abs().max() == 0.0


def test_alike_scales_leave_a_picture_as_it_is() -> None:
    picture = torch.rand(1, 512, 8)
    other = dataclasses.replace(RIFFUSION, native_tempo=120.0, steps=4, max_amplitude=1.0)
    assert translate(picture, RIFFUSION, other) is picture
