"""A picture of one model as another would have drawn it: its pitches stay where they are."""

from __future__ import annotations

import torch
from torch import Tensor

from livediffusion.spectrogram.mel import filter_bank, hz_to_mel
from livediffusion.spectrogram.params import SpectrogramParams

_SCALE = ("bands", "min_hz", "max_hz", "mel_norm", "power")  # what says where and how loud rows are


def translate(picture: Tensor, source: SpectrogramParams, target: SpectrogramParams) -> Tensor:
    """Picture (channels, target.bands, columns) of one (channels, source.bands, columns), 0..1.

    Rows go to where their frequency is, amplitudes are weighed by how wide the bands of either are,
    and the loudest stays as loud. Beyond what the source knows there is silence.
    """
    if all(getattr(source, name) == getattr(target, name) for name in _SCALE):
        return picture
    amplitudes = picture.flip(1).clamp(0.0, 1.0).pow(1.0 / source.power)  # lowest band first
    amplitudes = amplitudes / _weights(source)
    at = (_centres(target) - _centres(source)[0]) / (_centres(source)[1] - _centres(source)[0])
    below = at.floor().clamp(0, source.bands - 2).long()
    fraction = (at - below).clamp(0.0, 1.0)[:, None]
    rows = amplitudes[:, below] * (1.0 - fraction) + amplitudes[:, below + 1] * fraction
    known = ((at > -1.0) & (at < source.bands))[:, None]
    rows = torch.where(known, rows * _weights(target), torch.zeros(()))
    loudest = picture.max().clamp(0.0, 1.0)
    scaled = (rows / rows.max().clamp(min=1e-12)).pow(target.power) * loudest
    return scaled.flip(1)


def _centres(params: SpectrogramParams) -> Tensor:
    """Middle of each band (bands,), in mel."""
    low, high = hz_to_mel(torch.tensor([params.min_hz, params.max_hz]).double()).tolist()
    return torch.linspace(low, high, params.bands + 2)[1:-1]


def _weights(params: SpectrogramParams) -> Tensor:
    """What each band makes of even noise (bands, 1)."""
    return filter_bank(params).sum(dim=1, keepdim=True).clamp(min=1e-6)
