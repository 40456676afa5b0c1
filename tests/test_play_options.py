"""What the options of `play` become."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from livediffusion import cli, stage
from livediffusion.config import Config, overridden


@pytest.mark.parametrize(
    ("options", "serves", "device"),
    [
        ([], True, ""),
        (["--no-web"], False, ""),
        (["--output", "set.wav", "--no-web"], False, "set.wav"),
    ],
)
def test_options_come_before_the_config(
    monkeypatch: pytest.MonkeyPatch, options: list[str], serves: bool, device: str
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(stage, "play", lambda patch, **given: asked.update(given))
    result = CliRunner().invoke(cli.app, ["play", *options])
    assert result.exit_code == 0, result.output
    config = overridden(Config(), asked["overrides"])
    assert (config.web.serve, config.audio.device) == (serves, device)
