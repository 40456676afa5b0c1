"""LCM's and Hyper-SD's way to few steps: a LoRA, its sampler and no guidance, as diffusers does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import lora_files
import pytest
import torch
from conftest import MakeRequest
from diffusers import StableDiffusionPipeline

from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.settings import Addons

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers")
WAYS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "lcm": ("LCMScheduler", {}, {}),
    "tcd": ("TCDScheduler", {}, {"eta": 0.3}),
    "ddim-trailing": (
        "DDIMScheduler", {"timestep_spacing": "trailing", "clip_sample": False}, {}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def few_steps(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """The engine with such a LoRA, and diffusers' pipeline with the same one fused by hand."""
    folder = tmp_path_factory.mktemp("few")
    made = lora_files.make(tiny_folder, {"unet": lora_files.UNET})
    path = lora_files.write_kohya(made, folder / "few.safetensors")
    addons = Addons(loras={"few": str(path)})
    engine = open_engine("tiny", tiny_folder, device="cpu", threads=1, addons=addons)
    fused = lora_files.fused(tiny_folder, made, 1.0, folder / "fused")
    pipeline: Any = StableDiffusionPipeline.from_pretrained(
        str(fused), safety_checker=None, feature_extractor=None, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return engine, pipeline


@pytest.mark.parametrize("sampler", WAYS)
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_few_steps_are_those_of_diffusers(
    sampler: str, steps: int, few_steps: tuple[Any, Any], make_request: MakeRequest
) -> None:
    engine, pipeline = few_steps
    kind, settings, more = WAYS[sampler]
    own = engine._parts.scheduler.config
    pipeline.scheduler = getattr(diffusers, kind).from_config(own, **settings)
    expected = pipeline(
        "techno",
        height=64,
        width=256,
        num_inference_steps=steps,
        guidance_scale=0.0,
        generator=torch.Generator().manual_seed(1),
        output_type="pt",
        **more,
    ).images[0, 0]
    request = make_request(
        loras=(("few", 1.0),), sampler=sampler, steps=steps, guidance=0.0, seam="open"
    )
    found = engine.picture(engine.settle(request), Stopwatch())[0]
    torch.testing.assert_close(found, 1.0 - expected, atol=1e-4, rtol=0.0)


def test_each_way_is_another(few_steps: tuple[Any, Any], make_request: MakeRequest) -> None:
    engine, _ = few_steps
    pictures = [
        engine.picture(engine.settle(make_request(sampler=name, steps=2)), Stopwatch())
        for name in (*WAYS, "ddim")
    ]
    for number, one in enumerate(pictures):
        assert all((one - other).abs().max() > 1e-3 for other in pictures[:number])
