"""Riffusion's inference as it is described, one function a step and nothing made faster.

It shares nothing with the engine that is compared with it: networks are diffusers' and
transformers' own, a request is the JSON of Riffusion's server. Everything is computed in float32.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
import transformers
from PIL import Image
from torch import Tensor

SCALING = 0.18215  # of the autoencoder's latents
MOST_CHUNKS, ROOM, WINDOW = 3, 75, 77  # of a prompt: 3 x 75 tokens, each between start and end


@dataclass(frozen=True)
class Checkpoint:
    """The parts of a Stable Diffusion folder that take part."""

    tokenizer: Any
    text_encoder: Any
    unet: Any
    vae: Any
    scheduler: Any


def load(folder: Path) -> Checkpoint:
    """Read a folder's parts with their stock classes."""
    index = diffusers.DiffusionPipeline.load_config(folder)
    scheduler = getattr(diffusers, index["scheduler"][1])
    return Checkpoint(
        transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        transformers.CLIPTextModel.from_pretrained(folder / "text_encoder").eval(),
        diffusers.UNet2DConditionModel.from_pretrained(folder / "unet").eval(),
        diffusers.AutoencoderKL.from_pretrained(folder / "vae").eval(),
        scheduler.from_pretrained(folder / "scheduler"),
    )


@torch.no_grad()
def infer(
    checkpoint: Checkpoint, request: dict[str, Any], seed_image: Image.Image, mask: Any = None
) -> Tensor:
    """One inference: the image (3, height, width) with values in 0..1."""
    start, end, alpha = request["start"], request["end"], request["alpha"]
    steps = request.get("num_inference_steps", 50)
    guidance = between(start.get("guidance", 7.0), end.get("guidance", 7.0), alpha)
    denoising = between(start.get("denoising", 0.75), end.get("denoising", 0.75), alpha)
    seed_latents = encode_image(checkpoint, image_tensor(seed_image), start["seed"])
    noise = blended_noise(start["seed"], end["seed"], alpha, seed_latents)
    latents = sample(
        checkpoint,
        text_embedding(checkpoint, start["prompt"], end["prompt"], alpha),
        seed_latents,
        noise,
        None if mask is None else repaint_tensor(mask),
        steps,
        denoising,
        guidance,
    )
    return decode(checkpoint, latents)


def between(a: Any, b: Any, alpha: float) -> Any:
    """Linear interpolation."""
    return a + alpha * (b - a)


# --- 1: text ---------------------------------------------------------------------------------


def text_embedding(checkpoint: Checkpoint, start: str, end: str, alpha: float) -> Tensor:
    """Embeddings of nothing and of the place between both prompts, (2, tokens, width).

    Riffusion breaks where their lengths differ; here the shorter is filled up with nothing.
    """
    one, two, nothing = (embed(checkpoint, text) for text in (start, end, ""))
    if alpha in (0.0, 1.0):  # the end that is not there does not lengthen the other
        one = two = (one, two)[int(alpha)]
    length = max(one.shape[1], two.shape[1])
    one, two, nothing = (filled(checkpoint, each, length) for each in (one, two, nothing))
    return torch.cat([nothing, between(one, two, alpha)])


def filled(checkpoint: Checkpoint, embedding: Tensor, length: int) -> Tensor:
    """With as many embeddings of nothing behind it as it takes."""
    while embedding.shape[1] < length:
        embedding = torch.cat([embedding, embed(checkpoint, "")], dim=1)
    return embedding


def embed(checkpoint: Checkpoint, prompt: str) -> Tensor:
    """One prompt with its weights, (1, chunks * 77, width)."""
    tokens, weights = weighted_tokens(checkpoint, prompt)
    chunks, factors = [], []
    for first in range(0, max(len(tokens), 1), ROOM):
        some = tokens[first : first + ROOM]
        padding = [checkpoint.tokenizer.pad_token_id] * (ROOM - len(some))
        row = [checkpoint.tokenizer.bos_token_id, *some, checkpoint.tokenizer.eos_token_id]
        chunks.append(checkpoint.text_encoder(torch.tensor([row + padding]))[0])
        factor = [1.0, *weights[first : first + ROOM], 1.0]
        factors.append(torch.tensor(factor + [1.0] * (WINDOW - len(factor))))
    plain = torch.cat(chunks, dim=1)
    weighted = plain * torch.cat(factors)[None, :, None]
    return weighted * (plain.mean() / weighted.mean()) if prompt_has_weights(weights) else plain


def prompt_has_weights(weights: list[float]) -> bool:
    """Whether any token is not as loud as the others."""
    return any(weight != 1.0 for weight in weights)


def weighted_tokens(checkpoint: Checkpoint, prompt: str) -> tuple[list[int], list[float]]:
    """Token ids and the weight of each, at most three chunks of them."""
    tokens: list[int] = []
    weights: list[float] = []
    for text, weight in parsed(prompt):
        ids = checkpoint.tokenizer(text, add_special_tokens=False).input_ids
        tokens += ids
        weights += [weight] * len(ids)
    return tokens[: MOST_CHUNKS * ROOM], weights[: MOST_CHUNKS * ROOM]


_PART = re.compile(r"\(([^()\[\]]*):([0-9.]+)\)|\(([^()\[\]]*)\)|\[([^()\[\]]*)\]|([^()\[\]]+)")


def parsed(prompt: str) -> list[tuple[str, float]]:
    """Pieces of text and their weights: (x:1.2), (x) and [x], not one within another."""
    pieces = []
    for explicit, number, louder, softer, plain in _PART.findall(prompt):
        weight = float(number) if number else 1.1 if louder else 1 / 1.1 if softer else 1.0
        pieces.append((explicit or louder or softer or plain, weight))
    return pieces


# --- 2: the seed image -----------------------------------------------------------------------


def image_tensor(image: Image.Image) -> Tensor:
    """RGB in -1..1, (1, 3, height, width), sides rounded down to multiples of 32."""
    width, height = (side - side % 32 for side in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(image.convert("RGB"), np.float32) / 255.0
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy()) * 2.0 - 1.0


def encode_image(checkpoint: Checkpoint, image: Tensor, seed: int) -> Tensor:
    """Latents drawn from what the autoencoder says of the image."""
    distribution = checkpoint.vae.encode(image).latent_dist
    drawn: Tensor = distribution.sample(generator=torch.Generator().manual_seed(seed))
    return drawn * SCALING


# --- 3: noise --------------------------------------------------------------------------------


def blended_noise(seed_a: int, seed_b: int, alpha: float, like: Tensor) -> Tensor:
    """Noise of both seeds, spherically interpolated."""
    noise_a, noise_b = (
        torch.randn(like.shape, generator=torch.Generator().manual_seed(seed))
        for seed in (seed_a, seed_b)
    )
    cosine = float((noise_a * noise_b).sum() / (noise_a.norm() * noise_b.norm()))
    if abs(cosine) > 0.9995:
        return (1.0 - alpha) * noise_a + alpha * noise_b
    angle = np.arccos(cosine)
    weight_a, weight_b = np.sin((1.0 - alpha) * angle), np.sin(alpha * angle)
    return float(weight_a / np.sin(angle)) * noise_a + float(weight_b / np.sin(angle)) * noise_b


# --- 4 to 6: sampling ------------------------------------------------------------------------


def sample(
    checkpoint: Checkpoint,
    embeddings: Tensor,
    seed_latents: Tensor,
    noise: Tensor,
    repaint: Tensor | None,
    steps: int,
    strength: float,
    guidance: float,
) -> Tensor:
    """Latents after the part of the schedule that `strength` leaves."""
    scheduler = type(checkpoint.scheduler).from_config(checkpoint.scheduler.config)
    scheduler.set_timesteps(steps)
    offset = scheduler.config.get("steps_offset", 0)
    init_timestep = min(int(steps * strength) + offset, steps)
    noisiest = scheduler.timesteps[-init_timestep].reshape(1)
    latents = scheduler.add_noise(seed_latents, noise, noisiest)
    for t in scheduler.timesteps[max(steps - init_timestep + offset, 0) :]:
        latents = step(checkpoint, scheduler, latents, t, embeddings, guidance)
        if repaint is not None:
            seeded = scheduler.add_noise(seed_latents, noise, t.reshape(1))
            latents = seeded * (1.0 - repaint) + latents * repaint
    return latents


def step(
    checkpoint: Checkpoint,
    scheduler: Any,
    latents: Tensor,
    t: Tensor,
    embeddings: Tensor,
    guidance: float,
) -> Tensor:
    """One step, guided away from nothing where that is asked for."""
    if guidance > 1.0:
        model_input = scheduler.scale_model_input(torch.cat([latents] * 2), t)
        unguided, guided = checkpoint.unet(model_input, t, embeddings).sample.chunk(2)
        predicted = unguided + guidance * (guided - unguided)
    else:
        model_input = scheduler.scale_model_input(latents, t)
        predicted = checkpoint.unet(model_input, t, embeddings[1:]).sample
    stepped: Tensor = scheduler.step(predicted, t, latents).prev_sample
    return stepped


def repaint_tensor(mask: Image.Image) -> Tensor:
    """(1, 4, height / 8, width / 8): 1 where white is repainted, 0 where black is kept."""
    grey = mask.convert("L")
    width, height = ((side - side % 32) // 8 for side in grey.size)
    small = grey.resize((width, height), Image.Resampling.NEAREST)
    white = torch.from_numpy(np.asarray(small, np.float32) / 255.0)
    return white.expand(1, 4, height, width)


# --- 7: back to an image ---------------------------------------------------------------------


def decode(checkpoint: Checkpoint, latents: Tensor) -> Tensor:
    """(3, height, width) in 0..1."""
    decoded: Tensor = checkpoint.vae.decode(latents / SCALING).sample[0]
    return (decoded / 2.0 + 0.5).clamp(0.0, 1.0)
