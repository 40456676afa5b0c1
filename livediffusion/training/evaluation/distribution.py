"""Are generated loops distributed like real ones? Frechet distance, diversity, copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from livediffusion.training import dataset
from livediffusion.training.captions import caption
from livediffusion.training.classifier import CLASSES, FEATURES, features
from livediffusion.training.composer import Style
from livediffusion.training.dataset import Dataset, Progress, Row
from livediffusion.training.evaluation.bench import Bench
from livediffusion.training.evaluation.figures import Figure, Section

MOST_FRECHET_RATIO = 3.0
SPLITS = 10  # random halves that the distances are averaged over
COPY = 0.5  # nearer than this share of what real loops keep between themselves is a copy


def frechet(a: Tensor, b: Tensor) -> float:
    """Frechet distance of two sets (n, d), (m, d), each taken for a Gaussian (Dowson 1982)."""
    a, b = a.double(), b.double()
    apart = (a.mean(0) - b.mean(0)).square().sum()
    first, second = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(first)
    root = (vectors * values.clamp(min=0.0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0.0).sqrt().sum()
    return float(apart + first.trace() + second.trace() - 2.0 * cross)


def halves(groups: Sequence[object], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Indices of two random halves with the same number of every group in both."""
    places: dict[object, list[int]] = {}
    for index, group in enumerate(groups):
        places.setdefault(group, []).append(index)
    first, second = [], []
    for group in places.values():
        order = rng.permutation(group)
        first += order[: len(group) // 2].tolist()
        second += order[len(group) // 2 : len(group) // 2 * 2].tolist()
    return torch.tensor(first), torch.tensor(second)


def frechet_ratio(real: Tensor, made: Tensor, groups: Sequence[object]) -> tuple[float, float]:
    """Distance of generated to real features, and of real ones among themselves.

    `real` and `made` (n, d) belong to the same groups row by row. Both distances are between sets
    of the same size, half of n, because a Frechet distance grows as its sets shrink.
    """
    rng, outside, inside = np.random.default_rng(0), [], []
    for _ in range(SPLITS):
        first, second = halves(groups, rng)
        inside.append(frechet(real[first], real[second]))
        outside.append(frechet(made[first], real[second]))
        outside.append(frechet(made[second], real[first]))
    return float(np.mean(outside)), float(np.mean(inside))


def likeness_of_sets(bench: Bench, progress: Progress) -> Section:
    """Generated loops against real ones with the same captions, in the judge's features."""
    progress("measuring the distribution", 0.0)
    rng = np.random.default_rng(0)
    prompts = [caption(row, rng) for row in bench.rows]
    made = bench.generate(prompts, [5000 + i for i in range(len(prompts))])
    of_real, of_made = features(bench.judge, bench.real), features(bench.judge, made)
    groups = [row.genre for row in bench.rows]
    outside, inside = frechet_ratio(of_real, of_made, groups)
    figures = [
        Figure("generated to real", outside),
        Figure("real to real", inside),
        Figure("ratio", outside / inside, most=MOST_FRECHET_RATIO),
    ]
    progress("measuring the distribution", 1.0)
    n = len(bench.rows)
    note = f"{FEATURES} features, {n // 2} loops a side, mean of {SPLITS} splits, not shrunk"
    return Section("Frechet distance", figures, note)


def sketch(pictures: Tensor) -> Tensor:
    """Bytes (n, 2, bands, columns) as coarse mid pictures (n, k): blur is no difference."""
    parts = [part.float().mean(1, keepdim=True) / 255.0 for part in pictures.split(64)]
    return torch.cat([F.avg_pool2d(part, 8).flatten(1) for part in parts])


def spread(points: Tensor) -> float:
    """Mean distance of all pairs; NaN of fewer than two."""
    return float(torch.pdist(points).mean()) if len(points) > 1 else float("nan")


def diversity(bench: Bench, pictures: Tensor) -> Section:
    """How far seeds of one genre lie apart, generated and real. `pictures` as in `CLASSES`."""
    real, made, plain = sketch(bench.real), sketch(pictures), bench.plain()
    seeds, found = bench.size.seeds, {}
    for index, genre in enumerate(CLASSES):
        same = torch.tensor([row.genre == genre for row in bench.rows]) & plain
        mine = made[index * seeds : (index + 1) * seeds]
        found[genre] = spread(mine) / spread(real[same])
    ratios = np.array(list(found.values()))
    figures = [
        Figure("generated over real, mean of genres", float(ratios.mean())),
        Figure("least of a genre", float(ratios.min())),
        Figure("most of a genre", float(ratios.max())),
    ]
    note = "mean distance of pairs of seeds of one genre, in pictures 32 x 64"
    return Section("diversity", figures, note, {"by genre": found})


def copies(bench: Bench, pictures: Tensor, progress: Progress, processes: int) -> Section:
    """How near the nearest loop of the training is, for generated and for held-out real ones."""
    known, rows = _trained(bench, progress, processes)
    genres = [genre for genre in CLASSES for _ in range(bench.size.seeds)]
    made = _nearest(sketch(pictures), genres, known, rows)
    plain = bench.plain()
    kept = [row.genre for row, is_plain in zip(bench.rows, plain.tolist(), strict=True) if is_plain]
    real = _nearest(sketch(bench.real[plain]), kept, known, rows)
    usual = float(real.median())
    figures = [
        Figure("distance to the nearest, over that of real loops", float(made.median()) / usual),
        Figure("the nearest of all, over that of real loops", float(made.min()) / usual),
        Figure("copies", _copied(made, usual), "%"),
        Figure("copies among held-out real loops", _copied(real, usual), "%"),
    ]
    note = f"among {len(known)} training loops; a copy is nearer than {COPY} of the real median"
    return Section("nearest training loops", figures, note)


def _trained(bench: Bench, progress: Progress, processes: int) -> tuple[Tensor, list[Row]]:
    """Sketches and rows of plain training loops: all that lie in `workdir`, else some anew."""
    folder = bench.workdir / "data"
    if (folder / "train.npy").is_file():
        lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [Row.from_json(line) for line in lines]
        loops = Dataset(np.load(folder / "train.npy", mmap_mode="r"), rows)
    else:
        loops = dataset.render(
            dataset.plan(bench.size.held_out, 1), folder, "first", processes, progress
        )
    plain = np.array([i for i, row in enumerate(loops.rows) if row.style == Style()])
    parts = [sketch(loops.tensor(part)) for part in np.split(plain, range(64, len(plain), 64))]
    return torch.cat(parts), [loops.rows[int(i)] for i in plain]


def _copied(distances: Tensor, usual: float) -> float:
    return float((distances < COPY * usual).float().mean())


def _nearest(points: Tensor, genres: Sequence[str], known: Tensor, rows: Sequence[Row]) -> Tensor:
    """Distance (n,) of each point to the nearest known one of its genre."""
    found = []
    for genre in dict.fromkeys(genres):
        mine = torch.tensor([g == genre for g in genres])
        theirs = torch.tensor([row.genre == genre for row in rows])
        found.append(torch.cdist(points[mine], known[theirs]).amin(1))
    return torch.cat(found)
