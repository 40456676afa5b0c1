"""What the denoiser predicts for a request: prompts blended, guidance applied.

Prompts are blended as embeddings. A model may ask for more in the noisiest part of the schedule,
where a loop takes shape: there each prompt is predicted by itself and the predictions are blended
(Liu et al. 2022, "Compositional Visual Generation with Composable Diffusion Models"). They move in
proportion to the weights, as embeddings do not, so a morph goes in even steps.
"""

from __future__ import annotations

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
        if len(self.weights) > 1 and float(t) >= (1.0 - self.apart) * _STEPS:
            predicted = self._one_by_one(single, t, self.each)
            pairs = zip(self.weights, predicted.split(1), strict=True)
            positive = torch.stack([weight * one for weight, one in pairs]).sum(dim=0)
            if len(self.context) == 1:
                return positive
            negative = self._one_by_one(single, t, self.context[:1])
        else:
            out = self._all(single, t)
            if len(out) == 1:
                return out
            negative, positive = out.chunk(2)
        return negative + self.guidance * (positive - negative)

    def _all(self, single: Tensor, t: Tensor) -> Tensor:
        """Predictions (n, C, h, w) for the context, in one go where there is memory."""
        if self.singly:
            return self._one_by_one(single, t, self.context)
        batch = single.expand(len(self.context), -1, -1, -1)
        return self.denoiser(batch, t, self.context).float()

    def _one_by_one(self, single: Tensor, t: Tensor, contexts: Tensor) -> Tensor:
        """Predictions (n, C, h, w): of batches of one, which a traced denoiser is made for."""
        return torch.cat([self.denoiser(single, t, one[None]).float() for one in contexts])
