"""`check` and `render` say which words of the prompts the model never learned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livediffusion.cli import app
from livediffusion.errors import UserError

GQOM = 'The model has never heard of "gqom"; closest: house.'


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config with a model that has words but nothing that could be loaded."""
    model = tmp_path / "model"
    model.mkdir()
    words = {"names": {"techno": "techno"}, "words": {}, "related": {"gqom": "house"}}
    (model / "vocabulary.json").write_text(json.dumps(words), encoding="utf-8")
    path = tmp_path / "config.toml"
    path.write_text(f"[models]\nwordy = {json.dumps(str(model))}\n", encoding="utf-8")
    return path


def patch(folder: Path, model: str) -> Path:
    path = folder / "set.toml"
    prompts = '[[prompt]]\ntext = "techno"\n[[prompt]]\ntext = "gqom"\n'
    path.write_text(f'model = "{model}"\n{prompts}', encoding="utf-8")
    return path


def test_check_remarks_on_a_patch_that_is_well(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = patch(tmp_path, "wordy")
    run("check", path, "--config", config)
    assert capsys.readouterr().out == f"{path}: well\n  {GQOM}\n"
    path = patch(tmp_path, "unknown")
    run("check", path, "--config", config)
    assert capsys.readouterr().out == f"{path}: well\n"


def test_render_remarks_on_stderr(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("-o", tmp_path / "a.wav", "--config", config)
    for words in (("gqom", "--model", "wordy"), ("--patch", patch(tmp_path, "wordy"))):
        with pytest.raises(UserError):
            run("render", *words, *wanted)
        assert capsys.readouterr().err == GQOM + "\n"
    with pytest.raises(UserError):
        run("render", "techno", "--model", "wordy", *wanted)
    assert capsys.readouterr().err == ""
