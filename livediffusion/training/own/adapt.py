"""Teach a distilled denoiser a style without unlearning the others.

Two things are learned at once, half of each batch for each: to denoise the player's loops when
the style is named, and to say what the untouched model says when anything else is (rehearsal:
its own loops of other prompts are its textbook, so no training data are needed).

A few-step denoiser must know from pure noise where it is going. So noise and loops are coupled:
each noise belongs to the loop that it resembles most, which is a map that can be learned, instead
of all loops at once, whose mean is a blur.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from livediffusion.training.own.model import Model
from livediffusion.training.own.rehearsal import Rehearsal

Progress = Callable[[str, float], None]

BATCH = 8  # of each half
RATE = 4e-4
TEXT_RATE = 1e-4
KEEP = 2.0  # weight of the rehearsal
KEEP_TEXT = 10.0  # weight of other prompts' embeddings
ALONE = 0.5  # share of captions that are the style's name alone
ON_STEP = 0.6  # share of timesteps that are the sampler's own


@dataclass(frozen=True, slots=True)
class Style:
    """What is to be learned: latents (n, k, h, w), the words of each, and the name of them all."""

    name: str
    latents: Tensor
    words: Sequence[str]

    def prompt(self, index: int, rng: np.random.Generator) -> str:
        """A prompt that means this loop: the name, and often its words before or after."""
        words = self.words[index]
        if not words or rng.random() < ALONE:
            return self.name
        forms = (f"{self.name} {words}", f"{words} {self.name}", f"{self.name}, {words}")
        return forms[int(rng.integers(len(forms)))]


class Coupling:
    """Which loop a noise belongs to."""

    def __init__(self, latents: Tensor) -> None:
        flat = (latents - latents.mean(0)).flatten(1)
        self._directions = flat / flat.norm(dim=1, keepdim=True).clamp(min=1e-6)

    def choose(self, noise: Tensor, among: Sequence[Sequence[int]]) -> list[int]:
        """For each noise (n, k, h, w), which of the loops allowed to it is most like it."""
        likeness = noise.flatten(1) @ self._directions.T  # (n, loops)
        rows = zip(likeness, among, strict=True)
        return [allowed[int(row[list(allowed)].argmax())] for row, allowed in rows]


class Pupil:
    """Learns a style from steps of gradient descent."""

    def __init__(self, model: Model, style: Style, rehearsal: Rehearsal) -> None:
        self.teacher, self.model = model, model.copy()
        self.style, self.rehearsal = style, rehearsal
        self.coupling = Coupling(style.latents)
        unet, encoder = self.model.parts.unet, self.model.parts.text_encoder
        unet.to(memory_format=torch.channels_last)
        drawing = list(unet.requires_grad_(True).parameters())
        reading = list(encoder.requires_grad_(True).parameters())
        groups: list[dict[str, Any]] = [
            {"params": drawing, "full": RATE},
            {"params": reading, "full": TEXT_RATE},
        ]
        self.parameters = [*drawing, *reading]
        self.optimiser = torch.optim.AdamW(groups, RATE, weight_decay=0.0, betas=(0.9, 0.99))
        scheduler = model.parts.scheduler
        scheduler.set_timesteps(model.params.steps)
        self.steps = torch.as_tensor(scheduler.timesteps).long()
        self.last = int(scheduler.config.num_train_timesteps)

    def run(self, minutes: float, progress: Progress) -> Model:
        """Learn for so many minutes; returns the model that did, ready to be used."""
        rng, start = np.random.default_rng(0), time.monotonic()
        torch.manual_seed(0)
        while (done := (time.monotonic() - start) / (60.0 * minutes)) < 1.0:
            self.one_step(done, rng)
            progress("learning", done)
        progress("learning", 1.0)
        for part in (self.model.parts.unet, self.model.parts.text_encoder):
            part.requires_grad_(False)
        return self.model

    def one_step(self, done: float, rng: np.random.Generator) -> tuple[float, float]:
        """One step; returns the losses of the style and of the rehearsal."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["full"] * min(1.0, 20.0 * done + 0.05) * max(0.02, 1.0 - done)
        clean, noise, prompts = self._lesson(rng)
        known, others = self.rehearsal.draw(BATCH, rng)
        latents = torch.cat([clean, known])
        noise = torch.cat([noise, torch.randn_like(known)])
        times = self._timesteps(len(latents), rng)
        noisy = self.model.parts.scheduler.add_noise(latents, noise, times)
        embeddings = self.model.embed([*prompts, *others])
        seen = self.model.predict(noisy, times, embeddings)
        with torch.no_grad():
            old = self.teacher.embed(others)
            wanted = self.teacher.predict(noisy[BATCH:], times[BATCH:], old)
        learned = (
            (seen[:BATCH] - self.model.target(clean, noise[:BATCH], times[:BATCH])) ** 2
        ).mean()
        kept = ((seen[BATCH:] - wanted) ** 2).mean()
        moved = ((embeddings[BATCH:] - old) ** 2).mean()
        self.optimiser.zero_grad()
        (learned + KEEP * kept + KEEP_TEXT * moved).backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        return float(learned.detach()), float(kept.detach())

    def _lesson(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, list[str]]:
        """Loops (BATCH, k, h, w), the noises that belong to them, and prompts for them."""
        drawn = rng.integers(len(self.style.words), size=BATCH)
        prompts = [self.style.prompt(int(i), rng) for i in drawn]
        everything = range(len(self.style.words))
        among: list[Sequence[int]] = [
            everything
            if prompt == self.style.name
            else [j for j in everything if self.style.words[j] == self.style.words[i]]
            for i, prompt in zip(drawn, prompts, strict=True)
        ]
        noise = torch.randn(BATCH, *self.style.latents.shape[1:])
        chosen = self.coupling.choose(noise, among)
        return self.style.latents[chosen], noise, prompts

    def _timesteps(self, count: int, rng: np.random.Generator) -> Tensor:
        """Timesteps (count,), more often than not those that the sampler will ask for."""
        anywhere = torch.from_numpy(rng.integers(self.last, size=count))
        own = self.steps[torch.from_numpy(rng.integers(len(self.steps), size=count))]
        return torch.where(torch.from_numpy(rng.random(count) < ON_STEP), own, anywhere)
