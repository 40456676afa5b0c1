"""Riffusion's two-ended request, and what it means as one of ours. No torch here.

Riffusion renders a place on the way between two ends, each a prompt, a seed and how to sample.
See `request_of` for what is deliberately different.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from livediffusion.errors import UserError
from livediffusion.render.request import RenderRequest, Weighted, WeightedSeeds

NATIVE_TEMPO = 93.75  # bpm: the beat of its seed images comes every 64 columns of 10 ms
BEATS = 8  # of a picture of 512 columns
SIDE = 32  # pixels: sides of seed images are rounded down to a multiple of that


@dataclass(frozen=True, slots=True)
class End:
    """One end of the way: Riffusion's "prompt input", with its defaults."""

    prompt: str
    seed: int
    negative_prompt: str = ""
    denoising: float = 0.75
    guidance: float = 7.0


@dataclass(frozen=True, slots=True)
class Inference:
    """One request: `alpha` 0 is at the start, 1 at the end. Images are named, not opened."""

    start: End
    end: End
    alpha: float
    num_inference_steps: int = 50
    seed_image_id: str = "og_beat"
    mask_image_id: str | None = None


def request_of(
    inference: Inference,
    *,
    seed_image: str,
    mask: str = "",
    model: str = "pocket",
    beats: int = BEATS,
    tempo: float = NATIVE_TEMPO,
    sampler: str = "model",
) -> RenderRequest:
    """The same picture as a RenderRequest; UserError when `alpha` or a value is out of range.

    `seed_image` and `mask` are the files that the ids stand for ("": none; without a seed image
    Riffusion's other call, from noise alone). `beats` of 64 columns is how much of the seed image
    is used, see `beats_of`.

    Guidance, denoising and embeddings are interpolated, the noise of both seeds is drawn on the
    device and slerped, and the seed image's latents are those of the start's seed, also at its
    other end. The decoder pads as Riffusion's did. Better than there: the negative prompt of the
    nearer end works.
    """
    alpha = inference.alpha
    if not (math.isfinite(alpha) and 0.0 <= alpha <= 1.0):
        raise UserError(f"alpha must be in 0..1, not {alpha}.")
    start, end = inference.start, inference.end
    request = RenderRequest(
        prompts=_prompts(start, end, alpha),
        seeds=_seeds(start, end, alpha),
        tempo=tempo,
        model=model,
        negative=(start if alpha < 0.5 else end).negative_prompt,
        guidance=_between(start.guidance, end.guidance, alpha),
        strength=_between(start.denoising, end.denoising, alpha),
        steps=inference.num_inference_steps,
        sampler=sampler,
        noise="device",
        seed_image=seed_image,
        mask=mask if seed_image else "",
        beats=beats,
        seam="open",
    )
    request.check()
    return request


def suited(request: RenderRequest, guidance: float, steps: int) -> RenderRequest:
    """The request as it suits a model whose own guidance and steps these are.

    Riffusion's 7.0 and 50 are for checkpoints like its own. A distilled model, whose own guidance
    is 1, has guidance within and was never taught more steps than its own.
    """
    if guidance > 1.0:
        return request
    return replace(request, guidance=1.0, steps=min(request.steps, steps))


def beats_of(columns: int) -> int:
    """Whole beats in a seed image of so many columns, at least one, at most what a loop may have.

    Riffusion itself takes any multiple of 32 columns; its own images all have 512.
    """
    return min(max(columns // SIDE * SIDE // 64, 1), 64)


def _prompts(start: End, end: End, alpha: float) -> Weighted:
    """Both prompts by weight; one that weighs nothing must not lengthen the other."""
    if start.prompt == end.prompt or alpha == 0.0:
        return ((start.prompt, 1.0),)
    if alpha == 1.0:
        return ((end.prompt, 1.0),)
    return ((start.prompt, 1.0 - alpha), (end.prompt, alpha))


def _seeds(start: End, end: End, alpha: float) -> WeightedSeeds:
    """Both seeds, the start's first whatever it weighs: it draws the seed image's latents."""
    if start.seed == end.seed:
        return ((start.seed, 1.0),)
    return ((start.seed, 1.0 - alpha), (end.seed, alpha))


def _between(a: float, b: float, alpha: float) -> float:
    return a * (1.0 - alpha) + b * alpha
