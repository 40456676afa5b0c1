"""Render the training loops: pictures as bytes in one .npy, what they are as JSON lines.

Rendering may be interrupted at any time: rows are written in order of index, and a row counts
only once its line of metadata is there.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from livediffusion.training.composer import GENRES, Style, compose
from livediffusion.training.composer.genre import Genre
from livediffusion.training.composer.style import Mode, Stems
from livediffusion.training.pictures import COLUMNS, POCKET, picture

HELD_OUT_SEED = 100_000  # seeds from here on are never trained on
AXES = ("brightness", "energy", "density", "space")  # of Style, in its order
HOW_MANY = (0.55, 0.30, 0.15)  # chances of one, two and three axes in a styled row
STEMS_SHARE, MODE_SHARE = 0.15, 0.20  # of all rows
Progress = Callable[[str, float], None]
Pictures = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Row:
    """What one picture is: the composer's request, and who is heard in the answer."""

    genre: str
    seed: int
    style: Style
    instruments: tuple[str, ...] = ()
    mode: Mode = "minor"  # the one that is heard

    def to_json(self) -> str:
        """One line of metadata."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Row:
        """Inverse of `to_json`."""
        values = json.loads(line)
        values["style"] = Style(**values["style"])
        values["instruments"] = tuple(values["instruments"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures (n, 2, bands, columns) as bytes, memory-mapped, and their rows."""

    pictures: Pictures
    rows: list[Row]

    def tensor(self, indices: slice | NDArray[np.int64]) -> torch.Tensor:
        """Some of the pictures as a byte tensor."""
        return torch.from_numpy(np.array(self.pictures[indices]))


def _stems(genre: Genre) -> list[Stems]:
    """The stems other than all that can be had of a genre and are not all of it."""
    found: list[Stems] = []
    if genre.kits and (genre.parts or genre.bass):
        found += ["no drums", "only drums"]
    if genre.bass and (genre.kits or len(genre.parts) > 1):
        found.append("only bass")
    return found


def _restyled(genre: Genre, rng: np.random.Generator, styles: int) -> Style:
    """A style other than plain: one axis most often, up to three, now and then stems or mode."""
    count = int(rng.choice(3, p=HOW_MANY)) + 1
    moved = np.zeros(len(AXES), int)
    moved[rng.permutation(len(AXES))[:count]] = rng.choice((-1, 1), count)
    brightness, energy, density, space = (int(value) for value in moved)
    style = Style(brightness, energy, density, space)
    share = styles / max(1, styles - 1)  # plain rows have neither stems nor mode
    stems = _stems(genre)
    if stems and rng.random() < STEMS_SHARE * share:
        style = replace(style, stems=stems[int(rng.integers(len(stems)))])
    if rng.random() < MODE_SHARE * share and (genre.parts or genre.bass):
        style = replace(style, mode="major" if rng.random() < 0.5 else "minor")
    return style


def plan(seeds: int, styles: int, first_seed: int = 0) -> list[Row]:
    """Rows to render: every seed of every genre plainly, and in `styles` - 1 other styles.

    All genres of a seed come before the next seed, so that any beginning is balanced.
    """
    rows = []
    for seed in range(first_seed, first_seed + seeds):
        for number, (name, genre) in enumerate(GENRES.items()):
            rng = np.random.default_rng([seed, number])
            drawn = dict.fromkeys([Style()])
            while len(drawn) < styles:
                drawn[_restyled(genre, rng, styles)] = None
            rows += [Row(name, seed, style, mode=style.mode or genre.mode) for style in drawn]
    return rows


def _render(row: Row) -> tuple[Row, Pictures]:
    loop = compose(row.genre, row.seed, row.style)
    levels = torch.round(255.0 * picture(torch.from_numpy(loop.audio)))
    heard = replace(row, instruments=loop.instruments, mode=loop.mode)
    return heard, levels.byte().numpy()


def _render_all(rows: list[Row]) -> list[tuple[Row, Pictures]]:
    return [_render(row) for row in rows]


def _rendered(rows: list[Row], processes: int) -> Iterator[tuple[Row, Pictures]]:
    """Rows and pictures in order; the styles of a seed go to one process, which caches notes."""
    if processes <= 1:
        yield from map(_render, rows)
        return
    groups = [list(group) for _, group in groupby(rows, lambda row: (row.genre, row.seed))]
    with multiprocessing.get_context("spawn").Pool(processes, torch.set_num_threads, (1,)) as pool:
        for answers in pool.imap(_render_all, groups):
            yield from answers


def _finished(rows: list[Row], lines: Path) -> int:
    """How many of the first rows an earlier run has rendered; the lines of others go."""
    if not lines.is_file():
        return 0
    whole = [line for line in lines.read_text().splitlines(True) if line.endswith("\n")]
    count = 0
    for line, row in zip(whole, rows, strict=False):
        done = Row.from_json(line)
        if (done.genre, done.seed, done.style) != (row.genre, row.seed, row.style):
            break
        count += 1
    lines.write_text("".join(whole[:count]))  # also drops a line cut off half-way
    return count


def render(rows: list[Row], folder: Path, name: str, processes: int, progress: Progress) -> Dataset:
    """Render rows to `folder/name.npy` and `.jsonl`, going on where an earlier run stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    path, lines = folder / f"{name}.npy", folder / f"{name}.jsonl"
    shape = (len(rows), POCKET.channels, POCKET.bands, COLUMNS)
    same = path.is_file() and np.load(path, mmap_mode="r").shape == shape
    done = _finished(rows, lines) if same else 0
    pictures: Pictures = np.lib.format.open_memmap(
        path, mode="r+" if done else "w+", dtype=np.uint8, shape=shape
    )
    with lines.open("a" if done else "w", encoding="utf-8") as file:
        for index, (row, levels) in enumerate(_rendered(rows[done:], processes), done):
            pictures[index] = levels
            file.write(row.to_json() + "\n")
            file.flush()
            progress(f"rendering loops: {row.genre}", (index + 1) / len(rows))
    return Dataset(pictures, [Row.from_json(line) for line in lines.read_text().splitlines()])
