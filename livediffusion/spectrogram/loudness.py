"""Loudness of a loop after ITU-R BS.1770-4, without gating, which a few seconds do not need.

The two K-weighting filters are one linear system of four states. A block of samples goes through
it as one matrix product, and the states between blocks are a running sum of doubling reach, so
that loops of any length cost the same and no FFT has to like that length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

_SETTLE_S = 0.2  # the slower filter has then died away by 200 dB
_BLOCK = 128  # samples


def loop_loudness(audio: Tensor, sample_rate: int = 48000) -> float:
    """Loudness (LUFS) of an endless loop (channels, frames); -inf for silence.

    The loop is played from shortly before its beginning, so that the filters have settled when
    it begins. Channels count 1 each.
    """
    frames = audio.shape[-1]
    scale = float(audio.abs().max())  # keeps float32 squares of any level in range
    if scale == 0.0:
        return -math.inf
    blocks = -(-(frames + round(_SETTLE_S * sample_rate)) // _BLOCK)
    before = blocks * _BLOCK - frames
    turns = -(-before // frames)
    line = torch.cat((audio.repeat(1, turns)[:, -before:], audio), dim=1)
    weighted = _weighted(line / scale, _weighting(sample_rate, str(audio.device)))[:, before:]
    mean_square = float(weighted.square_().mean(dim=-1).double().sum()) * scale**2
    return -0.691 + 10.0 * math.log10(mean_square) if mean_square > 0.0 else -math.inf


@dataclass(frozen=True, slots=True, eq=False)
class _Weighting:
    """Both filters for a block x of samples and the states s before it: y = x @ direct + s @ free,
    and afterwards x @ drive + s @ powers[0]."""

    direct: Tensor  # (_BLOCK, _BLOCK) float32
    free: Tensor  # (4, _BLOCK) float64: states may be large and cancel
    drive: Tensor  # (_BLOCK, 4) float64
    powers: tuple[Tensor, ...]  # (4, 4) float64 each, over 1, 2, 4, ... blocks


def _weighted(line: Tensor, weighting: _Weighting) -> Tensor:
    """A line (channels, whole blocks) K-weighted from rest, as far as the filters remember."""
    channels, samples = line.shape
    blocks = line.view(channels, samples // _BLOCK, _BLOCK)
    states = blocks.double() @ weighting.drive  # (channels, blocks, 4) after each block
    for doubling, power in enumerate(weighting.powers):
        reach = 2**doubling
        if reach >= states.shape[1]:
            break
        states[:, reach:] += states[:, :-reach] @ power
    result = blocks @ weighting.direct
    result[:, 1:] += (states[:, :-1] @ weighting.free).float()
    return result.view(channels, samples)


@lru_cache(maxsize=8)
def _weighting(sample_rate: int, device: str) -> _Weighting:
    a, b, c, d = _in_series(_states(_shelf(sample_rate)), _states(_high_pass(sample_rate)))
    reached, seen = [b], [c]  # A ** n @ b, c @ A ** n
    for _ in range(_BLOCK - 1):
        reached.append(a @ reached[-1])
        seen.append(seen[-1] @ a)
    response = torch.stack([d, *(c @ state for state in reached[:-1])])  # (_BLOCK,)
    delay = torch.arange(_BLOCK)[None] - torch.arange(_BLOCK)[:, None]
    direct = torch.where(delay >= 0, response[delay.clamp(min=0)], 0.0)
    powers = [torch.linalg.matrix_power(a, _BLOCK).T]
    while 2 ** len(powers) * _BLOCK < _SETTLE_S * sample_rate:
        powers.append(powers[-1] @ powers[-1])
    drive = torch.stack(reached[::-1])
    return _Weighting(
        direct.float().to(device),
        torch.stack(seen, dim=1).to(device),
        drive.to(device),
        tuple(power.to(device) for power in powers),
    )


_Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]  # b, a
_System = tuple[Tensor, Tensor, Tensor, Tensor]  # s' = A s + b x, y = c s + d x


def _states(biquad: _Biquad) -> _System:
    """A biquad in transposed direct form II, float64."""
    (b0, b1, b2), (_, a1, a2) = biquad
    values = ([[-a1, 1.0], [-a2, 0.0]], [b1 - a1 * b0, b2 - a2 * b0], [1.0, 0.0], b0)
    a, b, c, d = (torch.tensor(value, dtype=torch.float64) for value in values)
    return a, b, c, d


def _in_series(first: _System, second: _System) -> _System:
    """What comes out of the first goes into the second."""
    (a1, b1, c1, d1), (a2, b2, c2, d2) = first, second
    a = torch.cat(
        (torch.cat((a1, torch.zeros_like(a1)), dim=1), torch.cat((torch.outer(b2, c1), a2), dim=1))
    )
    return a, torch.cat((b1, b2 * d1)), torch.cat((d2 * c1, c2)), d1 * d2


def _shelf(sample_rate: int) -> _Biquad:
    """BS.1770's first stage as an analogue prototype, so that it holds at any rate; at 48 kHz
    this gives the standard's own coefficients to ten digits."""
    gain_db, q, centre = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * centre / sample_rate)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    norm = 1.0 + k / q + k * k
    b = (
        (high + band * k / q + k * k) / norm,
        2.0 * (k * k - high) / norm,
        (high - band * k / q + k * k) / norm,
    )
    return b, (1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm)


def _high_pass(sample_rate: int) -> _Biquad:
    """BS.1770's second stage (RLB weighting); its numerator is 1, -2, 1 by definition."""
    q, centre = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * centre / sample_rate)
    norm = 1.0 + k / q + k * k
    return (1.0, -2.0, 1.0), (1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm)
