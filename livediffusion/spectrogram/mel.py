"""Mel filter bank and its inversion, on the HTK scale, for any `SpectrogramParams`.

The bank is the triangular one of torchaudio's `melscale_fbanks`, which Riffusion used; it is
written out here because torchaudio has no release for our torch.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from livediffusion.spectrogram.params import SpectrogramParams

_REACH = 0.7  # standard deviation of a Hann window's main lobe, in units of 1 / window length
_RIDGE = 3e-3  # of each band's own energy: 8-bit pictures are not consistent to the last digit


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


@lru_cache(maxsize=4)
def inverse_bank(params: SpectrogramParams, n_fft: int, device: str = "cpu") -> Tensor:
    """Matrix (bands, bins) that takes mel bands to the bins of an FFT of `n_fft`, float32.

    The most likely spectrum whose bands (on the grid of `params.n_fft`) are the ones given, when
    neighbouring bins resemble each other as far as the window's main lobe reaches. Where that
    reach is nothing this is the pseudo-inverse; on music it is 0.2 to 0.6 dB nearer the truth, and
    1 dB where it lands on another frequency grid, which the pseudo-inverse would have to be
    interpolated to. Bins above the highest band are 0.
    """
    bank = filter_bank(params).double()
    used = int(bank.sum(dim=0).nonzero().max()) + 1
    bank = bank[:, :used]  # (B, F)
    spacing = params.sample_rate / params.n_fft
    reach = _REACH * params.sample_rate / params.window  # Hz
    radius = int(4.0 * reach / spacing) + 1
    lags = torch.arange(-radius, radius + 1, dtype=torch.float64) * spacing
    blurred = torch.nn.functional.conv1d(
        bank[:, None], torch.exp(-0.5 * (lags / reach).square())[None, None], padding=radius
    )
    gram = blurred[:, 0] @ bank.T  # (B, B)
    gram += torch.diag(_RIDGE * gram.diagonal())
    target = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * (params.sample_rate / n_fft)
    source = torch.arange(used, dtype=torch.float64) * spacing
    resemblance = torch.exp(-0.5 * ((target[:, None] - source) / reach).square())  # (bins, F)
    solution: Tensor = torch.linalg.solve(gram, bank @ resemblance.T)
    return solution.float().to(device)


@lru_cache(maxsize=2)
def pseudo_inverse(params: SpectrogramParams, device: str = "cpu") -> Tensor:
    """Matrix (bands, bins) from bands to the least of all spectra that have them, float32.

    It is what torchaudio's InverseMelScale solves by least squares. Bins are those of
    `params.n_fft` up to the highest that any band knows.
    """
    bank = filter_bank(params).double()
    used = int(bank.sum(dim=0).nonzero().max()) + 1
    inverse: Tensor = torch.linalg.pinv(bank[:, :used])
    return inverse.T.float().contiguous().to(device)


def to_bands(amplitudes: Tensor, params: SpectrogramParams) -> Tensor:
    """(channels, columns, params.n_fft // 2 + 1) amplitudes to (channels, bands, columns)."""
    bank = filter_bank(params).to(amplitudes.device)
    return (amplitudes @ bank.T).transpose(1, 2)


def from_bands(bands: Tensor, params: SpectrogramParams, n_fft: int) -> Tensor:
    """(channels, bands, columns) to amplitudes (channels, columns, bins), not negative.

    `bins` is n_fft // 2 + 1 or, where the bands end lower, as many as can be other than 0.
    """
    top = int((params.max_hz + 2.0 * params.sample_rate / params.window) * n_fft)
    bins = min(n_fft // 2 + 1, top // params.sample_rate + 1)
    matrix = inverse_bank(params, n_fft, str(bands.device))[:, :bins]
    return (bands.transpose(1, 2) @ matrix).clamp_(min=0.0)
