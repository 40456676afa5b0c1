"""Mel filter bank and its inversion, on the HTK scale, for any `SpectrogramParams`.

The bank is the triangular one of torchaudio's `melscale_fbanks`, which Riffusion used; it is
written out here because torchaudio has no release for our torch.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from livediffusion.spectrogram.params import SpectrogramParams


def hz_to_mel(hz: Tensor) -> Tensor:
    """HTK mel scale (O'Shaughnessy 1987)."""
    return 2595.0 * torch.log10(1.0 + hz / 700.0)


def mel_to_hz(mel: Tensor) -> Tensor:
    """Inverse of `hz_to_mel`."""
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


@lru_cache(maxsize=4)
def filter_bank(params: SpectrogramParams, n_fft: int | None = None) -> Tensor:
    """Triangular mel bank (bands, bins), float32, for an FFT of `n_fft` (default: params.n_fft).

    With `mel_norm = "mean"` a band narrower than a bin interpolates its two nearest bins (it
    would be empty otherwise) and every band's weights sum to one.
    """
    size = n_fft or params.n_fft
    bins = torch.linspace(0.0, params.sample_rate / 2, size // 2 + 1, dtype=torch.float64)  # (F,)
    limits = torch.tensor([params.min_hz, params.max_hz], dtype=torch.float64)
    low, high = hz_to_mel(limits).tolist()
    edges = mel_to_hz(torch.linspace(low, high, params.bands + 2, dtype=torch.float64))
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]  # (B, 1)
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    bank = torch.minimum(rising, falling).clamp(min=0.0)  # (B, F)
    if params.mel_norm == "mean":
        bank = _interpolate_thin_bands(bank, edges[1:-1] / (bins[1] - bins[0]))
        bank = bank / bank.sum(dim=1, keepdim=True)
    return bank.float()


def _interpolate_thin_bands(bank: Tensor, centre_bin: Tensor) -> Tensor:
    """Give bands whose triangle covers less than one bin's weight their two neighbouring bins."""
    thin = bank.sum(dim=1) < 1.0
    below = centre_bin.floor().clamp(max=bank.shape[1] - 2).long()
    fraction = (centre_bin - below).unsqueeze(1)
    two_bins = torch.zeros_like(bank)
    two_bins.scatter_(1, below.unsqueeze(1), 1.0 - fraction)
    two_bins.scatter_(1, below.unsqueeze(1) + 1, fraction)
    return torch.where(thin.unsqueeze(1), two_bins, bank)
