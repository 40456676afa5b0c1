"""What can be measured of pictures: onsets, where the kicks fall, brightness, level.

All take pictures (n, channels, bands, columns) or (n, bands, columns) in 0..1, row 0 highest, hear
both channels as one, and return (n,) or (n, columns). What is better measured of sound is in
`evaluation.sound`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from livediffusion.training.pictures import POCKET

LOW_BANDS = 10  # up to about 200 Hz: kicks live there
KICK_BANDS = slice(-20, -8)  # about 170 to 430 Hz: a kick's pitch falls through, over the bass
SIXTEENTH = POCKET.columns_per_beat // 4  # columns
ATTACK_EARLY = -0.5  # columns: the steepest rise comes a little before the attack
NEAR_BEAT = 6  # columns on either side of a beat: the window spreads an attack both ways


def mid(pictures: Tensor) -> Tensor:
    """The mean of the channels (n, bands, columns) as floats."""
    return pictures.float().mean(1) if pictures.ndim == 4 else pictures.float()


def flux(pictures: Tensor, bands: slice = slice(None)) -> Tensor:
    """Rise of the picture from column to column, summed over bands, round the circle."""
    part = mid(pictures)[:, bands]
    rise: Tensor = (part - part.roll(1, 2)).clamp(min=0.0).sum(1)
    return rise


def low_energy(pictures: Tensor) -> Tensor:
    """Energy of the low end over time (n, columns)."""
    energy: Tensor = (mid(pictures)[:, -LOW_BANDS:] ** (2.0 / POCKET.power)).sum(1)
    return energy


def beat_pulse(pictures: Tensor) -> Tensor:
    """Share of the low end's ups and downs that repeats every beat: 1 for four on the floor."""
    spectrum = torch.fft.rfft(low_energy(pictures)).abs() ** 2
    beats = pictures.shape[-1] // POCKET.columns_per_beat
    share: Tensor = spectrum[:, beats::beats].sum(1) / spectrum[:, 1:].sum(1).clamp(min=1e-12)
    return share


def kick_on_beat(pictures: Tensor) -> Tensor:
    """Share of a kick's attacks that falls on beats; 0.19 where they fall anywhere."""
    part = mid(pictures)[:, KICK_BANDS] ** 2
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


def centroid(pictures: Tensor) -> Tensor:
    """Mean band, 0 lowest to 1 highest, weighted by the picture."""
    seen = mid(pictures)
    height = torch.linspace(1.0, 0.0, seen.shape[1])[None, :, None]
    found: Tensor = (seen * height).sum((1, 2)) / seen.sum((1, 2)).clamp(min=1e-6)
    return found


def level(pictures: Tensor) -> Tensor:
    """Mean of the picture."""
    return mid(pictures).mean((1, 2))


def grid_strength(pictures: Tensor) -> Tensor:
    """How firmly attacks sit on the grid of sixteenths: their mean cosine, 1 for exactly on it.

    The rise of an attack is spread over some columns by the window, so crisp drums reach about
    0.6; a steady tone has 0.
    """
    rise = flux(pictures)
    sharp = (rise - rise.mean(1, keepdim=True)).clamp(min=0.0)
    columns = torch.arange(rise.shape[1])
    turn = torch.cos(2.0 * torch.pi * (columns - ATTACK_EARLY) / SIXTEENTH)
    strength: Tensor = (sharp * turn).sum(1) / sharp.sum(1).clamp(min=1e-9)
    return strength


def groove(pictures: Tensor) -> Tensor:
    """Where in the loop attacks fall (n, 64): the rise in every half of a sixteenth, centred."""
    rise = flux(pictures).roll(SIXTEENTH // 4, 1).unflatten(1, (-1, SIXTEENTH // 2)).sum(2)
    centred: Tensor = rise - rise.mean(1, keepdim=True)
    return centred


def likeness(a: Tensor, b: Tensor) -> Tensor:
    """Correlation (n,) of centred patterns (n, k)."""
    found: Tensor = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-9)
    return found
