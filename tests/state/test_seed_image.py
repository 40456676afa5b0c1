"""The seed image is chosen by name, live, and comes back by undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from livediffusion.state.effects import Effect, FindImage
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.renewal import renew
from livediffusion.state.values import interpret

PROMPT = '[[prompt]]\ntext = "house"\n'
OSC = "osc 127.0.0.1:9000"


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    for name in ("own.png", "mask.png", "other.png"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path / "set.toml"


def playing(
    patch: Path, top: str = 'seed.image = "own.png"\nseed.mask = "mask.png"\n'
) -> Performance:
    return Performance(parse_patch(top + PROMPT, patch), "pocket")


def send(to: Performance, address: str, *values: object, time: float) -> list[Effect]:
    return [e for c in interpret(address, values, 1) for e in to.apply(c, time, OSC, time)]


def used(performance: Performance) -> tuple[str, str, object]:
    request = performance.outlook.request_at(100.0)
    (name,) = performance.at_address("/ld/seed/image")
    return Path(request.seed_image).name, Path(request.mask).name, name


def test_a_name_that_is_not_known_is_looked_for_and_the_patch_s_own_comes_back(patch: Path) -> None:
    set_ = playing(patch)
    assert used(set_) == ("own.png", "mask.png", "own")
    assert send(set_, "/ld/seed/image", "loop", time=1.0) == [FindImage("loop")]
    assert used(set_) == ("own.png", "mask.png", "own"), "until it is found"
    set_.use_image("loop", "/data/loop.png")
    assert used(set_) == ("loop.png", "", "loop"), "a mask is for its own image"
    assert send(set_, "/ld/seed/image", "", time=4.0) == []
    assert used(set_) == ("", "", "")
    send(set_, "/ld/undo", time=8.0)
    assert used(set_) == ("loop.png", "", "loop")
    send(set_, "/ld/undo", time=12.0)
    assert used(set_) == ("own.png", "mask.png", "own")


def test_a_file_that_is_saved_moves_it_only_where_its_own_was_edited(patch: Path) -> None:
    set_ = playing(patch)
    set_.use_image("loop", "/data/loop.png")
    top = 'tempo = 99\nseed.image = "own.png"\nseed.mask = "mask.png"\n'
    renew(set_, parse_patch(top + PROMPT, patch), "pocket", 8.0)
    assert used(set_) == ("loop.png", "", "loop")
    renew(set_, parse_patch('seed.image = "other.png"\n' + PROMPT, patch), "pocket", 8.0)
    assert used(set_) == ("other.png", "", "other")


def test_another_patch_begins_with_its_own(patch: Path) -> None:
    set_ = playing(patch)
    set_.use_image("loop", "/data/loop.png")
    set_.load(parse_patch(PROMPT, patch), "pocket", 8.0)
    assert used(set_) == ("", "", "") and set(set_.images) == {""}
