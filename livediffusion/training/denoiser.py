"""The denoiser: a UNet over the latents, trained to predict v, together with the text encoder.

Its convolutions keep zero padding on purpose: that is how it knows which beat is the first.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel

from livediffusion.training import noise, text
from livediffusion.training.autoencoder import COMPONENTS
from livediffusion.training.corpus import Corpus
from livediffusion.training.muon import Muon, split_parameters

GRID = (8, 32)  # height and width of a latent
CHANNELS = (80, 112, 144)
BATCH = 32
MUON_RATE = 0.02
ADAM_RATE = 1.5e-3
TEXT_RATE = 5e-4  # the text encoder has learned already
NO_CAPTION = 0.12  # share of samples without a caption, for classifier-free guidance
WHISPER = 0.05  # of the prompt in the embedding of time, before anything is learned
EMA = 0.995
SAVE_EVERY_S = 120.0


def build() -> UNet2DConditionModel:
    """The untrained UNet; text is attended to on the two lower levels, where it is cheap.

    What the whole prompt says is also added to the embedding of time, which reaches every
    block: words like "bright" or "without drums" are about all of a picture.
    """
    unet = UNet2DConditionModel(
        sample_size=GRID,
        in_channels=COMPONENTS,
        out_channels=COMPONENTS,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=text.WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )
    nn.init.constant_(unet.add_embedding.norm2.weight, WHISPER)
    return unet


@dataclass(slots=True)
class Networks:
    """What is trained together."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel

    def parameters(self) -> list[Tensor]:
        return [*self.unet.parameters(), *self.text_encoder.parameters()]

    def copy(self) -> Networks:
        """A frozen copy."""
        twin = copy.deepcopy(self)
        for parameter in twin.parameters():
            parameter.requires_grad_(False)
        return twin

    @torch.no_grad()
    def follow(self, other: Networks, keep: float) -> None:
        """Move these weights toward another's: an exponential moving average."""
        torch._foreach_lerp_(self.parameters(), other.parameters(), 1.0 - keep)

    def state(self) -> dict[str, dict[str, Tensor]]:
        return {"unet": self.unet.state_dict(), "text": self.text_encoder.state_dict()}

    def load(self, state: dict[str, dict[str, Tensor]]) -> None:
        self.unet.load_state_dict(state["unet"])
        self.text_encoder.load_state_dict(state["text"])


def grow(target: nn.Module, source: nn.Module) -> None:
    """Copy weights of a like network that may be smaller, or lack some layers."""
    theirs = source.state_dict()
    with torch.no_grad():
        for name, mine in target.state_dict().items():
            if name in theirs:
                mine[tuple(slice(size) for size in theirs[name].shape)] = theirs[name]


def stratified_timesteps(count: int) -> Tensor:
    """Timesteps spread evenly over the schedule: less variance than drawing each by itself."""
    places = (torch.rand(1) + torch.arange(count) / count) % 1.0
    return (places * noise.STEPS).long()[torch.randperm(count)]


def schedule(done: float, step: int) -> float:
    """Share of the learning rate: warm-up, full until 40 %, then linearly to nothing."""
    return min(1.0, (step + 1) / 40) * min(1.0, max(0.02, (1.0 - done) / 0.6))


class Trainer:
    """Trains for a time budget in seconds, and can be stopped and started again at any step."""

    def __init__(
        self, networks: Networks, corpus: Corpus, checkpoint: Path, compiled: bool = False
    ) -> None:
        self.networks, self.corpus, self.checkpoint = networks, corpus, checkpoint
        self.average = networks.copy()
        matrices, rest = split_parameters(networks.unet)
        text_weights = list(networks.text_encoder.parameters())
        groups = [{"params": rest, "full": ADAM_RATE}, {"params": text_weights, "full": TEXT_RATE}]
        self.optimisers: tuple[torch.optim.Optimizer, ...] = (
            Muon([{"params": matrices, "full": MUON_RATE}], MUON_RATE),
            torch.optim.AdamW(groups, ADAM_RATE, weight_decay=0.01, betas=(0.9, 0.99)),
        )
        self.step, self.spent_s = 0, 0.0
        self.unet: Callable[..., Any] = torch.compile(networks.unet) if compiled else networks.unet
        if checkpoint.is_file():
            self._resume()

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True)
        self.networks.load(state["networks"])
        self.average.load(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.spent_s = state["step"], state["spent_s"]

    def save(self) -> None:
        """Write the checkpoint, all or nothing."""
        state = {
            "networks": self.networks.state(),
            "average": self.average.state(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "spent_s": self.spent_s,
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def one_step(self, done: float, rng: np.random.Generator) -> Tensor:
        """One step of gradient descent; returns each sample's loss and updates the average."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["full"] * schedule(done, self.step)
        batch = self.corpus.draw(BATCH, rng, NO_CAPTION)
        clean = batch.clean
        drawn, timesteps = torch.randn_like(clean), stratified_timesteps(len(clean))
        noisy = noise.add_noise(clean, drawn, timesteps)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        embeddings = batch.embeddings(self.networks.text_encoder)
        predicted = self.unet(noisy, timesteps, embeddings).sample
        errors = (predicted - noise.velocity(clean, drawn, timesteps)) ** 2
        errors.mean().backward()
        nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        self.step += 1
        keep = min(EMA, (1 + self.step) / (10 + self.step))
        self.average.follow(self.networks, keep)
        each: Tensor = errors.detach().mean((1, 2, 3))
        return each

    def run(self, minutes: float, progress: Callable[[str, float], None]) -> Networks:
        """Train until the budget is spent, over all runs; returns the averaged networks."""
        budget = 60.0 * minutes
        saved, smooth = time.monotonic(), 0.0
        while self.spent_s < budget:
            start = time.monotonic()
            rng = np.random.default_rng(self.step)  # a resumed run draws what it would have drawn
            loss = float(self.one_step(self.spent_s / budget, rng).mean())
            smooth = loss if not smooth else 0.98 * smooth + 0.02 * loss
            self.spent_s += time.monotonic() - start
            if time.monotonic() - saved > SAVE_EVERY_S:
                self.save()
                saved = time.monotonic()
            done = min(1.0, self.spent_s / budget)
            progress(f"training: step {self.step}, loss {smooth:.4f}", done)
        self.save()
        return self.average
