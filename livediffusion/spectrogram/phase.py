"""Phase reconstruction on a circle: a gradient-integrating start and fast Griffin-Lim.

The start integrates the phase gradients that the magnitudes of a Gaussian-like window imply
(Prusa, Balazs & Sondergaard 2017, "A noniterative method for reconstruction of phase from STFT
magnitude"). Their heap visits bins one by one (`heap`). By "peaks" every bin follows the peak of
its own frame instead (as in Beauregard et al. 2015, "Single pass spectrogram inversion"), so a
frame costs two vector operations. Griffin-Lim with momentum refines it (Perraudin, Balazs &
Sondergaard 2013).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from livediffusion.spectrogram.grid import CircularGrid

MOMENTUM = 0.99
COLD_ITERATIONS = 5
HEAP_ITERATIONS = 4
WARM_ITERATIONS = 2
_NEAR_ITERATIONS = 1
_NEAR, _FAR = 0.056, 0.25  # -25 and -12 dB: how much of the amplitudes has changed
_TRACE = 1e-6  # of the loudest bin: the length of phase where nothing sounded
_LEAST_TRACE = 1e-10
_HANN_GAMMA = 0.25645  # of the Gaussian that best fits a Hann window, per squared window length
_FLOOR = 1e-5  # of the loudest bin: below it log magnitudes say nothing
_UNHEARD = 1e-3  # of the loudest bin: below it no start is better than any other
_TINY = 1e-30
_TURN = 2.0 * math.pi


def reconstruct(
    amplitudes: Tensor,
    grid: CircularGrid,
    *,
    phase: Tensor | None = None,
    iterations: int | None = None,
    by_heap: bool = False,
) -> tuple[Tensor, Tensor]:
    """Spectra that have these amplitudes and are as nearly as can be those of a loop.

    Channels share one phase, that of their energy mean: what is left and what is right is then
    heard as differences of level, their sum cancels nothing, and stereo costs little more than
    mono.

    amplitudes: (channels, frames, bins) not negative; bins may stop early, the rest is silent.
    phase: the one that an earlier loop on the same grid ended with; where that sounded too
    different, and for None, reconstruction starts cold, from the better and slower `heap_start`
    where it is `by_heap`. iterations: None for as many as that takes. Returns spectra (channels,
    frames, bins) and the phase (1, frames, bins) for the next loop, complex64; its lengths tell the
    amplitudes that it was found for. There is no randomness: equal inputs, device and threads give
    equal bits.

    Raises ValueError when shapes do not fit each other or the grid.
    """
    frames, bins = amplitudes.shape[1:]
    if frames != grid.frames or bins > grid.bins:
        raise ValueError(f"{frames} x {bins} amplitudes on a {grid.frames} x {grid.bins} grid")
    if phase is not None and phase.shape != (1, frames, bins):
        raise ValueError(f"phase {tuple(phase.shape)} for amplitudes {tuple(amplitudes.shape)}")
    mean = _energy_mean(amplitudes)
    start, enough = _start(mean, grid, phase, by_heap)
    count = enough if iterations is None else iterations
    spectrum, ended = griffin_lim(mean, start, grid, count)
    trace = max(_TRACE * float(mean.max()), _LEAST_TRACE)
    spectra = spectrum[None] if len(amplitudes) == 1 else ended * amplitudes
    return spectra, (ended * (mean + trace))[None]


def _start(
    mean: Tensor, grid: CircularGrid, phase: Tensor | None, by_heap: bool
) -> tuple[Tensor, int]:
    """Phase (frames, bins) of length 1 to begin with, and the iterations that it asks for.

    Phase that belonged to other sounds is worse than none: Griffin-Lim leaves it only slowly, and
    all loops that follow would inherit it.
    """
    if phase is not None:
        inverse = _inverse_magnitude(phase[0])
        before = inverse.reciprocal()
        change = float((mean - before).norm() / before.norm())
        if change < _FAR:
            return phase[0] * inverse, _NEAR_ITERATIONS if change < _NEAR else WARM_ITERATIONS
    if by_heap:
        return heap_start(mean, grid), HEAP_ITERATIONS
    return start_phase(mean[None], grid)[0], COLD_ITERATIONS


def _energy_mean(amplitudes: Tensor) -> Tensor:
    if len(amplitudes) == 1:
        return amplitudes[0]
    return amplitudes.square().mean(dim=0).sqrt_()


def griffin_lim(
    amplitude: Tensor, phase: Tensor, grid: CircularGrid, iterations: int
) -> tuple[Tensor, Tensor]:
    """Spectrum and phase (frames, bins) after alternate projections with momentum, in place."""
    spectrum = phase * amplitude
    previous = None
    for _ in range(iterations):
        rebuilt = grid.project(spectrum)
        ahead = rebuilt
        if previous is not None:
            # c + m (c - c') up to a factor, which the division below takes out.
            ahead = torch.sub(rebuilt, previous, alpha=MOMENTUM / (1.0 + MOMENTUM))
        previous = rebuilt
        torch.mul(ahead, _inverse_magnitude(ahead).mul_(amplitude), out=spectrum)
    if iterations:
        phase = ahead * _inverse_magnitude(ahead)
        # Where there was nothing at all any phase is right, but it must have length 1.
        phase = torch.where(phase == 0, torch.ones_like(phase), phase)
    return spectrum, phase


def _inverse_magnitude(values: Tensor) -> Tensor:
    squares = torch.view_as_real(values).square()
    return (squares[..., 0] + squares[..., 1]).clamp_(min=_TINY).rsqrt_()


def start_phase(amplitudes: Tensor, grid: CircularGrid) -> Tensor:
    """Phase (channels, frames, bins), complex64 of length 1, guessed from amplitudes alone.

    Integration begins at the column where the sound rises most, where a break in the partials
    is least heard, so a loop rolled by whole beats gets its phase rolled along.
    """
    first = _loudest_rise(amplitudes)
    rolled = torch.roll(amplitudes, -first, dims=1)
    hops = torch.diff(grid.centres, append=grid.centres.new_tensor([grid.period]))
    hops = torch.roll(hops, -first).float()
    angles = torch.stack([_integrate(channel, hops, grid) for channel in rolled])
    angles -= _middle(amplitudes, grid)
    angles = torch.roll(angles, first, dims=1)
    return torch.complex(angles.cos(), angles.sin())


def heap_start(amplitude: Tensor, grid: CircularGrid) -> Tensor:
    """Phase (frames, bins), complex64 of length 1, guessed from amplitudes (frames, bins) alone.

    Gradients are integrated from the loudest bin on, see `heap`; on the CPU, in one thread.
    """
    from livediffusion.spectrogram import heap  # numba takes half a second to load

    hops = torch.diff(grid.centres, append=grid.centres.new_tensor([grid.period])).float()
    frequency, slope = _gradients(amplitude, hops, grid)
    advance = 0.5 * (frequency + torch.roll(frequency, 1, dims=0)) * torch.roll(hops, 1)[:, None]
    climb = 0.5 * (slope + torch.roll(slope, 1, dims=1))
    loud, along, up = (t.contiguous().cpu().numpy() for t in (amplitude, advance, climb))
    angles = torch.from_numpy(heap.integrate(loud, along, up, _UNHEARD * float(amplitude.max())))
    angles -= _middle(amplitude, grid).cpu()
    angles = angles.remainder_(_TURN).float().to(amplitude.device)
    return torch.complex(angles.cos(), angles.sin())


def _middle(amplitudes: Tensor, grid: CircularGrid) -> Tensor:
    """By how much (bins,) angles at a frame's middle are ahead of those at its first sample."""
    k = torch.arange(amplitudes.shape[-1], device=amplitudes.device)
    middle = grid.window.numel() // 2
    return (k * middle % grid.n_fft).float() * (_TURN / grid.n_fft)


def _loudest_rise(amplitudes: Tensor) -> int:
    rise = (amplitudes - torch.roll(amplitudes, 1, dims=1)).clamp_(min=0.0)
    return int(rise.sum(dim=(0, 2)).argmax())


def _integrate(amplitude: Tensor, hops: Tensor, grid: CircularGrid) -> Tensor:
    """Angles (frames, bins) of one channel, at the middle of each frame."""
    frequency, slope = _gradients(amplitude, hops, grid)  # radians a sample, radians a bin
    advance = 0.5 * (frequency + torch.roll(frequency, 1, dims=0)) * torch.roll(hops, 1)[:, None]
    vertical = _running_angle(0.5 * (slope + torch.roll(slope, 1, dims=1)))
    peaks = _nearest_peak(amplitude)
    # Bin k takes its peak's phase a frame ago, advanced, plus the way from the peak to k.
    step = vertical + (advance - vertical).gather(1, peaks)
    step.remainder_(_TURN)  # small numbers, so that hundreds of float32 sums stay exact enough
    return _chain_on_cpu(step, peaks) if step.device.type == "cpu" else _chain(step, peaks)


def _chain(step: Tensor, parents: Tensor) -> Tensor:
    """Each row (bins,) is the row before, picked at its parents, and the row's step."""
    rows = [step[0]]
    for parent, increment in zip(parents.unbind()[1:], step.unbind()[1:], strict=True):
        rows.append(rows[-1].index_select(0, parent).add_(increment))
    return torch.stack(rows)


def _chain_on_cpu(step: Tensor, parents: Tensor) -> Tensor:
    """The same to the bit with less ado: a row is a microsecond's work, torch's calls are more."""
    rows = np.empty(step.shape, np.float32)
    rows[0] = step[0].numpy()
    pairs = zip(parents.numpy()[1:], step.numpy()[1:], strict=True)
    for row, (parent, increment) in enumerate(pairs, start=1):
        np.take(rows[row - 1], parent, out=rows[row], mode="clip")
        rows[row] += increment
    return torch.from_numpy(rows)


def _running_angle(slope: Tensor) -> Tensor:
    """Sum of angles up to each bin, within one turn: in whole 2 ** -32ths of a turn, because
    unlike floats, integers add up to the same bits in whatever order a GPU takes them."""
    parts = (slope * (2**32 / _TURN)).to(torch.int64).cumsum(dim=1)
    return parts.bitwise_and_(2**32 - 1).float() * (_TURN / 2**32)


def _gradients(amplitude: Tensor, hops: Tensor, grid: CircularGrid) -> tuple[Tensor, Tensor]:
    """Phase derivatives in time and in frequency, from those of the log magnitude."""
    gamma = _HANN_GAMMA * grid.window.numel() ** 2
    floor = (_FLOOR * amplitude.max()).clamp(min=_TINY)
    level = (amplitude + floor).log_()
    in_bins = torch.zeros_like(level)
    in_bins[:, 1:-1] = 0.5 * (level[:, 2:] - level[:, :-2])
    k = torch.arange(level.shape[1], device=level.device, dtype=level.dtype)
    bins = k + in_bins * (grid.n_fft**2 / (_TURN * gamma))
    frequency = bins.clamp_(0.0, level.shape[1] - 1.0) * (_TURN / grid.n_fft)
    in_time = 0.5 * (torch.roll(level, -1, dims=0) - torch.roll(level, 1, dims=0))
    slope = in_time * (-gamma / grid.n_fft / hops)[:, None]
    return frequency, slope


def _nearest_peak(amplitude: Tensor) -> Tensor:
    """For each bin the local maximum of its frame that steepest ascent leads to.

    Slopes of one frame read "right, right, peak, left, left": each such run has one peak, so
    numbering the runs and the peaks in order pairs them.
    """
    below = torch.nn.functional.pad(amplitude[:, :-1], (1, 0), value=-1.0)
    above = torch.nn.functional.pad(amplitude[:, 1:], (0, 1), value=-1.0)
    is_peak = (amplitude >= below) & (amplitude > above)
    falls = ~is_peak & (below > above)
    ends = is_peak | falls  # a run may end at this bin if the next one does not fall
    begins = torch.nn.functional.pad(ends[:, :-1], (1, 0), value=True) & ~falls
    run = torch.cumsum(begins.view(-1), dim=0).sub_(1)
    peaks = is_peak.view(-1).nonzero().squeeze(1).index_select(0, run).view(amplitude.shape)
    frames, bins = amplitude.shape
    return peaks.sub_((torch.arange(frames, device=peaks.device) * bins)[:, None])


def interpolate_columns(amplitudes: Tensor, factor: int) -> Tensor:
    """(channels, columns, bins) to (channels, columns * factor, bins), linear round the circle."""
    if factor == 1:
        return amplitudes
    channels, columns, bins = amplitudes.shape
    after = torch.roll(amplitudes, -1, dims=1)
    weight = torch.arange(factor, device=amplitudes.device, dtype=amplitudes.dtype) / factor
    mixed = torch.lerp(amplitudes[:, :, None], after[:, :, None], weight[None, None, :, None])
    return mixed.reshape(channels, columns * factor, bins)
