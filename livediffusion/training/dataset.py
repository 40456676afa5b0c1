"""Render the training loops: pictures as bytes in one .npy, what they are as JSON lines.

Rendering may be interrupted at any time: rows are written in order of index, and a row counts
only once its line of metadata is there.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from livediffusion.training.composer import GENRES, Style, compose
from livediffusion.training.pictures import COLUMNS, POCKET, picture

STYLES = tuple(Style(brightness, energy) for energy in (-1, 0, 1) for brightness in (-1, 0, 1))
HELD_OUT_SEED = 100_000  # seeds from here on are never trained on
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Row:
    """What one picture is: the composer's request, and who is heard in the answer."""

    genre: str
    seed: int
    style: Style
    instruments: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of metadata."""
        values = [self.genre, self.seed, self.style.brightness, self.style.energy]
        return json.dumps([*values, list(self.instruments)])

    @classmethod
    def from_json(cls, line: str) -> Row:
        """Inverse of `to_json`."""
        genre, seed, brightness, energy, instruments = json.loads(line)
        return cls(genre, seed, Style(brightness, energy), tuple(instruments))


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures (n, bands, columns) as bytes, memory-mapped, and their rows."""

    pictures: NDArray[np.uint8]
    rows: list[Row]

    def tensor(self, indices: slice | NDArray[np.int64]) -> torch.Tensor:
        """Some of the pictures as a byte tensor."""
        return torch.from_numpy(np.array(self.pictures[indices]))


def plan(seeds: int, styles: int, first_seed: int = 0) -> list[Row]:
    """Rows to render: every seed of every genre plainly, and in `styles` - 1 other styles."""
    rows = []
    others = [style for style in STYLES if style != Style()]
    for seed in range(first_seed, first_seed + seeds):
        for genre in GENRES:
            drawn = np.random.default_rng(seed).permutation(len(others))[: styles - 1]
            rows += [Row(genre, seed, style) for style in (Style(), *(others[i] for i in drawn))]
    return rows


def _render(row: Row) -> tuple[Row, NDArray[np.uint8]]:
    loop = compose(row.genre, row.seed, row.style)
    levels = torch.round(255.0 * picture(torch.from_numpy(loop.audio)))
    return Row(row.genre, row.seed, row.style, loop.instruments), levels.byte().numpy()


def _rendered(rows: list[Row], processes: int) -> Iterator[tuple[Row, NDArray[np.uint8]]]:
    if processes <= 1:
        yield from map(_render, rows)
        return
    with multiprocessing.get_context("spawn").Pool(processes, torch.set_num_threads, (1,)) as pool:
        yield from pool.imap(_render, rows, chunksize=6)


def render(rows: list[Row], folder: Path, name: str, processes: int, progress: Progress) -> Dataset:
    """Render rows to `folder/name.npy` and `.jsonl`, going on where an earlier run stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    path, lines = folder / f"{name}.npy", folder / f"{name}.jsonl"
    shape = (len(rows), POCKET.bands, COLUMNS)
    done = lines.read_text().splitlines() if path.is_file() and lines.is_file() else []
    if done and np.load(path, mmap_mode="r").shape != shape:
        done = []
    pictures: NDArray[np.uint8] = np.lib.format.open_memmap(
        path, mode="r+" if done else "w+", dtype=np.uint8, shape=shape
    )
    with lines.open("a" if done else "w", encoding="utf-8") as file:
        for index, (row, levels) in enumerate(_rendered(rows[len(done) :], processes), len(done)):
            pictures[index] = levels
            file.write(row.to_json() + "\n")
            file.flush()
            progress(f"rendering loops: {row.genre}", (index + 1) / len(rows))
    return Dataset(pictures, [Row.from_json(line) for line in lines.read_text().splitlines()])
