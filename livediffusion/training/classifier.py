"""A judge: a small CNN that hears genre and style in pictures, trained on real loops only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from livediffusion.training.composer import GENRES
from livediffusion.training.dataset import Row

CLASSES = list(GENRES)
MODES = ("minor", "major")
STEMS = ("all", "no drums", "only drums", "only bass")
AXES = ("brightness", "energy", "density", "space")
HEADS = {
    "genre": len(CLASSES),
    **dict.fromkeys(AXES, 3),
    "mode": len(MODES),
    "stems": len(STEMS),
}
FEATURES = 64
STEPS, BATCH, RATE = 2000, 32, 2e-3
POOL = 4
WIDTHS = (2, 16, 32, 64, 96)


@torch.no_grad()
def see(pictures: Tensor) -> Tensor:
    """What the judge sees of bytes (n, 2, bands, columns): mid and width (n, 2, 64, 128).

    The same either way round: swapping left and right changes no genre.
    """
    parts = []
    for part in pictures.split(64):
        left, right = (part.float() / 255.0).unbind(1)
        parts.append(torch.stack([(left + right) / 2.0, (left - right).abs()], dim=1))
        parts[-1] = F.avg_pool2d(parts[-1], POOL)
    return torch.cat(parts)


class Judge(nn.Module):
    """What `see` saw (n, 2, 64, 128) to features and to logits of each head."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inside, outside in pairwise(WIDTHS):
            layers += [
                nn.Conv2d(inside, outside, 3, 2, 1),
                nn.GroupNorm(8, outside),
                nn.SiLU(),
            ]
        self.maps = nn.Sequential(*layers)
        self.narrow = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(2 * WIDTHS[-1] * 4, FEATURES), nn.SiLU()
        )
        self.heads = nn.Sequential(nn.Dropout(0.2), nn.Linear(FEATURES, sum(HEADS.values())))

    def features(self, seen: Tensor) -> Tensor:
        """The penultimate layer (n, FEATURES): what tells loops apart."""
        x = self.maps(seen)  # (n, 96, 4, 8)
        narrowed: Tensor = self.narrow(torch.cat([x.mean(3), x.amax(3)], dim=1).flatten(1))
        return narrowed

    def forward(self, seen: Tensor) -> dict[str, Tensor]:
        """Logits (n, classes) by head."""
        split = self.heads(self.features(seen)).split(list(HEADS.values()), dim=1)
        return dict(zip(HEADS, split, strict=True))


def truth(rows: Sequence[Row]) -> dict[str, Tensor]:
    """What the rows are, as class numbers (n,) by head."""
    values = {
        "genre": [CLASSES.index(row.genre) for row in rows],
        **{axis: [getattr(row.style, axis) + 1 for row in rows] for axis in AXES},
        "mode": [MODES.index(row.mode) for row in rows],
        "stems": [STEMS.index(row.style.stems) for row in rows],
    }
    return {head: torch.tensor(numbers) for head, numbers in values.items()}


def disturb(seen: Tensor, rng: np.random.Generator) -> Tensor:
    """Other levels, a little noise, another bar first: what must not sway the judge."""
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (len(seen), 1, 1, 1)).astype(np.float32))
    noise = torch.from_numpy(rng.standard_normal(seen.shape, dtype=np.float32))
    found = seen * gain + 0.02 * float(rng.random()) * noise
    return found.roll(int(rng.integers(2)) * seen.shape[3] // 2, 3)


def train(
    pictures: Tensor, rows: Sequence[Row], progress: Callable[[float], None], steps: int = STEPS
) -> Judge:
    """Train a judge on real loops, bytes (n, 2, bands, columns); equal loops give equal judges."""
    torch.manual_seed(0)
    judge, rng, wanted, seen = Judge(), np.random.default_rng(0), truth(rows), see(pictures)
    optimiser = torch.optim.AdamW(judge.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    for step in range(steps):
        drawn = torch.from_numpy(rng.integers(len(rows), size=BATCH))
        heard = judge(disturb(seen[drawn], rng))
        losses = {
            head: F.cross_entropy(logits, wanted[head][drawn], label_smoothing=0.05)
            for head, logits in heard.items()
        }
        loss = 0.75 * losses["genre"] + 0.25 * torch.stack(list(losses.values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress((step + 1) / steps)
    return judge.eval()


@torch.no_grad()
def verdicts(judge: Judge, pictures: Tensor) -> dict[str, Tensor]:
    """What the judge hears in bytes (n, 2, bands, columns): class numbers (n,) by head."""
    heard = judge(see(pictures))
    return {head: logits.argmax(1) for head, logits in heard.items()}


@torch.no_grad()
def features(judge: Judge, pictures: Tensor) -> Tensor:
    """Features (n, FEATURES) of bytes (n, 2, bands, columns)."""
    return judge.features(see(pictures))
