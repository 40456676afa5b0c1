"""The patch file on a real disk: read when it is saved, written into, never lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from livediffusion.control.patchwatch import Broken, Edited, News, PatchWatch, SceneLost, SceneSaved
from livediffusion.state.patch import load_patch

PATCH = 'tempo = 120  # slow\n[[prompt]]\ntext = "house"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "set.toml"
    found.write_text(PATCH, encoding="utf-8")
    return found


@pytest.fixture
def watch(path: Path) -> Iterator[PatchWatch]:
    made = PatchWatch(interval=0.02)
    made.watch(load_patch(path))
    yield made
    made.close()


def news(watch: PatchWatch, wait_s: float = 10.0) -> list[News]:
    """What happens next; empty if nothing does."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if found := watch.poll():
            return found
        time.sleep(0.005)
    return []


def test_a_file_that_is_saved_is_read(path: Path, watch: PatchWatch) -> None:
    path.write_text(PATCH.replace("120", "130"), encoding="utf-8")
    (edited,) = news(watch)
    assert isinstance(edited, Edited)
    assert edited.patch.tempo == 130.0


def test_an_editor_that_renames_is_heard_too(path: Path, watch: PatchWatch) -> None:
    stat = path.stat()
    beside = path.with_name("beside")
    beside.write_text(PATCH.replace("120", "130"), encoding="utf-8")
    os.utime(beside, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # not even a newer time
    beside.replace(path)
    (edited,) = news(watch)
    assert isinstance(edited, Edited)


def test_what_is_saved_unchanged_or_is_away_is_no_news(path: Path, watch: PatchWatch) -> None:
    path.write_text(PATCH, encoding="utf-8")
    assert news(watch, 0.2) == []
    path.unlink()
    assert news(watch, 0.2) == []
    path.write_text(PATCH.replace("120", "130"), encoding="utf-8")
    assert isinstance(news(watch)[0], Edited)


def test_a_broken_file_is_said_once_in_one_sentence_with_its_line(
    path: Path, watch: PatchWatch
) -> None:
    path.write_text(PATCH + "tempoo = 3\n[[prompt]]\n", encoding="utf-8")
    (broken,) = news(watch)
    assert isinstance(broken, Broken)
    assert broken.sentence.startswith('set.toml, line 4: There is no key "tempoo"')
    assert "and 1 more: livediffusion check set.toml" in broken.sentence
    assert "\n" not in broken.sentence
    assert news(watch, 0.2) == []
    path.write_text(PATCH.replace("120", "130"), encoding="utf-8")
    assert isinstance(news(watch)[0], Edited)


def test_what_is_still_being_written_is_not_called_broken(path: Path) -> None:
    watch = PatchWatch(interval=0.1)
    watch.watch(load_patch(path))
    for half in ("tempo", "tempo = 13", "tempo = 130\n[[prompt"):
        path.write_text(half, encoding="utf-8")
        time.sleep(0.09)
    path.write_text(PATCH.replace("120", "130"), encoding="utf-8")
    assert [type(found) for found in news(watch)] == [Edited]
    watch.close()


def test_what_was_edited_before_it_was_watched_is_found(path: Path) -> None:
    patch = load_patch(path)
    path.write_text(PATCH.replace("120", "130"), encoding="utf-8")
    watch = PatchWatch(interval=0.02)
    watch.watch(patch)
    assert isinstance(news(watch)[0], Edited)
    watch.close()


def test_a_scene_is_written_and_not_news_twice(path: Path, watch: PatchWatch) -> None:
    watch.save_scene(path, "drop", {"blend": [0.5]}, [], "osc 1.2.3.4:5")
    (saved,) = news(watch)
    assert isinstance(saved, SceneSaved)
    assert [scene.name for scene in saved.patch.scenes] == ["drop"]
    assert path.read_text(encoding="utf-8").startswith(PATCH)
    assert news(watch, 0.2) == []


def test_into_a_broken_file_nothing_is_written(path: Path, watch: PatchWatch) -> None:
    broken = PATCH + "tempoo = 3\n"
    path.write_text(broken, encoding="utf-8")
    watch.save_scene(path, "drop", {"blend": [0.5]}, [], "osc 1.2.3.4:5")
    found = [one for one in news(watch) if isinstance(one, SceneLost)]
    while not found:
        found = [one for one in news(watch) if isinstance(one, SceneLost)]
    assert found[0].source == "osc 1.2.3.4:5"
    assert "mend first" in found[0].sentence
    assert "\n" not in found[0].sentence
    assert path.read_text(encoding="utf-8") == broken


def test_what_was_asked_for_is_written_before_the_end(path: Path) -> None:
    watch = PatchWatch()
    for number in range(5):
        watch.save_scene(path, f"scene {number}", {"blend": [0.5]}, [], "osc")
    watch.close()
    assert len(load_patch(path).scenes) == 5
