"""What the denoiser learns from: latents, captions, and how batches of them are drawn.

A share of the samples are two loops at once, under equally mixed embeddings: what lies between
two prompts is then learned, and not left to chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTextModel

from livediffusion.training import text
from livediffusion.training.dataset import Row

MIXED = 0.25  # share of samples that are two loops at once
FAIR, MOST_OFTEN = 0.25, 2.5  # the share that loops of rare styles are raised to; how far at most

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draw:
    """A batch; its first samples are mixed with a partner each."""

    clean: Tensor  # (n, k, h, w)
    ids: Tensor  # (n, LENGTH)
    partners: Tensor  # (m, LENGTH), m <= n
    weights: Tensor  # (m,), of the partners

    def embeddings(self, encoder: CLIPTextModel) -> Tensor:
        """Embeddings (n, LENGTH, width), blended like the latents."""
        return self.blend(*self.apart(encoder))

    def apart(self, encoder: CLIPTextModel) -> tuple[Tensor, Tensor]:
        """Embeddings of the samples themselves (n, LENGTH, width), and of partners (m, ...)."""
        both = text.embed(encoder, torch.cat([self.ids, self.partners]))
        own, partners = both.split([len(self.ids), len(self.partners)])
        return own, partners

    def blend(self, own: Tensor, partners: Tensor) -> Tensor:
        """Blend something of each sample (n, ...) with its partner's (m, ...), as the latents."""
        count = len(self.partners)
        weights = self.weights.reshape(-1, *[1] * (own.ndim - 1))
        return torch.cat([torch.lerp(own[:count], partners, weights), own[count:]])


@dataclass(frozen=True, slots=True)
class Corpus:
    """Latents (n, k, h, w) and token ids of several captions for each (n, captions, LENGTH)."""

    latents: Tensor
    ids: Tensor
    blank: Tensor  # (LENGTH,), ids of the empty caption
    shares: FloatArray | None = None  # (n,), how often each loop is drawn; None: all alike

    def draw(
        self, size: int, rng: np.random.Generator, blank: float, mixed_share: float = MIXED
    ) -> Draw:
        """Random loops under random captions, some mixed, some of the others without caption."""
        mixed = round(mixed_share * size)
        indices = rng.choice(len(self.latents), size=size + mixed, p=self.shares)
        which = rng.integers(self.ids.shape[1], size=size + mixed)
        ids, partners = self.ids[indices, which].long().split([size, mixed])
        clean, others = self.latents[indices].float().split([size, mixed])
        weights = torch.from_numpy(rng.random(mixed, dtype=np.float32))
        clean[:mixed] = torch.lerp(clean[:mixed], others, weights[:, None, None, None])
        wordless = torch.from_numpy(rng.random(size) < blank)
        wordless[:mixed] = False
        ids = torch.where(wordless[:, None], self.blank, ids)
        return Draw(clean, ids, partners, weights)


def fair_shares(rows: Sequence[Row]) -> FloatArray:
    """How often to draw each loop (n,): those of a rare style more often, as one in major."""
    styles = [list(enumerate(astuple(row.style))) for row in rows]
    count = Counter(end for style in styles for end in style)
    often = {end: min(max(FAIR * len(rows) / n, 1.0), MOST_OFTEN) for end, n in count.items()}
    weights = np.array([max(often[end] for end in style) for style in styles])
    shares: FloatArray = weights / weights.sum()
    return shares
