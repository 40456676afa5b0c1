"""How near generated loops are to the player's, and how far other prompts moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from livediffusion.training.composer import GENRES
from livediffusion.training.own.model import Model

SEEDS = 16
POOL = (8, 4)  # bands and columns: about a third of an octave, and a 64th note


def features(pictures: Tensor) -> Tensor:
    """Coarse pictures (n, values), so that distances are of music and not of texture."""
    return F.avg_pool2d(pictures, POOL).flatten(1)


def distance(a: Tensor, b: Tensor) -> float:
    """Energy distance of two sets of features: 0 for the same, whatever their number.

    Szekely and Rizzo 2013, "Energy statistics": 2 E|a - b| - E|a - a'| - E|b - b'|. A blur in the
    middle of all loops is far from them, and so is the same loop again and again.
    """
    between = torch.cdist(a, b).mean()
    return max(0.0, float(2.0 * between - _among(a) - _among(b)))


def _among(a: Tensor) -> Tensor:
    """Mean distance of two different ones."""
    total = torch.cdist(a, a).sum()
    return total / max(1, len(a) * (len(a) - 1))


@dataclass(frozen=True, slots=True)
class Report:
    """What a lesson changed; distances are of coarse pictures."""

    before: float  # from loops of the style's name to the player's
    after: float
    variety: float  # mean distance of two loops of the name, relative to two of the player's
    others: float  # mean change of other prompts' loops, relative to that between two of them

    def lines(self, name: str) -> list[str]:
        """The same as sentences."""
        nearer = 100.0 * (1.0 - self.after / self.before) if self.before else 0.0
        return [
            f"Loops of '{name}' were {self.before:.2f} away from yours and are {self.after:.2f} "
            f"away now ({nearer:.0f} % nearer); they vary {self.variety:.0%} as much as yours.",
            f"Loops of {len(GENRES)} other prompts changed by {self.others:.0%} of what lies "
            f"between two of them.",
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """Features of what a model plays: the style's name, and other prompts."""

    style: Tensor
    others: Tensor
    pictures: Tensor  # (n, channels, bands, columns) of the other prompts


def play(model: Model, name: str, progress: Callable[[str, float], None]) -> Played:
    """Generate for a comparison; the same seeds every time."""
    progress("measuring", 0.0)
    seeds = range(5000, 5000 + SEEDS)
    style = model.pictures(model.latents([name] * SEEDS, seeds))
    progress("measuring", 0.3)
    genres = [genre for genre in GENRES if genre != name]
    others = model.pictures(model.latents(genres, [9000] * len(genres)))
    progress("measuring", 1.0)
    return Played(features(style), features(others), others)


def compare(before: Played, after: Played, yours: Tensor) -> Report:
    """What changed, against features (n, values) of the player's loops."""
    moved = (after.others - before.others).norm(dim=1).mean()
    return Report(
        before=distance(before.style, yours),
        after=distance(after.style, yours),
        variety=float(_among(after.style) / _among(yours).clamp(min=1e-6)),
        others=float(moved / _among(before.others)),
    )
