"""What the denoiser predicts for a request: prompts blended, guidance applied.

Prompts are blended as embeddings. A model may ask for more in the noisiest part of the schedule,
where a loop takes shape: there each prompt is predicted by itself and the predictions are blended
(Liu et al. 2022, "Compositional Visual Generation with Composable Diffusion Models"). They move in
proportion to the weights, as embeddings do not, so a morph goes in even steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from livediffusion.render.engines.denoiser import Denoiser

_STEPS = 1000  # of the schedule that every Stable Diffusion was trained with


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicts from latents (1, C, h, w) and a timestep: `sampler.Predict`.

    `context` holds embeddings (1, tokens, width), or (2, tokens, width) with the negative ones
    first; `each` those of every prompt (n, tokens, width), with `weights` that sum to 1.
    `apart` is the share of the schedule, from noise on, in which they are predicted apart.
    `singly`: never more than one at a time in the network.
    """

    denoiser: Denoiser
    dtype: torch.dtype
    context: Tensor
    each: Tensor
    weights: tuple[float, ...]
    guidance: float = 1.0
    apart: float = 0.0
    singly: bool = False

    def __call__(self, latents: Tensor, t: Tensor) -> Tensor:
        """Prediction (1, C, h, w), float32."""
        single = latents.to(self.dtype)
        out = []
        for rows in self.rows(t):
            inputs = single.expand(len(rows), -1, -1, -1)
            out += self.denoiser(inputs, t, rows).float().split(1)
        return self.joined(out, t)

    def rows(self, t: Tensor) -> list[Tensor]:
        """Embeddings (n, tokens, width) that the network is asked about, in one go each.

        Prompts apart go one by one, which a traced denoiser is made for.
        """
        if self._is_apart(t):
            negative = [self.context[:1]] if len(self.context) > 1 else []
            return [*negative, *self.each.split(1)]
        return list(self.context.split(1)) if self.singly else [self.context]

    def joined(self, out: Sequence[Tensor], t: Tensor) -> Tensor:
        """What the network says of all rows, (1, C, h, w) each, as one prediction."""
        negative, positive = out[: len(self.context) - 1], out[len(self.context) - 1 :]
        predicted = positive[0]
        if self._is_apart(t):
            pairs = zip(self.weights, positive, strict=True)
            predicted = torch.stack([weight * one for weight, one in pairs]).sum(dim=0)
        if not negative:
            return predicted
        return negative[0] + self.guidance * (predicted - negative[0])

    def _is_apart(self, t: Tensor) -> bool:
        """Whether prompts are predicted apart at this timestep."""
        return len(self.weights) > 1 and float(t) >= (1.0 - self.apart) * _STEPS


@dataclass(frozen=True, slots=True)
class Together:
    """The predictions for several pictures from one run of the network; all have as many rows.

    Each picture's do not depend on whose are beside it, as nothing in these networks reaches
    across a batch; their last bits may depend on how many there are.
    """

    each: tuple[Prediction, ...]

    def __call__(self, latents: Tensor, t: Tensor) -> Tensor:
        """Predictions (n, C, h, w) for latents (n, C, h, w), float32."""
        first = self.each[0]
        if first.singly:
            pairs = zip(self.each, latents.split(1), strict=True)
            return torch.cat([one(single, t) for one, single in pairs])
        singles = latents.to(first.dtype).split(1)
        out: list[list[Tensor]] = [[] for _ in self.each]
        for rows in zip(*(one.rows(t) for one in self.each), strict=True):
            inputs = torch.cat([one.expand(len(rows[0]), -1, -1, -1) for one in singles])
            found = first.denoiser(inputs, t, torch.cat(rows)).float().split(len(rows[0]))
            for own, mine in zip(out, found, strict=True):
                own += mine.split(1)
        return torch.cat([one.joined(own, t) for one, own in zip(self.each, out, strict=True)])
