"""Where LoRAs, embeddings and decoders lie: here, pulled by name, or nowhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console
from safetensors.torch import save_file

from livediffusion import stage
from livediffusion.catalogue import addons, pull
from livediffusion.config import Config, parse_config
from livediffusion.errors import UserError
from livediffusion.render.engines import fetch
from livediffusion.render.engines.hub import find_addon, hub_file, locate_addon
from livediffusion.render.settings import pulled_folder

FEW = "someone/many/few-8steps.safetensors"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing in it, to work in."""
    for name in ("XDG_DATA_HOME", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"a": torch.ones(1)}, path)
    return path


def test_a_file_a_folder_and_a_name_on_the_hub(home: Path) -> None:
    file = write(home / "one.safetensors")
    assert find_addon("loras", str(file)) == file
    usual = write(home / "two" / "pytorch_lora_weights.safetensors")
    write(home / "two" / "other.safetensors")
    assert find_addon("loras", str(home / "two")) == usual
    only = write(home / "three" / "any.safetensors")
    assert find_addon("embeddings", str(home / "three")) == only
    write(home / "four" / "a.safetensors")
    write(home / "four" / "b.safetensors")
    assert find_addon("loras", str(home / "four")) is None, "which of them?"
    with pytest.raises(UserError, match="or several; name one of them"):
        locate_addon("loras", "a", {"a": str(home / "four")})
    pulled = write(pulled_folder("someone/lora") / "x.safetensors")
    assert find_addon("loras", "someone/lora") == pulled
    assert hub_file(FEW) == ("someone/many", "few-8steps.safetensors")
    assert find_addon("loras", FEW) is None
    few = write(pulled_folder(FEW) / "few-8steps.safetensors")
    assert find_addon("loras", FEW) == few
    assert find_addon("decoders", str(file)) is None


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (FEW, "models pull a` fetches it"),
        ("someone/lora", "models pull a` fetches it"),
        ("/nowhere/a.safetensors", "no file of weights at /nowhere/a.safetensors"),
    ],
)
def test_what_is_not_here_is_said(source: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        locate_addon("loras", "a", {"a": source})


def test_they_are_listed(home: Path) -> None:
    write(home / "a.safetensors")
    config = parse_config(
        f'[loras]\na = "{home}/a.safetensors"\nb = "someone/b"\nc = "/nowhere"\n'
        f'[embeddings]\n"<w>" = "{home}/a.safetensors"\n'
    )
    found = {one.name: one for one in addons(config)}
    assert {name: (one.kind, one.place, bool(one.wrong)) for name, one in found.items()} == {
        "a": ("lora", "here", False),
        "b": ("lora", "not here", False),
        "c": ("lora", "not here", True),
        "<w>": ("embedding", "here", False),
        "taesd": ("decoder", "not here", False),
    }
    assert found["a"].bytes > 0


def test_pull_knows_them_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetched(name: str, source: str, _: object) -> Path:
        asked.append(source)
        return home / name

    monkeypatch.setattr(fetch, "pull", fetched)
    config = parse_config(f'[loras]\nfew = "{FEW}"\nhere = "{write(home / "a.safetensors")}"\n')
    assert pull("few", config, lambda *_: None) == f"few is in {home / 'few'}."
    pull("taesd", Config(), lambda *_: None)
    assert asked == [FEW, "madebyollin/taesd"]
    assert "a.safetensors" in pull("here", config, lambda *_: None)
    with pytest.raises(UserError, match='Did you mean "few"'):
        pull("fwe", config, lambda *_: None)


def test_check_says_what_a_patch_cannot_wear(home: Path) -> None:
    config, patch = home / "config.toml", home / "set.toml"
    lora = '[[lora]]\nname = "a"\n[[lora]]\nname = "b"\n'
    patch.write_text(f'decoder = "taesd"\n[[prompt]]\ntext = "house"\n{lora}')
    config.write_text(f'[loras]\na = "{write(home / "a.safetensors")}"\n')
    console = Console(file=io.StringIO())
    with pytest.raises(UserError) as caught:
        stage.check([patch], config, console)
    lines = str(caught.value).splitlines()
    assert [line.startswith(f"{patch}: ") for line in lines] == [True, True]
    assert "There is no LoRA 'b'; choose one of a" in lines[0]
    assert "models pull taesd" in lines[1]
    stage.check([config], None, console)
    config.write_text('[loras]\na = "/nowhere"\n[render]\ndecoder = "small"\n')
    with pytest.raises(UserError) as caught:
        stage.check([config], None, console)
    assert ["/nowhere" in str(caught.value), "decoder 'small'" in str(caught.value).lower()] == [
        True, True
    ]  # fmt: skip
