"""The engine against a plain reference of Riffusion's inference, on an old-format checkpoint.

Networks are random, so pictures mean nothing; they depend on every number all the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import riffusion_reference
import tiny_model
import torch
from PIL import Image
from torch import Tensor

from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.riffusion import End, Inference, beats_of, request_of

LONG = "slow church organ over a dusty breakbeat, " * 4  # each letter is a token here: over 100
WITHIN = 1.0 / 255.0
RIFFUSIONS_OWN = os.environ.get("LIVEDIFFUSION_SEED_IMAGES", "")


@pytest.fixture(scope="module")
def old_folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model in the layout of the public checkpoint."""
    return tiny_model.write_legacy(tiny_folder, tmp_path_factory.mktemp("old") / "tiny")


@pytest.fixture(scope="module")
def old_engine(old_folder: Path) -> StableDiffusion:
    return open_engine("tiny", old_folder, device="cpu", threads=1)


@pytest.fixture(scope="module")
def reference(old_folder: Path) -> riffusion_reference.Checkpoint:
    return riffusion_reference.load(old_folder)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a seed image and masks of our own, 64 bands and 4 beats each."""
    folder = tmp_path_factory.mktemp("images")
    seed_image((64, 256)).save(folder / "seed.png")
    white = np.zeros((64, 256), np.uint8)
    white[:, 130:] = 255  # an edge within a latent
    Image.fromarray(white).save(folder / "edge.png")
    slope = np.tile(np.linspace(0, 255, 256).astype(np.uint8), (64, 1))
    Image.fromarray(slope).convert("P").save(folder / "slope.png")
    return folder


def seed_image(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Beats and partials on noise, as grey RGB."""
    columns = size[1]
    pixels = np.random.default_rng(seed).normal(200.0, 20.0, size)
    pixels[:, :: columns // 8] -= 120.0
    pixels[:: 7 + seed] -= 60.0
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert("RGB")


def ends(**changes: Any) -> dict[str, Any]:
    """The two ends of Riffusion's request as its app sends them."""
    start = {"prompt": "techno", "seed": 42, "denoising": 0.75, "guidance": 7.0}
    end = {"prompt": "warm bells", "seed": 123, "denoising": 0.6, "guidance": 5.0}
    return {"start": {**start, **changes}, "end": {**end, **changes}}


def both(
    engine: StableDiffusion,
    reference: riffusion_reference.Checkpoint,
    asked: dict[str, Any],
    seed: Path,
    mask: Path | None,
) -> tuple[Tensor, Tensor]:
    """The engine's image and the reference's, (bands, columns) in 0..1."""
    inference = Inference(End(**asked["start"]), End(**asked["end"]), asked["alpha"])
    inference = Inference(
        inference.start, inference.end, inference.alpha, asked.get("num_inference_steps", 50)
    )
    with Image.open(seed) as picture:
        beats = beats_of(picture.width)
        opened = None if mask is None else Image.open(mask)
        expected = riffusion_reference.infer(reference, asked, picture, opened)
    request = request_of(
        inference, seed_image=str(seed), mask=str(mask or ""), model=engine.name, beats=beats
    )
    made = engine.picture(engine.settle(request), Stopwatch())
    return 1.0 - made[0], expected[0]


def assert_same(made: Tensor, expected: Tensor) -> None:
    assert float(expected.std()) > 0.005, "a flat image would prove nothing"
    assert float((made - expected).abs().max()) <= WITHIN


@pytest.mark.parametrize("alpha", [0.0, 0.37, 1.0])
@pytest.mark.parametrize("mask", [None, "edge.png"])
@pytest.mark.parametrize("guidance", [1.0, 7.0])
def test_the_image_is_riffusions(
    old_engine: StableDiffusion,
    reference: riffusion_reference.Checkpoint,
    images: Path,
    alpha: float,
    mask: str | None,
    guidance: float,
) -> None:
    asked = {**ends(guidance=guidance), "alpha": alpha, "num_inference_steps": 8}
    masked = images / mask if mask else None
    assert_same(*both(old_engine, reference, asked, images / "seed.png", masked))


@pytest.mark.parametrize("case", ["as the app sends it", "half-white mask", "every step"])
def test_other_requests_of_riffusions_app(
    old_engine: StableDiffusion,
    reference: riffusion_reference.Checkpoint,
    images: Path,
    case: str,
) -> None:
    steps = 50 if case == "as the app sends it" else 8
    asked = {**ends(), "alpha": 0.25, "num_inference_steps": steps}
    if case == "every step":
        asked = {**asked, **ends(denoising=1.0)}
    mask = images / "slope.png" if case == "half-white mask" else None
    assert_same(*both(old_engine, reference, asked, images / "seed.png", mask))


WEIGHED = ("(techno:4) at [night]", "(church) (bells:0.1)", LONG[:90] + "(dust:5)")


@pytest.fixture(scope="module")
def leaning(old_folder: Path) -> tuple[StableDiffusion, riffusion_reference.Checkpoint]:
    """Both with a text encoder whose embeddings have a mean, as a trained one's have.

    A random one's is rounding, which nothing can be brought back to.
    """
    engine = open_engine("tiny", old_folder, device="cpu", threads=1)
    reference = riffusion_reference.load(old_folder)
    for encoder in (engine._parts.text_encoder, reference.text_encoder):
        norm = next(
            part for name, part in encoder.named_modules() if name.endswith("final_layer_norm")
        )
        drawn = torch.Generator().manual_seed(4)
        with torch.no_grad():
            norm.bias += 0.3 + 0.5 * torch.randn(norm.bias.shape, generator=drawn)
    return engine, reference


@pytest.mark.parametrize("prompt", WEIGHED)
def test_prompts_whose_words_are_weighed(
    leaning: tuple[StableDiffusion, riffusion_reference.Checkpoint], images: Path, prompt: str
) -> None:
    asked = {**ends(), "alpha": 0.37, "num_inference_steps": 4}
    asked["start"]["prompt"] = prompt
    made, expected = both(*leaning, asked, images / "seed.png", None)
    assert_same(made, expected)
    asked["start"]["prompt"] = prompt.translate(str.maketrans("", "", "()[]:.0123456789"))
    plain = both(*leaning, asked, images / "seed.png", None)[0]
    assert float((plain - made).abs().max()) > WITHIN, "the weights count"


@pytest.mark.parametrize("end", [LONG, "short"])
def test_prompts_of_more_than_100_tokens(
    old_engine: StableDiffusion,
    reference: riffusion_reference.Checkpoint,
    images: Path,
    end: str,
) -> None:
    tokens = reference.tokenizer(LONG, add_special_tokens=False).input_ids
    assert 100 < len(tokens) < 225
    asked = {**ends(), "alpha": 0.37, "num_inference_steps": 4}
    asked["start"]["prompt"], asked["end"]["prompt"] = LONG, end
    made, expected = both(old_engine, reference, asked, images / "seed.png", None)
    assert_same(made, expected)
    asked["start"]["prompt"] = LONG[:90]
    other = both(old_engine, reference, asked, images / "seed.png", None)[0]
    assert float((other - made).abs().max()) > WITHIN, "what comes after 75 tokens counts"


def test_later_safetensors_of_an_old_folder_give_the_same_bits(
    tiny_folder: Path, tmp_path: Path, old_engine: StableDiffusion, images: Path
) -> None:
    folder = tiny_model.write_legacy(tiny_folder, tmp_path / "safe", safetensors=True)
    assert not list(folder.rglob("*.bin"))
    engine = open_engine("tiny", folder, device="cpu", threads=1)
    ends_of = End("techno", 1), End("bells", 2)
    inference = Inference(*ends_of, 0.5, num_inference_steps=4)
    request = request_of(inference, seed_image=str(images / "seed.png"), model="tiny", beats=4)
    made, same = (each.picture(each.settle(request), Stopwatch()) for each in (engine, old_engine))
    assert torch.equal(made, same)


@pytest.fixture(scope="module")
def full_size(
    tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[StableDiffusion, riffusion_reference.Checkpoint]:
    """The same without a spectrogram.json, as the public checkpoint: 512 x 512 images."""
    folder = tiny_model.write_legacy(tiny_folder, tmp_path_factory.mktemp("full") / "tiny")
    (folder / "spectrogram.json").unlink()
    engine = open_engine("tiny", folder, device="cpu", threads=1)
    return engine, riffusion_reference.load(folder)


def seed_images() -> list[str]:
    """Riffusion's own where they lie on this machine, none elsewhere."""
    found = Path(RIFFUSIONS_OWN).glob("*.png") if RIFFUSIONS_OWN else ()
    return sorted(str(file) for file in found if not file.name.startswith("mask_"))


def masks() -> list[str | None]:
    found = Path(RIFFUSIONS_OWN).glob("mask_*.png") if RIFFUSIONS_OWN else ()
    return [None, *sorted(str(file) for file in found)]


def test_a_whole_picture(
    full_size: tuple[StableDiffusion, riffusion_reference.Checkpoint], tmp_path: Path
) -> None:
    seed_image((512, 512)).save(tmp_path / "own.png")
    asked = {**ends(), "alpha": 0.37, "num_inference_steps": 2}
    assert_same(*both(*full_size, asked, tmp_path / "own.png", None))


@pytest.mark.long
@pytest.mark.skipif(not seed_images(), reason="LIVEDIFFUSION_SEED_IMAGES names no seed images")
@pytest.mark.parametrize("seed", seed_images())
@pytest.mark.parametrize("mask", masks())
def test_riffusions_own_seed_images(
    full_size: tuple[StableDiffusion, riffusion_reference.Checkpoint], seed: str, mask: str | None
) -> None:
    steps = 50 if mask is None else 10
    asked = {**ends(), "alpha": 0.37, "num_inference_steps": steps}
    assert_same(*both(*full_size, asked, Path(seed), Path(mask) if mask else None))
