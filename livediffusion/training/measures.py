"""What can be measured of pictures: onsets, where the kicks fall, brightness, level.

All take pictures (n, bands, columns) in 0..1, row 0 highest, and return (n,) or (n, columns).
"""

from __future__ import annotations

import torch
from torch import Tensor

from livediffusion.training.pictures import POCKET

LOW_BANDS = 10  # up to about 200 Hz: kicks live there
KICK_BANDS = slice(-20, -8)  # about 170 to 430 Hz: a kick's pitch falls through, over the bass
NEAR_BEAT = 6  # columns on either side of a beat: the window spreads an attack both ways


def flux(pictures: Tensor, bands: slice = slice(None)) -> Tensor:
    """Rise of the picture from column to column, summed over bands, round the circle."""
    part = pictures[:, bands].float()
    rise: Tensor = (part - part.roll(1, 2)).clamp(min=0.0).sum(1)
    return rise


def low_energy(pictures: Tensor) -> Tensor:
    """Energy of the low end over time (n, columns)."""
    energy: Tensor = (pictures[:, -LOW_BANDS:].float() ** (2.0 / POCKET.power)).sum(1)
    return energy


def beat_pulse(pictures: Tensor) -> Tensor:
    """Share of the low end's ups and downs that repeats every beat: 1 for four on the floor."""
    spectrum = torch.fft.rfft(low_energy(pictures)).abs() ** 2
    beats = pictures.shape[2] // POCKET.columns_per_beat
    share: Tensor = spectrum[:, beats::beats].sum(1) / spectrum[:, 1:].sum(1).clamp(min=1e-12)
    return share


def kick_on_beat(pictures: Tensor) -> Tensor:
    """Share of a kick's attacks that falls on beats; 0.19 where they fall anywhere."""
    part = pictures[:, KICK_BANDS].float() ** 2
    rise = (part - part.roll(1, 2)).clamp(min=0.0).sum(1)
    beats = rise.unflatten(1, (-1, POCKET.columns_per_beat))
    near = beats[..., :NEAR_BEAT].sum((1, 2)) + beats[..., -NEAR_BEAT:].sum((1, 2))
    share: Tensor = near / rise.sum(1).clamp(min=1e-12)
    return share


def low_pulse(pictures: Tensor) -> Tensor:
    """How much the low end moves at all: its deviation over its mean."""
    energy = low_energy(pictures)
    return energy.std(1) / energy.mean(1).clamp(min=1e-12)


def onsets(pictures: Tensor) -> Tensor:
    """Number of attacks in the loop: peaks of the rise above twice its mean."""
    rise = flux(pictures)
    rise = rise / rise.mean(1, keepdim=True).clamp(min=1e-9)
    peak = (rise > rise.roll(1, 1)) & (rise >= rise.roll(-1, 1)) & (rise > 2.0)
    return peak.sum(1).float()


def crispness(pictures: Tensor) -> Tensor:
    """How far attacks stand out: 99th percentile of the rise over its median."""
    rise = flux(pictures)
    return rise.quantile(0.99, dim=1) / rise.median(1).values.clamp(min=1e-6)


def centroid(pictures: Tensor) -> Tensor:
    """Mean band, 0 lowest to 1 highest, weighted by the picture."""
    height = torch.linspace(1.0, 0.0, pictures.shape[1])[None, :, None]
    return (pictures * height).sum((1, 2)) / pictures.sum((1, 2)).clamp(min=1e-6)


def low_share(pictures: Tensor) -> Tensor:
    """Share of the amplitude in the lowest 20 bands."""
    amplitude = pictures ** (1.0 / POCKET.power)
    return amplitude[:, -20:].sum((1, 2)) / amplitude.sum((1, 2)).clamp(min=1e-6)


def level(pictures: Tensor) -> Tensor:
    """Mean of the picture."""
    return pictures.mean((1, 2))


ALL = {
    "beat pulse": beat_pulse,
    "kick on the beat": kick_on_beat,
    "low pulse": low_pulse,
    "onsets": onsets,
    "crispness": crispness,
    "centroid": centroid,
    "low share": low_share,
    "level": level,
}
