"""Where the sound goes is asked for by name, and belongs to no patch, scene or undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from livediffusion.state.effects import UseOutput
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret

PATCH = parse_patch('[[prompt]]\ntext = "dub"\n', Path("set.toml"))


def ask(performance: Performance, *values: object) -> list[object]:
    (change,) = interpret("/ld/audio/device", values, 1)
    return list(performance.apply(change, 4.0, "osc 127.0.0.1:9000", 2.0))


@pytest.mark.parametrize("name", ["Scarlett 2i2", "1", "null", ""])
def test_a_device_is_asked_for_and_nothing_else_changes(name: str) -> None:
    performance = Performance(PATCH, "pocket")
    before, revision = performance.everything(4.0), performance.trajectory.revision
    assert ask(performance, name) == [UseOutput(name)]
    assert performance.everything(4.0) == before
    assert performance.trajectory.revision == revision, "nothing is rendered for it"
    with pytest.raises(Refused, match="nothing to undo"):
        performance.apply(interpret("/ld/undo", (), 1)[0], 4.0, "osc 127.0.0.1:9000", 3.0)


@pytest.mark.parametrize("values", [("/home/me/.ssh/x.wav",), ("set.FLAC",), (3,), ()])
def test_nobody_writes_files_from_afar(values: tuple[object, ...]) -> None:
    with pytest.raises(Refused):
        ask(Performance(PATCH, "pocket"), *values)
