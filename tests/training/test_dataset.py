"""Plans are balanced from their beginning on, and rendering goes on where it stopped."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from livediffusion.training import dataset
from livediffusion.training.composer import GENRES, Style
from livediffusion.training.composer.fluid import SOUND_FONTS
from livediffusion.training.composer.samples import FOLDERS
from livediffusion.training.dataset import AXES, Row, plan, render

LIBRARIES = any(font.is_file() for font in SOUND_FONTS) and any(f.is_dir() for f in FOLDERS)
needs_libraries = pytest.mark.skipif(not LIBRARIES, reason="needs fluid-soundfont-gm")


def test_a_plan_is_balanced_wherever_it_is_cut() -> None:
    rows = plan(12, 5)
    assert len(rows) == len(set(rows)) == 12 * 5 * len(GENRES)
    first = rows[: 3 * 5 * len(GENRES)]
    assert set(Counter(row.genre for row in first).values()) == {15}
    assert {row.seed for row in first} == {0, 1, 2}
    assert sum(row.style == Style() for row in first) == 3 * len(GENRES)


def test_a_plan_moves_every_axis_often_enough() -> None:
    rows = plan(40, 5)
    styled = [row.style for row in rows if row.style != Style()]
    for axis in AXES:
        values = [getattr(style, axis) for style in styled]
        assert 0.35 < np.mean([value != 0 for value in values]) < 0.45
        assert abs(np.mean(values)) < 0.05
    assert 0.10 < np.mean([row.style.stems != "all" for row in rows]) < 0.18
    assert 0.15 < np.mean([row.style.mode is not None for row in rows]) < 0.25
    counts = Counter(sum(getattr(style, axis) != 0 for axis in AXES) for style in styled)
    assert counts[1] > counts[2] > counts[3] > 0 == counts[4] + counts[0]


def test_only_stems_that_a_genre_has_are_asked_for() -> None:
    for row in plan(30, 5):
        genre = GENRES[row.genre]
        assert genre.kits or row.style.stems not in ("only drums", "no drums")
        assert genre.bass or row.style.stems != "only bass"


def test_rows_survive_their_line_of_metadata() -> None:
    row = Row("house", 7, Style(1, -1, 0, 1, "major", "no drums"), ("piano", "drums"), "major")
    assert Row.from_json(row.to_json()) == row


@needs_libraries
def test_rendering_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row for row in plan(2, 2) if row.genre in ("flute", "chiptune")]
    whole = render(rows, tmp_path / "whole", "loops", 1, lambda message, done: None)
    assert whole.pictures.shape == (len(rows), 2, 256, 512)
    assert whole.rows[0].instruments

    def stop(message: str, done: float) -> None:
        if done >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(rows, tmp_path, "loops", 1, stop)
    with (tmp_path / "loops.jsonl").open("a") as file:
        file.write('{"genre": "flu')  # a line that was cut off
    composed: list[Row] = []
    rendered = dataset._render

    def count(row: Row) -> tuple[Row, dataset.Pictures]:
        composed.append(row)
        return rendered(row)

    monkeypatch.setattr(dataset, "_render", count)
    resumed = render(rows, tmp_path, "loops", 1, lambda message, done: None)
    assert composed == rows[len(rows) // 2 :]
    assert resumed.rows == whole.rows
    # A few notes of the sound font vary by a hair with those before them.
    gap = np.abs(resumed.pictures.astype(int) - whole.pictures.astype(int))
    assert gap.mean() < 0.5


@needs_libraries
def test_other_rows_are_rendered_anew(tmp_path: Path) -> None:
    for genre in ("flute", "saxophone"):
        found = render([Row(genre, 1, Style())], tmp_path, "loops", 1, lambda message, done: None)
        assert [row.genre for row in found.rows] == [genre]
