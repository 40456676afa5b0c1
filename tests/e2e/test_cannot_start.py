"""What cannot be: one sentence on stderr, exit code 1, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from daemon import free_port

PROMPT = '[[prompt]]\ntext = "techno"\n'


def livediffusion(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "livediffusion", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=folder,
        check=False,
    )


def refuses(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    for word in words:
        assert word in result.stderr


def test_patches_that_are_not_there(tmp_path: Path) -> None:
    refuses(livediffusion("play", "defalt", folder=tmp_path), "defalt", "default")
    refuses(livediffusion("play", "nosuch.toml", folder=tmp_path), "nosuch.toml")


def test_every_mistake_of_a_patch_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('tempoo = 120\nbeats = 7\n[[prompt]]\nweight = "x"\n')
    refuses(
        livediffusion("play", "bad.toml", folder=tmp_path),
        "bad.toml:1", "tempo", "bad.toml:2", "bad.toml:4",
    )  # fmt: skip
    refuses(livediffusion("check", "bad.toml", folder=tmp_path), "bad.toml:1", "bad.toml:4")


def test_a_broken_config(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[osc]\nprot = 7770\n[audoi]\n")
    refuses(livediffusion("play", folder=tmp_path), "config.toml:2", "port", "audio")


def test_models_that_do_not_load(tmp_path: Path) -> None:
    (tmp_path / "set.toml").write_text(PROMPT)
    refuses(livediffusion("play", "set.toml", "--model", "nosuch", folder=tmp_path), "nosuch")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "model_index.json").write_text("{")
    config = f"[models]\nbroken = {json.dumps(str(broken))}\n[osc]\nport = {free_port()}\n"
    (tmp_path / "config.toml").write_text(config)
    options = ("--model", "broken", "--output", "null", "--seconds", "120")
    refuses(livediffusion("play", "set.toml", *options, folder=tmp_path), "broken")
    refuses(livediffusion("render", "x", "--model", "broken", folder=tmp_path), "broken")


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "set.toml").write_text(PROMPT)
    (tmp_path / "config.toml").write_text(f"[osc]\nport = {free_port()}\n")
    options = ("--output", "no such device", "--seconds", "60")
    refuses(livediffusion("play", "set.toml", *options, folder=tmp_path), "null")


@pytest.mark.parametrize(
    "arguments",
    [
        ("decode", "nosuch.png"),
        ("decode", "set.toml"),
        ("render",),
        ("render", "x", "-o", "loop.mp3"),
        ("render", "x", "-o", "nosuch/loop.wav"),
        ("render", "a", "b", "--weights", "1"),
        ("render", "a", "--weights", "loud"),
        ("render", "a", "--tempo", "1000"),
        ("nosuch",),
        ("play", "--nosuch"),
    ],
)
def test_command_lines_that_make_no_sense(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "set.toml").write_text(PROMPT)
    result = livediffusion(*arguments, folder=tmp_path)
    refuses(result)
    assert result.stderr.strip()
