"""Prompts are blended as embeddings, or as predictions where a model asks for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from livediffusion.render.engines.prediction import Prediction

LATENTS = torch.full((1, 1, 2, 2), 3.0)
EACH = torch.tensor([1.0, 2.0, 5.0])[:, None, None].expand(3, 4, 2)
WEIGHTS = (0.5, 0.25, 0.25)


class Squares:
    """A denoiser that squares the embedding, and notes how many it was asked for at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, latents: Tensor, t: Tensor, context: Tensor) -> Tensor:
        assert len(latents) == len(context)
        self.batches.append(len(context))
        return latents + context[:, 0, 0].square()[:, None, None, None]


def prediction(denoiser: Squares, apart: float) -> Prediction:
    weights = torch.tensor(WEIGHTS)[:, None, None]
    blended = (weights * EACH).sum(0, keepdim=True)
    return Prediction(denoiser, torch.float32, blended, EACH, WEIGHTS, apart=apart)


@pytest.mark.parametrize(("apart", "t", "expected"), [
    (0.0, 999, 2.25**2),
    (0.25, 749, 2.25**2),
    (0.25, 750, 0.5 * 1 + 0.25 * 4 + 0.25 * 25),
    (1.0, 0, 0.5 * 1 + 0.25 * 4 + 0.25 * 25),
])  # fmt: skip
def test_noisy_steps_blend_predictions_and_the_others_embeddings(apart, t, expected) -> None:
    out = prediction(Squares(), apart)(LATENTS, torch.tensor(t))
    assert torch.allclose(out, LATENTS + expected)


def test_one_prompt_is_predicted_once() -> None:
    denoiser = Squares()
    alone = Prediction(denoiser, torch.float32, EACH[:1], EACH[:1], (1.0,), apart=1.0)
    assert torch.allclose(alone(LATENTS, torch.tensor(999)), LATENTS + 1.0)
    assert denoiser.batches == [1]


@pytest.mark.parametrize("t", [999, 0])
def test_guidance_leads_away_from_the_negative_prompt(t: int) -> None:
    plain = prediction(Squares(), 0.5)
    positive = plain(LATENTS, torch.tensor(t))
    negative = torch.full((1, 4, 2), 3.0)
    context = torch.cat([negative, plain.context])
    guided = replace(plain, context=context, guidance=2.0)
    away = LATENTS + 9.0
    assert torch.allclose(guided(LATENTS, torch.tensor(t)), away + 2.0 * (positive - away))


def test_where_memory_is_short_everything_goes_one_by_one() -> None:
    denoiser = Squares()
    whole = prediction(denoiser, 0.0)
    context = torch.cat([whole.context, whole.context])
    both = replace(whole, context=context, guidance=2.0)
    together = both(LATENTS, torch.tensor(10))
    assert denoiser.batches == [2]
    singly = replace(both, singly=True)(LATENTS, torch.tensor(10))
    assert denoiser.batches == [2, 1, 1] and torch.equal(singly, together)
