"""A model written as ONNX plays as the one that it came from, and broken ones are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import MakeRequest
from PIL import Image

from livediffusion.errors import UserError
from livediffusion.render.engines.components import load_components
from livediffusion.render.engines.compute import choose_compute
from livediffusion.render.engines.folder import open_folder
from livediffusion.render.engines.onnx_export import TOLERANCE, Exported, export
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.spectrogram.params import SpectrogramParams

pytestmark = pytest.mark.long  # torch's exporter takes its time; in short: test_onnx_parts.py

_PARTS = ["text_encoder", "unet", "vae_decoder", "vae_encoder"]


def write(source: Path, target: Path) -> list[Exported]:
    folder = open_folder("tiny", source)
    parts = load_components(folder, choose_compute("cpu", "float32", 1, print))
    return export(folder, parts, SpectrogramParams.load(source), target)


@pytest.fixture(scope="module")
def exported(
    tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Exported]]:
    folder = tmp_path_factory.mktemp("onnx") / "tiny"
    return folder, write(tiny_folder, folder)


@pytest.fixture(scope="module")
def onnx(exported: tuple[Path, list[Exported]]) -> StableDiffusion:
    return open_engine("tiny", exported[0], device="cpu", threads=1)


def test_every_network_is_written_and_near_torch(exported: tuple[Path, list[Exported]]) -> None:
    folder, done = exported
    assert [one.part for one in done] == _PARTS
    for one in done:
        assert one.error <= TOLERANCE and one.opset >= 18
        assert one.bytes == one.file.stat().st_size > 1000
    assert not list(folder.rglob("*.safetensors")) and not list(folder.glob(".export*"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"beats": 8, "guidance": 3.0, "prompts": (("techno", 0.3), ("am bi", 0.7))},
        {"prompts": (("techno " * 60, 1.0),), "sampler": "euler"},
        {"prompts": (("techno " * 60, 1.0),), "negative": "x", "guidance": 2.0},
    ],
)
def test_its_pictures_are_the_same(
    changes: dict[str, object],
    onnx: StableDiffusion,
    engine: StableDiffusion,
    make_request: MakeRequest,
) -> None:
    request = make_request(**changes)
    ours = onnx.picture(onnx.settle(request), Stopwatch())
    torchs = engine.picture(engine.settle(request), Stopwatch())
    assert float((ours - torchs).abs().max() / torchs.abs().max()) <= 1e-4
    assert float(torchs.std()) > 1e-3


def test_a_seed_image_goes_through_its_encoder(
    tmp_path: Path, onnx: StableDiffusion, engine: StableDiffusion, make_request: MakeRequest
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 256), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "seed.png")
    request = make_request(seed_image=str(tmp_path / "seed.png"), strength=0.5)
    ours = onnx.picture(onnx.settle(request), Stopwatch())
    assert torch.allclose(ours, engine.picture(engine.settle(request), Stopwatch()), atol=1e-4)


def test_the_engines_name_says_what_runs_it(onnx: StableDiffusion, engine: StableDiffusion) -> None:
    assert "onnxruntime-" in onnx.engine_id and "onnx" not in engine.engine_id
    assert onnx.hash != engine.hash


def test_there_is_nothing_to_hasten_or_to_shrink_that_breaks_it(
    exported: tuple[Path, list[Exported]], make_request: MakeRequest
) -> None:
    engine = open_engine("tiny", exported[0], device="cpu", threads=1)
    request = engine.settle(make_request())
    before = engine.picture(request, Stopwatch())
    engine.hasten()
    while engine.shrink() is not None:
        pass
    assert torch.equal(engine.picture(request, Stopwatch()), before)


@pytest.mark.parametrize("part", ["text_encoder", "unet", "vae_decoder"])
def test_broken_and_missing_networks_are_one_sentence(
    part: str, exported: tuple[Path, list[Exported]], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(exported[0], tmp_path / "copy"))
    file = copy / part / "model.onnx"
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"'mine' .*does not load") as caught:
        open_engine("mine", copy, device="cpu")
    assert "\n" not in str(caught.value)
    file.unlink()
    with pytest.raises(UserError, match="is incomplete"):
        open_engine("mine", copy, device="cpu")


def test_without_an_encoder_it_plays_but_takes_no_image(
    exported: tuple[Path, list[Exported]], tmp_path: Path, make_request: MakeRequest
) -> None:
    copy = Path(shutil.copytree(exported[0], tmp_path / "copy"))
    shutil.rmtree(copy / "vae_encoder")
    Image.new("L", (256, 64)).save(tmp_path / "seed.png")
    engine = open_engine("tiny", copy, device="cpu", threads=1)
    engine.picture(engine.settle(make_request()), Stopwatch())
    request = make_request(seed_image=str(tmp_path / "seed.png"))
    with pytest.raises(UserError, match="no encoder"):
        engine.picture(engine.settle(request), Stopwatch())


def test_a_folder_is_not_written_over_itself(tiny_folder: Path) -> None:
    with pytest.raises(UserError, match="choose another"):
        write(tiny_folder, tiny_folder)
