"""Do attribute words act? The same seed in two wordings, told apart by a measure of the sound."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from livediffusion.training.composer import GENRES, Style, compose
from livediffusion.training.dataset import HELD_OUT_SEED, Progress
from livediffusion.training.evaluation import sound
from livediffusion.training.evaluation.adherence import share
from livediffusion.training.evaluation.bench import Bench, to_audio
from livediffusion.training.evaluation.figures import Figure, Section
from livediffusion.training.prompts import ATTRIBUTE_PROMPTS

LEAST_RIGHT = 0.9  # of seeds
REAL_SEEDS = 4  # of each genre, to see what the measure itself can tell


@dataclass(frozen=True, slots=True)
class Axis:
    """A measure that rises (or falls) from the low end to the high one, and both ends' styles."""

    measure: str  # a name in `sound.ALL`
    rises: bool
    low: Style
    high: Style
    drums: bool = False  # it needs a genre with drums and something else
    bass: bool = False  # ... with a bass
    notes: bool = False  # ... with notes


AXES: dict[str, Axis] = {
    "brightness": Axis("centroid, octaves", True, Style(brightness=-1), Style(brightness=1)),
    "energy": Axis("onset density", True, Style(energy=-1), Style(energy=1)),
    "density": Axis("onset density", True, Style(density=-1), Style(density=1)),
    "space": Axis("tail, dB", True, Style(space=-1), Style(space=1)),
    "mode": Axis("major over minor", True, Style(mode="minor"), Style(mode="major"), notes=True),
    "drums": Axis("percussive", True, Style(stems="no drums"), Style(), drums=True),
    "bass": Axis(
        "high end", False, Style(stems="only drums"), Style(stems="only bass"), True, True
    ),
}
Task = tuple[str, str, int]  # axis, genre, seed


def genres_for(name: str, count: int) -> list[str]:
    """Genres on which an axis can act at all: so many, drawn at random but always the same."""
    axis = AXES[name]
    fitting = [
        genre
        for genre, table in GENRES.items()
        if (not axis.drums or (table.kits and table.parts))
        and (not axis.bass or table.bass)
        and (not axis.notes or table.parts or table.bass)
    ]
    order = np.random.default_rng(len(name)).permutation(len(fitting))[:count]
    return [fitting[int(i)] for i in sorted(order)]


def right_way(name: str, low: Tensor, high: Tensor) -> list[bool]:
    """For audio (n, 2, samples) of both ends: whether the measure goes the right way."""
    axis = AXES[name]
    ends = [sound.measure(audio, (axis.measure,))[axis.measure] for audio in (low, high)]
    wanted: list[bool] = ((ends[1] > ends[0]) == axis.rises).tolist()
    return wanted


def real_pair(task: Task) -> bool:
    """The same question to the composer, who knows the answer."""
    name, genre, seed = task
    loops = (compose(genre, seed, style) for style in (AXES[name].low, AXES[name].high))
    low, high = (torch.from_numpy(loop.audio)[None] for loop in loops)
    return right_way(name, low, high)[0]


def _real(
    bench: Bench, names: Sequence[str], processes: int, progress: Progress
) -> dict[str, float]:
    """Share of the composer's own pairs that each measure tells apart."""
    tasks = [
        (name, genre, HELD_OUT_SEED + seed)
        for name in names
        for genre in genres_for(name, bench.size.words[0])
        for seed in range(min(REAL_SEEDS, bench.size.words[1]))
    ]
    right: dict[str, list[bool]] = {name: [] for name in names}
    with multiprocessing.get_context("spawn").Pool(processes, torch.set_num_threads, (1,)) as pool:
        for index, (task, ok) in enumerate(zip(tasks, pool.imap(real_pair, tasks, 4), strict=True)):
            right[task[0]].append(ok)
            progress("measuring attributes of real loops", (index + 1) / len(tasks))
    return {name: share(of_it) for name, of_it in right.items()}


def _generated(bench: Bench, name: str) -> dict[str, list[bool]]:
    """By genre, whether each seed went the right way; wordings take turns."""
    found, (count, seeds) = {}, bench.size.words
    wordings = ATTRIBUTE_PROMPTS[name]
    for genre in genres_for(name, count):
        pairs = [wordings[seed % len(wordings)] for seed in range(seeds)]
        ends = []
        for end in (0, 1):
            prompts = [pair[end].format(genre=genre) for pair in pairs]
            ends.append(to_audio(bench.generate(prompts, range(seeds))))
        found[genre] = right_way(name, ends[0], ends[1])
    return found


def attributes(bench: Bench, progress: Progress, processes: int) -> Section:
    """For every axis: in what share of seeds does it act as its words say?"""
    names = [name for name in ATTRIBUTE_PROMPTS if name in AXES]
    real = _real(bench, names, processes, progress)
    figures, details = [], {}
    for index, name in enumerate(names):
        progress("measuring attribute words", index / len(names))
        found = _generated(bench, name)
        everything = [ok for of_genre in found.values() for ok in of_genre]
        figures.append(Figure(name, share(everything), "%", least=LEAST_RIGHT))
        figures.append(Figure(f"{name}, real loops", real[name], "%"))
        details[name] = {
            "measure": AXES[name].measure,
            "by genre": {genre: share(of_genre) for genre, of_genre in found.items()},
        }
    progress("measuring attribute words", 1.0)
    genres, seeds = bench.size.words
    note = f"{genres} genres x {seeds} seeds, one seed in both wordings, right by its own measure"
    return Section("attribute words", figures, note, details)
