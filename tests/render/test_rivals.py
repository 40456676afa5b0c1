"""The denoiser that was measured to be faster predicts, and only where that still holds."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import MakeRequest
from torch import Tensor

from livediffusion import catalogue
from livediffusion.config import Config, RenderConfig
from livediffusion.errors import UserError
from livediffusion.render.comparison import compare
from livediffusion.render.engines import onnx_export, rivals
from livediffusion.render.engines.components import load_components
from livediffusion.render.engines.compute import choose_compute
from livediffusion.render.engines.digest import model_hash
from livediffusion.render.engines.folder import ONNX_FILES, open_folder
from livediffusion.render.engines.rivals import Measured
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.settings import Addons
from livediffusion.spectrogram.params import SpectrogramParams

COMPUTE = choose_compute("cpu", "float32", 1, print)


@pytest.fixture
def exported(tiny_folder: Path, tmp_path: Path) -> Path:
    """A folder that looks like the tiny model's export, with garbage in the place of networks."""
    folder = tmp_path / "exported"
    shutil.copytree(tiny_folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    for file in ONNX_FILES.values():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(b"garbage")
    return folder


def remember(exported: Path, tiny_folder: Path, torch_ms: float, onnx_ms: float) -> str:
    digest = model_hash(open_folder("tiny", tiny_folder))
    found = Measured(str(exported), model_hash(open_folder("tiny", exported)), torch_ms, onnx_ms)
    rivals.remember(digest, COMPUTE, found)
    return digest


def test_what_was_measured_is_remembered_for_this_machine_alone(
    exported: Path, tiny_folder: Path
) -> None:
    assert not rivals.remember_any()
    digest = remember(exported, tiny_folder, 20.0, 10.0)
    assert rivals.remember_any()
    known = rivals.measured(digest, COMPUTE)
    assert known is not None and known.is_onnx_faster and known.torch_ms == 20.0
    assert rivals.measured("another", COMPUTE) is None
    assert rivals.measured(digest, dataclasses.replace(COMPUTE, threads=2)) is None
    cuda = dataclasses.replace(COMPUTE, device=torch.device("cuda"))
    assert rivals.measured(digest, cuda) is None


def test_a_folder_that_has_changed_or_gone_counts_no_more(
    exported: Path, tiny_folder: Path
) -> None:
    digest = remember(exported, tiny_folder, 20.0, 10.0)
    (exported / ONNX_FILES["unet"]).write_bytes(b"other garbage")
    assert rivals.measured(digest, COMPUTE) is None
    shutil.rmtree(exported)
    assert rivals.measured(digest, COMPUTE) is None


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', json.dumps({"x": {"y": {}}})])
def test_a_broken_memory_is_none(text: str) -> None:
    path = rivals._path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert rivals.measured("x", COMPUTE) is None


def test_the_faster_one_is_opened(exported: Path, tiny_folder: Path) -> None:
    def identity(**options: Any) -> str:
        return open_engine("tiny", tiny_folder, device="cpu", threads=1, **options).engine_id

    remember(exported, tiny_folder, 10.0, 20.0)
    plain = identity()
    assert "onnx" not in plain
    remember(exported, tiny_folder, 20.0, 10.0)
    with pytest.raises(UserError, match="does not load"):  # it is garbage, and was tried
        identity()
    assert identity(denoiser="torch") == plain
    for addons in (Addons(loras={"x": "nowhere"}), Addons(embeddings={"x": "nowhere"})):
        assert identity(addons=addons) == plain, "they need torch's weights"


def test_models_and_export_say_which_it_is(exported: Path, tiny_folder: Path) -> None:
    config = Config(models={"tiny": str(tiny_folder)}, render=RenderConfig(device="cpu", threads=1))

    def backend() -> str:
        return next(one for one in catalogue.models(config) if one.name == "tiny").backend

    assert backend() == "torch"
    remember(exported, tiny_folder, 10.0, 20.0)
    assert backend() == "torch"
    digest = remember(exported, tiny_folder, 20.0, 10.0)
    assert backend() == "torch with ONNX denoiser"
    known = rivals.measured(digest, COMPUTE)
    assert known is not None
    assert "20 ms with torch, 10 ms with" in catalogue._chosen("tiny", known)
    assert str(exported) in catalogue._chosen("tiny", known)
    slower = dataclasses.replace(known, onnx_ms=30.0)
    assert catalogue._chosen("tiny", slower).endswith("'tiny' plays with torch.")


def test_an_exported_seam_is_said_to_be_closed(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    class Exported:
        """An autoencoder that is no network of torch's."""

        config, dtype = engine._parts.vae.config, torch.float32

        def decode(self, latents: Tensor, return_dict: bool = False) -> Any:
            return engine._parts.vae.decode(latents, return_dict=return_dict)

    said: list[str] = []
    parts = dataclasses.replace(engine._parts, vae=Exported())
    other = StableDiffusion("tiny", parts, engine.params, engine.compute, said.append)
    closed = engine.picture(engine.settle(make_request()), Stopwatch())
    for _ in range(2):
        request = other.settle(make_request(seam="open"))
        assert torch.equal(other.picture(request, Stopwatch()), closed)
    assert len(said) == 1 and "seam closed" in said[0]


@pytest.mark.long  # torch's exporter takes its time
def test_an_exported_denoiser_plays_in_the_place_of_torchs(
    tiny_folder: Path, tmp_path: Path, make_request: MakeRequest, engine: StableDiffusion
) -> None:
    source, folder = open_folder("tiny", tiny_folder), tmp_path / "onnx"
    params = SpectrogramParams.load(tiny_folder)
    onnx_export.export(source, load_components(source, COMPUTE), params, folder)
    found = compare("tiny", folder, {"tiny": str(tiny_folder)}, threads=1)
    assert found.torch_ms > 0.0 and found.onnx_ms > 0.0
    assert rivals.measured(engine.hash, COMPUTE) == found
    rivals.remember(engine.hash, COMPUTE, dataclasses.replace(found, onnx_ms=0.0))
    chosen = open_engine("tiny", tiny_folder, device="cpu", threads=1)
    assert "denoiser-onnxruntime" in chosen.engine_id and chosen.hash == engine.hash
    for changes in ({}, {"seam": "open", "guidance": 3.0, "beats": 8}):
        request = engine.settle(make_request(**changes))
        ours = chosen.picture(request, Stopwatch())
        assert torch.allclose(ours, engine.picture(request, Stopwatch()), atol=1e-4)
    chosen.hasten()
    assert not chosen.take_over()
