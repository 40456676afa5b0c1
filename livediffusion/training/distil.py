"""Distil the guided denoiser into one that needs four steps and no guidance.

Multistep consistency distillation (Heek et al. 2024, "Multistep Consistency Models") of the
deterministic DDIM path: from any time within a quarter of the schedule the student learns to
land where the guided teacher would be at that quarter's end. It is sampled by plain DDIM, no
noise is added on the way, so equal noise gives equal loops and near prompts near ones.

Between two prompts the student learns to land where the blend of the teacher's two predictions
does, not where the teacher is taken by the blended embeddings: a prediction then moves in
proportion to the blend, and a morph goes in even steps. (Averaging scores is Liu et al. 2022,
"Compositional Visual Generation with Composable Diffusion Models".)
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from livediffusion.training import noise, text
from livediffusion.training.corpus import Corpus, Draw
from livediffusion.training.denoiser import Networks

GUIDANCE = 2.0
SEGMENTS = 4  # steps the student is made for
PER_SEGMENT = 4  # teacher's steps in each
BATCH = 16
RATE = 4e-4
KEEP = 0.95  # of the average that sets the student's own targets
BLANK = 0.1  # share without a caption, so that guidance above 1 still has its other branch
MIXED = 0.4  # share of samples between two prompts
HUBER = 0.03


def grid() -> Tensor:
    """Timesteps from clean (-1) to noisiest: those of DDIM with trailing spacing."""
    count = SEGMENTS * PER_SEGMENT
    return (torch.arange(count + 1) * noise.STEPS / count).round().long() - 1


def jump(clean: Tensor, noisy: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """One DDIM step from timesteps `start` to `end`, given the clean latents predicted."""
    a, s = noise.signal_and_noise(start)
    a_end, s_end = noise.signal_and_noise(end)
    return a_end * clean + s_end * (noisy - a * clean) / s


def aim(landing: Tensor, noisy: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """The clean latents with which `jump` would land there: its inverse."""
    a, s = noise.signal_and_noise(start)
    a_end, s_end = noise.signal_and_noise(end)
    ratio = s_end / s
    return (landing - ratio * noisy) / (a_end - ratio * a)


def predict(networks: Networks, noisy: Tensor, timesteps: Tensor, embeddings: Tensor) -> Tensor:
    """Clean latents that networks see in noisy ones."""
    v = networks.unet(noisy, timesteps, embeddings).sample
    return noise.split_velocity(v, noisy, timesteps)[0]


def guided(
    teacher: Networks, noisy: Tensor, timesteps: Tensor, embeddings: Tensor, blank: Tensor
) -> Tensor:
    """Clean latents by classifier-free guidance (linear in v and so in them)."""
    with_caption = predict(teacher, noisy, timesteps, embeddings)
    without = predict(teacher, noisy, timesteps, blank.expand_as(embeddings))
    return without + GUIDANCE * (with_caption - without)


class Distiller:
    """Trains a student from a teacher for a time budget."""

    def __init__(self, teacher: Networks, corpus: Corpus) -> None:
        self.teacher, self.corpus = teacher.copy(), corpus
        self.student = teacher.copy()
        self.average = teacher.copy()
        parameters = list(self.student.unet.parameters())
        for parameter in parameters:
            parameter.requires_grad_(True)
        self.optimiser = torch.optim.AdamW(parameters, RATE, weight_decay=0.0, betas=(0.9, 0.99))
        self.grid = grid()
        with torch.no_grad():
            self.blank = text.embed(teacher.text_encoder, corpus.blank[None])

    @torch.no_grad()
    def targets(self, noisy: Tensor, places: Tensor, batch: Draw) -> tuple[Tensor, Tensor]:
        """Embeddings, and clean latents to predict at grid places (n,), so as to land at the
        segment's end."""
        start, next_ = self.grid[places], self.grid[places - 1]
        end_places = (places - 1) // PER_SEGMENT * PER_SEGMENT
        end = self.grid[end_places]
        own_words, partners = batch.apart(self.student.text_encoder)
        embeddings = batch.blend(own_words, partners)
        mixed = slice(len(partners))
        clean = batch.blend(
            guided(self.teacher, noisy, start, own_words, self.blank),
            guided(self.teacher, noisy[mixed], start[mixed], partners, self.blank),
        )
        nearer = jump(clean, noisy, start, next_)
        inside = (places - 1 > end_places).nonzero()[:, 0]
        landing = nearer.clone()
        if len(inside):
            at, there = next_[inside], end[inside]
            own = predict(self.average, nearer[inside], at, embeddings[inside])
            landing[inside] = jump(own, nearer[inside], at, there)
        return embeddings, aim(landing, noisy, start, end)

    def one_step(self, done: float, rng: np.random.Generator) -> float:
        """One step of gradient descent; returns the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = RATE * max(0.03, 1.0 - done)
        batch = self.corpus.draw(BATCH, rng, BLANK, MIXED)
        places = torch.from_numpy(rng.integers(1, len(self.grid), size=BATCH))
        start = self.grid[places]
        noisy = noise.add_noise(batch.clean, torch.randn_like(batch.clean), start)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        embeddings, wanted = self.targets(noisy, places, batch)
        seen = predict(self.student, noisy, start, embeddings)
        loss = (torch.sqrt((seen - wanted) ** 2 + HUBER**2) - HUBER).mean()
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.student.unet.parameters(), 1.0)
        self.optimiser.step()
        self.average.follow(self.student, KEEP)
        return float(loss.detach())

    def run(self, minutes: float, progress: Callable[[str, float], None]) -> Networks:
        """Distil for so many minutes; returns the averaged student."""
        start, step = time.monotonic(), 0
        rng = np.random.default_rng(0)
        while (done := (time.monotonic() - start) / (60.0 * minutes)) < 1.0:
            loss = self.one_step(done, rng)
            step += 1
            progress(f"distilling: step {step}, loss {loss:.4f}", done)
        return self.average
