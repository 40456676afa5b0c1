"""Frames round a circle: an STFT and its inverse whose signal has no beginning and no end.

Frame k of a loop is centred on sample `round(k * period / frames)`, so any tempo fits exactly:
the hops differ by at most one sample and the last frame overlaps the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor


def frame_centres(period: int, frames: int) -> Tensor:
    """Centre sample of each frame (frames,), int64, in exact integer arithmetic."""
    k = torch.arange(frames, dtype=torch.int64)
    return (2 * k * period + frames).div(2 * frames, rounding_mode="floor")


@dataclass(frozen=True, slots=True, eq=False)
class CircularGrid:
    """Where the frames of a loop lie. Build with `circular_grid`, which caches.

    The signal is handled in coordinates shifted by half a window, in which frame k simply
    begins at `centres[k]`.
    """

    period: int  # samples
    frames: int
    n_fft: int
    window: Tensor  # (W,) Hann
    centres: Tensor  # (frames,)
    sources: Tensor  # (overlap * frames,) flat starts of the overlapping pieces, see `istft`
    piece: int  # samples of the longest hop
    kept: Tensor | None  # (period,) indices into frames * piece; None where all hops are equal
    scale: Tensor  # (period,) 1 / sum of squared windows

    @property
    def bins(self) -> int:
        """Frequency bins of a frame."""
        return self.n_fft // 2 + 1

    def stft(self, audio: Tensor) -> Tensor:
        """Spectrum (frames, bins), complex64, of one channel (period,)."""
        return self._analyse(torch.roll(audio, self.window.numel() // 2))

    def istft(self, spectrum: Tensor) -> Tensor:
        """Channel (period,) nearest in least squares to a spectrum (Griffin & Lim 1984).

        The spectrum (frames, bins) may stop before the last bin; the rest is silent.
        """
        return torch.roll(self._synthesise(spectrum), -(self.window.numel() // 2))

    def project(self, spectrum: Tensor) -> Tensor:
        """Spectrum of the signal nearest to `spectrum`, with as many bins as came in."""
        return self._analyse(self._synthesise(spectrum))[:, : spectrum.shape[1]]

    def _analyse(self, shifted: Tensor) -> Tensor:
        width = self.window.numel()
        line = torch.cat((shifted, shifted[:width]))
        # Copying rows of an overlapping view is a plain memcpy for each frame.
        rows = line.as_strided((self.period, width), (1, 1)).index_select(0, self.centres)
        spectrum: Tensor = torch.fft.rfft(rows.mul_(self.window), n=self.n_fft)
        return spectrum

    def _synthesise(self, spectrum: Tensor) -> Tensor:
        """Overlap-add as a gather, which unlike a scatter runs in parallel and in fixed order.

        Each hop of the result is the sum of one piece of each frame that reaches it.
        """
        rows = torch.fft.irfft(spectrum, n=self.n_fft)
        return _overlap_add(rows, self.window, self.sources, self.piece, self.kept) * self.scale


def _overlap_add(
    rows: Tensor, window: Tensor, sources: Tensor, piece: int, kept: Tensor | None
) -> Tensor:
    """Sum round the circle of rows (frames, >= W) times a window (W,): see `CircularGrid`."""
    frames, width = rows.shape[0], window.numel()
    padded = window.new_zeros(frames, width + piece)
    torch.mul(rows[:, :width], window, out=padded[:, :width])
    line = padded.view(-1)
    view = line.as_strided((line.numel() - piece + 1, piece), (1, 1))
    pieces = view.index_select(0, sources).view(-1, frames * piece)
    summed: Tensor = pieces.sum(dim=0)
    return summed if kept is None else summed.index_select(0, kept)


@lru_cache(maxsize=8)
def circular_grid(
    period: int, frames: int, window: int, n_fft: int, device: str = "cpu"
) -> CircularGrid:
    """Grid of `frames` Hann windows of `window` samples round a circle of `period` samples.

    Raises ValueError when the loop is shorter than the window or than one sample a frame, or
    the FFT shorter than the window.
    """
    if period < window or period < frames or n_fft < window:
        raise ValueError(f"a loop of {period} samples cannot hold {frames} frames of {window}")
    centres = frame_centres(period, frames)
    hops = torch.diff(centres, append=torch.tensor([period]))
    piece = int(hops.max())
    sources = _piece_sources(centres, period, window, piece)
    taper = torch.hann_window(window, periodic=True, dtype=torch.float64).float()
    within = torch.arange(piece).expand(frames, piece) < hops[:, None]
    kept = None if bool(within.all()) else within.flatten().nonzero().squeeze(1)
    weight = _overlap_add(taper.expand(frames, window), taper, sources, piece, kept)
    # Where no window reaches (analysis with wide hops) the sum is 0 and so is the signal.
    scale = torch.where(weight > 1e-6, 1.0 / weight.clamp(min=1e-6), 0.0)
    tensors = [None if t is None else t.to(device) for t in (taper, centres, sources, kept)]
    win, cen, src, keep = tensors
    assert win is not None and cen is not None and src is not None
    return CircularGrid(period, frames, n_fft, win, cen, src, piece, keep, scale.to(device))


def _piece_sources(centres: Tensor, period: int, window: int, piece: int) -> Tensor:
    """Flat starts, in frames padded to `window + piece`, of what each hop is summed from."""
    frames = centres.numel()
    smallest = max(period // frames, 1)
    overlap = min(-(-window // smallest), frames)
    back = torch.arange(overlap)[:, None]  # (R, 1)
    k = torch.arange(frames)[None]  # (1, C)
    source = (k - back) % frames
    # Pieces beyond the end of a frame read the zeros that pad it.
    offset = ((centres[k] - centres[source]) % period).clamp(max=window)
    return (source * (window + piece) + offset).flatten()
