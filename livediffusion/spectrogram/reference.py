"""Phase as Riffusion finds it: what all else is measured against, and too slow for a stage.

The pseudo-inverse of the mel bank on the grid of the analysis, then 32 iterations of Griffin-Lim
with momentum 0.99 from a random start, each channel by itself (torchaudio's InverseMelScale and
GriffinLim). Only the circle and the seed of the random start are ours: a loop closes here, too,
and equal pictures give equal samples.
"""

from __future__ import annotations

import torch
from torch import Tensor

from livediffusion.spectrogram.grid import CircularGrid
from livediffusion.spectrogram.mel import pseudo_inverse
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.spectrogram.phase import griffin_lim

ITERATIONS = 32


def reference_amplitudes(bands: Tensor, params: SpectrogramParams) -> Tensor:
    """Amplitudes (channels, columns, bins) of mel bands (channels, bands, columns)."""
    matrix = pseudo_inverse(params, str(bands.device))
    return (bands.transpose(1, 2) @ matrix).clamp_(min=0.0)


def reference_spectra(
    amplitudes: Tensor, grid: CircularGrid, iterations: int | None = None
) -> Tensor:
    """Spectra (channels, frames, bins), complex64, with these amplitudes."""
    drawn = torch.Generator().manual_seed(0)
    count = ITERATIONS if iterations is None else iterations
    spectra = []
    for amplitude in amplitudes:
        # Riffusion's start has positive parts only, and lengths other than 1.
        real, imaginary = (torch.rand(amplitude.shape, generator=drawn) for _ in range(2))
        start = torch.complex(real, imaginary).to(amplitude.device)
        spectra.append(griffin_lim(amplitude, start, grid, count)[0])
    return torch.stack(spectra)
