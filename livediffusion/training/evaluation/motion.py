"""What happens on the way: morphs from genre to genre, walks from seed to seed, and the seam."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from livediffusion.render.sampler import slerp
from livediffusion.training import measures
from livediffusion.training.classifier import CLASSES
from livediffusion.training.dataset import Progress
from livediffusion.training.evaluation.bench import Bench
from livediffusion.training.evaluation.figures import Figure, Section
from livediffusion.training.pictures import POCKET

POINTS = 9
MOST_STEP = 2.0  # largest step of a morph over its mean step
FIRM = 0.3  # grid strength from which a loop has a beat to be kept


def morph_pairs(count: int) -> list[tuple[str, str]]:
    """So many different pairs of genres, drawn at random but always the same ones."""
    pairs = list(combinations(CLASSES, 2))
    order = np.random.default_rng(0).permutation(len(pairs))
    return [pairs[int(i)] for i in order[:count]]


def morph(bench: Bench, start: str, end: str, seed: int = 5) -> Tensor:
    """Pictures (9, 2, bands, columns) of blends of two prompts with one seed, in 0..1."""
    ends = bench.model.embed([start, end])
    weights, noise = torch.linspace(0.0, 1.0, POINTS), bench.model.noise([seed] * POINTS)
    return bench.model.pictures(bench.model.between(ends, weights, noise, POCKET.steps))


def walk(bench: Bench, prompt: str, seeds: tuple[int, int]) -> Tensor:
    """Pictures (9, 2, bands, columns) from one seed's noise to another's, in 0..1."""
    first, last = bench.model.noise(seeds).split(1)
    noise = torch.cat([slerp(first, last, i / (POINTS - 1)) for i in range(POINTS)])
    embeddings = bench.model.embed([prompt] * POINTS)
    return bench.model.pictures(bench.model.latents(embeddings, noise, POCKET.steps))


def steepness(pictures: Tensor) -> float:
    """Largest step over the mean step along a row of pictures: 1 where all are equal."""
    steps = (pictures[1:] - pictures[:-1]).flatten(1).norm(dim=1)
    return float(steps.max() / steps.mean().clamp(min=1e-9))


def grid_kept(pictures: Tensor) -> float:
    """Weakest grid on the way over the weaker end's; NaN where an end has no beat to keep."""
    strength = measures.grid_strength(pictures)
    least = min(float(strength[0]), float(strength[-1]))
    return float(strength[1:-1].min()) / least if least > FIRM else float("nan")


def morphs(bench: Bench, progress: Progress) -> Section:
    """Morphs of pairs of genres: are the steps even, does the beat stay?"""
    pairs = morph_pairs(bench.size.pairs)
    steep, kept = [], []
    for index, (start, end) in enumerate(pairs):
        pictures = morph(bench, start, end)
        steep.append(steepness(pictures))
        kept.append(grid_kept(pictures))
        progress("measuring morphs", (index + 1) / len(pairs))
    ranked = np.sort(np.array(steep))
    beats = np.array(kept)[~np.isnan(kept)]
    worst = sorted(zip(steep, pairs, strict=True), reverse=True)[:5]
    figures = [
        Figure("largest over mean step, median", float(np.median(ranked))),
        Figure("largest over mean step, 95 % of pairs", float(np.quantile(ranked, 0.95))),
        Figure("largest over mean step, worst pair", float(ranked[-1]), most=MOST_STEP),
        Figure("pairs within the bar", float((ranked <= MOST_STEP).mean()), "%"),
        Figure("beat grid kept, median", _quantile(beats, 0.5)),
        Figure("beat grid kept, 95 % of pairs", _quantile(beats, 0.05)),
    ]
    note = f"{len(pairs)} pairs, {POINTS} points; grid: weakest point over the weaker end"
    details = {"worst": [{"from": a, "to": b, "largest over mean": s} for s, (a, b) in worst]}
    return Section("morphs", figures, note, details)


def _quantile(values: np.ndarray, q: float) -> float:
    return float(np.quantile(values, q)) if len(values) else float("nan")


def walks(bench: Bench, progress: Progress) -> Section:
    """Walks from seed to seed under one prompt: does the groove stay?"""
    order = np.random.default_rng(1).permutation(len(CLASSES))[: bench.size.walks]
    steep, near, far, grid = [], [], [], []
    for index, number in enumerate(order):
        pictures = walk(bench, CLASSES[int(number)], (11, 12))
        groove = measures.groove(pictures)
        near.append(float(measures.likeness(groove[1:], groove[:-1]).mean()))
        far.append(float(measures.likeness(groove[:1], groove[-1:])))
        steep.append(steepness(pictures))
        grid.append(grid_kept(pictures))
        progress("measuring walks", (index + 1) / len(order))
    beats = np.array(grid)[~np.isnan(grid)]
    figures = [
        Figure("largest over mean step, median", float(np.median(steep))),
        Figure("largest over mean step, worst", float(np.max(steep))),
        Figure("groove kept from point to point", float(np.mean(near))),
        Figure("groove kept from end to end", float(np.mean(far))),
        Figure("beat grid kept, median", _quantile(beats, 0.5)),
    ]
    note = f"{len(order)} genres, {POINTS} points; groove: correlation of where attacks fall"
    return Section("seed walks", figures, note)


def seam_over_step(pictures: Tensor) -> float:
    """Change across the seam over the mean change across the other beats (bytes or 0..1)."""
    levels = pictures.float()
    change = (levels - levels.roll(1, -1)).abs().mean((0, 1, 2))  # (columns,)
    beats = change[:: POCKET.columns_per_beat]
    return float(beats[0] / beats[1:].mean())


def jump_over_step(audio: Tensor) -> float:
    """Jump from the last sample to the first over the usual step of samples (n, 2, samples)."""
    step = (audio - audio.roll(1, -1)).abs()
    return float(step[..., 0].mean() / step.mean())


def seam(bench: Bench, pictures: Tensor, audio: Tensor) -> Section:
    """Is the end of a loop heard? `audio` is that of the pictures."""
    figures = [
        Figure("picture, over other beats", seam_over_step(pictures)),
        Figure("picture, over other beats, real loops", seam_over_step(bench.real)),
        Figure("sound, over the usual step", jump_over_step(audio)),
    ]
    return Section("seam", figures, "change where the end meets the beginning; 1 is as anywhere")
