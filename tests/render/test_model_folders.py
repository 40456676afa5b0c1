"""Model folders: old ones load, broken ones are refused in one sentence."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny_model
import torch
from conftest import MakeRequest

from livediffusion.errors import UserError
from livediffusion.render.engines import canvas, digest
from livediffusion.render.engines.folder import open_folder
from livediffusion.render.engines.hub import locate
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.offline import open_engine, render_loop
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """A folder of one's own to break."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


def test_riffusions_old_files_give_the_same_bits(
    tiny_folder: Path, tmp_path: Path, engine: StableDiffusion, make_request: MakeRequest
) -> None:
    legacy = tiny_model.write_legacy(tiny_folder, tmp_path / "legacy")
    assert not list(legacy.rglob("*.safetensors"))
    old = open_engine("tiny", legacy, device="cpu", threads=1)
    request = make_request(guidance=2.0)
    assert np.array_equal(render_loop(old, request).audio, render_loop(engine, request).audio)


def test_without_spectrogram_json_riffusions_values_hold(copy: Path) -> None:
    (copy / "spectrogram.json").unlink()
    engine = open_engine("tiny", copy, device="cpu")
    assert engine.params == RIFFUSION


class Evil:  # a pickle that runs code when it is read without care
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('code ran')",))


def evil_weights(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with (folder / "unet" / "diffusion_pytorch_model.bin").open("wb") as file:
        pickle.dump(Evil(), file)


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no index": (lambda f: (f / "model_index.json").unlink(), "no diffusers pipeline"),
    "index no JSON": (lambda f: (f / "model_index.json").write_text("{"), "no Stable Diffusion"),
    "no weights": (
        lambda f: (f / "unet" / "diffusion_pytorch_model.safetensors").unlink(),
        "is incomplete: .*unet",
    ),
    "no config": (lambda f: (f / "vae" / "config.json").unlink(), "is incomplete: .*vae"),
    "no tokenizer": (lambda f: shutil.rmtree(f / "tokenizer"), "is incomplete: .*vocab.json"),
    "garbage weights": (
        lambda f: (f / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"x" * 99),
        "does not load",
    ),
    "truncated weights": (
        lambda f: (f / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(
            (f / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()[:5000]
        ),
        "does not load",
    ),
    "code in a pickle": (evil_weights, "does not load"),
    "a pipeline of its own": (
        lambda f: edit(f / "model_index.json", _class_name=["pipeline.py", "Mine"]),
        "code of its own",
    ),
    "a component of its own": (
        lambda f: edit(f / "model_index.json", unet=["mine", "UNet2DConditionModel"]),
        "code of its own",
    ),
    "another kind of model": (
        lambda f: edit(f / "model_index.json", unet=["diffusers", "SD3Transformer2DModel"]),
        "Stable Diffusion 1.x",
    ),
    "an unknown scheduler": (
        lambda f: edit(f / "model_index.json", scheduler=["diffusers", "os"]),
        "asks for a scheduler",
    ),
    "spectrogram.json broken": (lambda f: (f / "spectrogram.json").write_text("{"), "valid JSON"),
    "spectrogram.json of another model": (
        lambda f: edit(f / "spectrogram.json", patch=[32, 16]),
        "the autoencoder takes 3 channels",
    ),
    "bands that do not divide": (lambda f: edit(f / "spectrogram.json", bands=60), "divide"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_folder_is_one_sentence(copy: Path, case: str) -> None:
    breaking, words = BROKEN[case]
    breaking(copy)
    with pytest.raises(UserError, match=words) as caught:
        open_engine("mine", copy, device="cpu")
    assert "\n" not in str(caught.value)
    assert "mine" in str(caught.value) or "spectrogram.json" in str(caught.value)


def test_weights_that_lack_tensors_are_refused(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = copy / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    tensors.pop("conv_in.weight")
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(UserError, match="lack 1 tensors"):
        open_engine("mine", copy, device="cpu")


def test_places_where_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="no folder /nowhere/at/all"):
        locate("x", "/nowhere/at/all")
    with pytest.raises(UserError, match="models pull riffusion"):
        locate("riffusion", "riffusion/riffusion-model-v1")
    with pytest.raises(UserError, match="no model 'x'; choose one of mine, pocket"):
        open_engine("x", models={"mine": "/m"})


def test_a_model_in_the_hubs_cache_needs_no_network(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    cache = tmp_path / "hub"
    repository = cache / "models--someone--tiny"
    shutil.copytree(tiny_folder, repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    assert locate("t", "someone/tiny").path == repository / "snapshots" / "abc"


def test_the_hash_follows_content_and_not_place(copy: Path, engine: StableDiffusion) -> None:
    assert digest.model_hash(open_folder("t", copy)) == engine.hash
    edit(copy / "scheduler" / "scheduler_config.json", beta_end=0.013)
    assert digest.model_hash(open_folder("t", copy)) != engine.hash


def test_large_files_are_hashed_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_REMEMBERED_BYTES", 0)
    first = digest.model_hash(open_folder("t", copy))
    monkeypatch.setattr(digest, "file_hash", lambda path: pytest.fail(f"read {path} again"))
    assert digest.model_hash(open_folder("t", copy)) == first


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("patch", [(1, 1), (32, 16)])
def test_what_goes_into_the_autoencoder_comes_back(channels: int, patch: tuple[int, int]) -> None:
    params = SpectrogramParams(channels=channels, patch=patch, bands=64)
    picture = torch.rand(channels, 64, 128)
    eaten = 3 if patch == (1, 1) else channels * 32 * 16
    pixels = canvas.to_autoencoder(picture, params, eaten)
    assert pixels.shape == (1, eaten, 64 // patch[0], 128 // patch[1])
    torch.testing.assert_close(canvas.from_autoencoder(pixels, params), picture)


def test_patches_fold_as_the_pocket_model_was_trained() -> None:
    picture = torch.arange(2 * 4 * 6).reshape(2, 4, 6).float()
    folded = canvas.fold(picture, (2, 3))
    # "c (h ph) (w pw) -> (c ph pw) h w": channel of row 1, column 2 of a patch, c = 1
    assert folded.shape == (12, 2, 2)
    assert folded[6 + 1 * 3 + 2, 1, 0] == picture[1, 1 * 2 + 1, 0 * 3 + 2]
