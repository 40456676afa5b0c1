"""A judge: a small CNN that tells genres and styles from pictures, trained on real loops."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from livediffusion.training.composer import GENRES
from livediffusion.training.dataset import Dataset, Row

CLASSES = list(GENRES)
BATCH = 48
RATE = 1.5e-3


class Judge(nn.Module):
    """Pictures (n, bands, columns) to logits of genre, brightness and energy."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 24, 48, 72, 96)
        layers: list[nn.Module] = []
        for i, (inside, outside) in enumerate(pairwise(widths)):
            layers += [
                nn.Conv2d(inside, outside, 5 if i == 0 else 3, 2, 2 if i == 0 else 1),
                nn.GroupNorm(8, outside),
                nn.SiLU(),
            ]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Dropout(0.3),
            nn.Linear(2 * widths[-1] * 4, 128),
            nn.SiLU(),
            nn.Dropout(0.3),
            nn.Linear(128, len(CLASSES) + 6),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = F.avg_pool2d(pictures[:, None].float(), (4, 4))  # (n, 1, 64, 128)
        x = self.features(x)  # (n, 96, 4, 8)
        pooled = torch.cat([x.mean(3), x.amax(3)], dim=1).flatten(1)
        genre, brightness, energy = self.head(pooled).split([len(CLASSES), 3, 3], dim=1)
        return genre, brightness, energy


def labels(rows: list[Row]) -> Tensor:
    """Genre, brightness and energy as class numbers (n, 3)."""
    return torch.tensor(
        [[CLASSES.index(r.genre), r.style.brightness + 1, r.style.energy + 1] for r in rows]
    )


def disturb(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Other levels, a little noise, another beat first: what must not sway the judge."""
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (len(pictures), 1, 1)).astype(np.float32))
    noisy = pictures * gain + 0.03 * torch.randn_like(pictures) * float(rng.random())
    return noisy.roll(int(rng.integers(2)) * pictures.shape[2] // 2, 2).clamp(0.0, 1.0)


def train(data: Dataset, minutes: float, progress: Callable[[str, float], None]) -> Judge:
    """Train a judge on real loops for so many minutes."""
    torch.manual_seed(0)
    judge, rng = Judge(), np.random.default_rng(0)
    optimiser = torch.optim.AdamW(judge.parameters(), RATE, weight_decay=0.05)
    truth, start = labels(data.rows), time.monotonic()
    while (done := (time.monotonic() - start) / (60.0 * minutes)) < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = RATE * max(0.02, 1.0 - done)
        indices = rng.integers(len(data.rows), size=BATCH)
        outputs = judge(disturb(data.tensor(indices).float() / 255.0, rng))
        losses = [
            F.cross_entropy(out, truth[indices, i], label_smoothing=0.05)
            for i, out in enumerate(outputs)
        ]
        loss = losses[0] + 0.3 * (losses[1] + losses[2])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(f"training the judge: loss {loss.item():.3f}", done)
    return judge.eval()


@torch.no_grad()
def judge_all(judge: Judge, pictures: Tensor) -> Tensor:
    """Verdicts (n, 3): genre, brightness and energy as class numbers."""
    parts = [torch.stack([o.argmax(1) for o in judge(p)], dim=1) for p in pictures.split(32)]
    return torch.cat(parts)
