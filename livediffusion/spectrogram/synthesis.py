"""The two grids of a synthesis: on one its phase is found, on the other its sound is made.

Phase is found at the model's own rate, where the frames are smallest. Then each frame is
turned to its exact place on a circle of so many output samples and added up there, with a window
as long in time: bands that the model does not know stay silent, and nothing has to be resampled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from livediffusion.spectrogram.grid import CircularGrid, circular_grid
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.spectrogram.resample import fast_length, resample_loop
from livediffusion.types import SAMPLE_RATE


@lru_cache(maxsize=8)
def synthesis_grid(
    params: SpectrogramParams, beats: int, tempo: float, device: str = "cpu", fine: bool = False
) -> tuple[CircularGrid, int]:
    """Grid for phase reconstruction, and how many of its frames make a column of the picture.

    Columns wider apart than a quarter window need frames between them. The FFT is about the
    window's own size: zero-padding refines an analysis but only costs time in a synthesis. A
    `fine` grid has the padding of the analysis all the same, as Riffusion's.
    """
    columns = params.columns(beats)
    period = params.period(beats, tempo)
    factor = grid_factor(params, beats, tempo)
    n_fft = params.n_fft if fine else _fft_size(params)
    return circular_grid(period, columns * factor, params.window, n_fft, device), factor


def grid_factor(params: SpectrogramParams, beats: int, tempo: float) -> int:
    """Frames a column, so that frames lie at most a quarter window apart: 1 unless it is slow."""
    period, columns = params.period(beats, tempo), params.columns(beats)
    return max(1, -(-4 * period // (columns * params.window)))


def _fft_size(params: SpectrogramParams) -> int:
    """An even size not below the window that FFTs like; if it can be, one that is a whole number
    of samples at the player's rate too."""
    step = params.sample_rate // math.gcd(params.sample_rate, SAMPLE_RATE)
    step = math.lcm(2, step if params.window % step == 0 else 1)
    return step * fast_length(-(-params.window // step))


@dataclass(frozen=True, slots=True, eq=False)
class Outlet:
    """Makes the sound of spectra found on another grid. Build with `outlet`, which caches."""

    grid: CircularGrid  # at the output rate, or the one on which phase was found
    frames: int  # samples of the loop
    bins: int  # that the output rate can hold
    turn: Tensor | None  # (grid frames, bins) complex64 of length 1: frames to their exact places
    gain: float  # spectra grow with the number of samples in a window

    def sound(self, spectra: Tensor) -> Tensor:
        """Audio (channels, frames) float32 of spectra (channels, grid frames, bins)."""
        kept = spectra[..., : self.bins]
        if self.turn is not None:
            kept = kept * self.turn[:, : kept.shape[2]]
        audio = torch.stack([self.grid.istft(one) for one in kept])
        return resample_loop(audio, self.frames) * self.gain


@lru_cache(maxsize=8)
def outlet(
    params: SpectrogramParams,
    beats: int,
    tempo: float,
    sample_rate: int,
    device: str = "cpu",
    fine: bool = False,
) -> Outlet:
    """The way from spectra on `synthesis_grid` to a loop at `sample_rate`."""
    grid, _ = synthesis_grid(params, beats, tempo, device, fine)
    frames = round(beats * 60.0 / tempo * sample_rate)
    whole = all(n * sample_rate % params.sample_rate == 0 for n in (params.window, grid.n_fft))
    if not whole or frames == grid.period:
        return Outlet(grid, frames, grid.bins, None, 1.0)
    window, n_fft = (n * sample_rate // params.sample_rate for n in (params.window, grid.n_fft))
    placed = circular_grid(frames, grid.frames, window, n_fft, device)
    # A bin on either's Nyquist frequency would mean something else on the other: it is left out.
    bins = min(grid.n_fft, n_fft) // 2
    exact = placed.centres.cpu().double() * (grid.period / frames)
    late = exact - grid.centres.cpu()  # samples of `grid`
    turn = None
    if bool(late.any()):
        angles = late.float()[:, None] * (torch.arange(bins) * (2.0 * math.pi / grid.n_fft))
        turn = torch.complex(angles.cos(), angles.sin()).to(device)
    return Outlet(placed, frames, bins, turn, sample_rate / params.sample_rate)
