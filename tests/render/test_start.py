"""Seed images' latents are kept, and give what they gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import MakeRequest
from PIL import Image
from torch import Tensor

from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine


@pytest.fixture
def fresh(tiny_folder: Path) -> StableDiffusion:
    """An engine that has encoded nothing yet."""
    return open_engine("tiny", tiny_folder, device="cpu", threads=1)


@pytest.fixture
def encoded(fresh: StableDiffusion, monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What its encoder was given, so far."""
    images: list[Tensor] = []
    encode = fresh._parts.vae.encode

    def count(image: Tensor, *more: Any) -> Any:
        images.append(image)
        return encode(image, *more)

    monkeypatch.setattr(fresh._parts.vae, "encode", count)
    return images


def noisy(path: Path, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 256), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_an_image_is_encoded_once_and_drawn_for_each_seed(
    fresh: StableDiffusion,
    engine: StableDiffusion,
    encoded: list[Tensor],
    make_request: MakeRequest,
    tmp_path: Path,
) -> None:
    path, mask = noisy(tmp_path / "seed.png", 1), noisy(tmp_path / "mask.png", 2)
    pictures = []
    for seed in (1, 2, 1):
        request = make_request(
            seed_image=str(path), mask=str(mask), strength=0.5, seeds=((seed, 1.0),)
        )
        request = fresh.settle(request)
        pictures.append(fresh.picture(request, Stopwatch()))
        assert torch.equal(pictures[-1], engine.picture(request, Stopwatch()))
    assert len(encoded) == 1
    assert torch.equal(pictures[0], pictures[2]) and not torch.equal(pictures[0], pictures[1])
    longer = make_request(seed_image=str(path), beats=8)
    fresh.picture(fresh.settle(longer), Stopwatch())
    noisy(path, 3)  # another image under the old name
    fresh.picture(fresh.settle(make_request(seed_image=str(path))), Stopwatch())
    assert len(encoded) == 3


def test_another_precision_encodes_anew(
    fresh: StableDiffusion, encoded: list[Tensor], make_request: MakeRequest, tmp_path: Path
) -> None:
    request = fresh.settle(make_request(seed_image=str(noisy(tmp_path / "seed.png", 1))))
    vae = fresh._parts.vae
    with torch.inference_mode():
        single = fresh._latents._starts.of(request, (8, 32)).latents
        vae.to(torch.float64)
        double = fresh._latents._starts.of(request, (8, 32)).latents
        vae.to(torch.float32)
        assert torch.equal(fresh._latents._starts.of(request, (8, 32)).latents, single)
    assert [image.dtype for image in encoded] == [torch.float32, torch.float64]
    assert not torch.equal(single, double)
