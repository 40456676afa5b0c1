"""The engine on real diffusers components: prompts, seeds, guidance, images, repeatability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import MakeRequest
from PIL import Image
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines.components import load_components
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.hub import locate
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.engines.text import TextEncoder
from livediffusion.render.loop import Cancelled, Stopwatch
from livediffusion.render.offline import open_engine, render_loop
from livediffusion.render.request import RenderRequest


def picture(engine: StableDiffusion, request: RenderRequest) -> Tensor:
    return engine.picture(engine.settle(request), Stopwatch())


def difference(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm())


def test_a_picture_has_the_models_shape_and_range(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    made = picture(engine, make_request())
    assert made.shape == (1, 64, 256)
    assert made.dtype == torch.float32
    assert float(made.min()) >= 0.0
    assert float(made.max()) <= 1.0
    assert float(made.std()) > 0.01


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_equal_requests_give_equal_bits(
    engine: StableDiffusion, make_request: MakeRequest, guidance: float
) -> None:
    first = render_loop(engine, make_request(guidance=guidance))
    render_loop(engine, make_request(seeds=((9, 1.0),), sampler="euler"))
    assert np.array_equal(render_loop(engine, make_request(guidance=guidance)).audio, first.audio)


def test_a_blend_walks_in_small_steps(engine: StableDiffusion, make_request: MakeRequest) -> None:
    def at(weight: float) -> Tensor:
        prompts = (("techno beat", 1.0 - weight), ("calm ambient", weight))
        return picture(engine, make_request(prompts=tuple(p for p in prompts if p[1] > 0.0)))

    ends = difference(at(0.0), at(1.0))
    assert ends > 0.0
    assert difference(at(0.5), at(0.55)) < 0.3 * ends
    assert 0.0 < difference(at(0.0), at(0.05)) < 0.3 * ends


def test_a_morph_of_seeds_walks_in_small_steps(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    def at(morph: float) -> Tensor:
        return picture(engine, make_request(seeds=((1, 1.0 - morph), (2, morph))))

    ends = difference(
        picture(engine, make_request()), picture(engine, make_request(seeds=((2, 1.0),)))
    )
    assert difference(at(0.5), at(0.55)) < 0.3 * ends


def test_the_order_of_three_seeds_hardly_matters(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    one = picture(engine, make_request(seeds=((1, 0.5), (2, 0.3), (3, 0.2))))
    two = picture(engine, make_request(seeds=((3, 0.2), (1, 0.5), (2, 0.3))))
    torch.testing.assert_close(one, two, atol=1e-3, rtol=0.0)


def test_guidance_and_the_negative_prompt_are_heard(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    plain = picture(engine, make_request())
    guided = picture(engine, make_request(guidance=5.0))
    averse = picture(engine, make_request(guidance=5.0, negative="loud drums"))
    assert difference(plain, guided) > 0.0
    assert difference(guided, averse) > 0.0
    unguided = picture(engine, make_request(guidance=1.0, negative="loud drums"))
    assert torch.equal(plain, unguided)


def test_guidance_of_nearly_one_is_nearly_none(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    plain, guided = picture(engine, make_request()), picture(engine, make_request(guidance=1.001))
    torch.testing.assert_close(plain, guided, atol=1e-2, rtol=0.0)


def test_prompts_of_any_length_and_script(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    long = "musique industrielle sombre, nappes chaudes 🌊 " * 12
    long_one = picture(engine, make_request(prompts=((long, 0.5), ("x", 0.5)), guidance=2.0))
    longer = picture(engine, make_request(prompts=((long + "z", 0.5), ("x", 0.5)), guidance=2.0))
    assert difference(long_one, longer) > 0.0
    picture(engine, make_request(prompts=(("", 1.0),), negative=long, guidance=2.0))
    picture(engine, make_request(prompts=(("\ud800", 1.0),)))


def test_a_short_prompt_is_read_as_the_stock_tokenizer_reads_it(engine: StableDiffusion) -> None:
    parts: Any = engine._parts
    tokens = parts.tokenizer("techno bam", padding="max_length", return_tensors="pt").input_ids
    assert tokens.shape == (1, 77)
    assert len(set(tokens[0].tolist())) > 4
    with torch.inference_mode():
        expected = parts.text_encoder(tokens)[0]
        torch.testing.assert_close(engine._text.embed("techno bam"), expected)


def test_an_encoder_with_a_short_window_says_what_it_leaves_out(engine: StableDiffusion) -> None:
    parts: Any = engine._parts
    said: list[str] = []
    short = TextEncoder(parts.tokenizer, parts.text_encoder, said.append)
    short.window = 24
    with torch.inference_mode():
        first = short.embed("abcdefghijklmnopqrstuvwxyz")
        assert first.shape[1] == 24
        assert torch.equal(first, short.embed("abcdefghijklmnopqrstuvaaaa"))
        short.embed("abcdefghijklmnopqrstuvwxyz")
    assert len(said) == 2, "once for each text"
    assert "reads 22 tokens" in said[0]


def test_a_seed_image_is_the_start_and_strength_says_how_far_it_goes(
    engine: StableDiffusion, make_request: MakeRequest, tmp_path: Path
) -> None:
    path = tmp_path / "seed.png"
    pixels = np.random.default_rng(0).integers(0, 255, (64, 128, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    at = {
        strength: picture(
            engine,
            make_request(seed_image=str(path), strength=strength, steps=8, sampler="ddim"),
        )
        for strength in (0.0, 0.25, 1.0)
    }
    assert difference(at[0.0], at[0.25]) < difference(at[0.0], at[1.0])
    settled = engine.settle(make_request(seed_image=str(path)))
    pixels[0, 0] += 1
    Image.fromarray(pixels).save(path)
    assert engine.settle(make_request(seed_image=str(path))).cache_key() != settled.cache_key()
    with pytest.raises(UserError, match="changed since"):
        engine.settle(settled)


def test_a_mask_keeps_what_is_black(
    engine: StableDiffusion, make_request: MakeRequest, tmp_path: Path
) -> None:
    seed, mask = tmp_path / "seed.png", tmp_path / "mask.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 256, 3), np.uint8)
    Image.fromarray(noise).save(seed)
    half = np.zeros((64, 256), np.uint8)
    half[:, 128:] = 255
    Image.fromarray(half).save(mask)
    image = {"seed_image": str(seed), "steps": 6, "sampler": "ddim"}
    kept = picture(engine, make_request(**image, strength=0.0))
    made = picture(engine, make_request(**image, mask=str(mask), strength=1.0))
    change = (made - kept).abs().mean(dim=(0, 1))
    assert float(change[32:96].mean()) < 0.6 * float(change[160:224].mean())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "other"}, "'other' is not loaded"),
        ({"model_hash": "beef"}, "other weights"),
        ({"seed_image": "/nowhere.png"}, "cannot be read"),
        ({"steps": 0}, "steps must be"),
    ],
)
def test_what_cannot_be_rendered_is_said(
    engine: StableDiffusion, make_request: MakeRequest, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        render_loop(engine, make_request(**changes))


def test_a_text_file_as_seed_image_is_said(
    engine: StableDiffusion, make_request: MakeRequest, tmp_path: Path
) -> None:
    path = tmp_path / "seed.png"
    path.write_text("not an image")
    with pytest.raises(UserError, match="cannot be read as an image"):
        render_loop(engine, make_request(seed_image=str(path)))


def test_a_render_can_be_cancelled_between_steps(
    engine: StableDiffusion, make_request: MakeRequest
) -> None:
    calls = 0

    def progress() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        render_loop(engine, make_request(steps=50), None, progress)
    assert calls == 4


def test_an_overflowing_decoder_is_run_in_float32_and_that_is_said_once(
    tiny_folder: Path, make_request: MakeRequest
) -> None:
    said: list[str] = []
    engine = open_engine("tiny", tiny_folder, device="cpu", threads=1, notice=said.append)
    plain = picture(engine, make_request())
    vae: Any = engine._parts.vae
    # Large weights on the way and small ones after it: out of fp16's range, well within fp32's.
    vae.decoder.conv_in.weight.data.mul_(1e6)
    vae.to(torch.bfloat16)
    stock = vae.decode

    def decode(latents: Tensor, **options: Any) -> Any:
        out = stock(latents, **options)
        return out if vae.dtype == torch.float32 else (out[0] * float("inf"),)

    vae.decode = decode
    first, second = picture(engine, make_request()), picture(engine, make_request())
    assert bool(first.isfinite().all())
    assert first.shape == plain.shape
    assert torch.equal(first, second)
    assert vae.dtype == torch.bfloat16
    assert len(said) == 1
    assert "float32" in said[0]


def test_numbers_that_never_become_finite_are_an_error_in_words(
    tiny_folder: Path, make_request: MakeRequest
) -> None:
    engine = open_engine("tiny", tiny_folder, device="cpu", threads=1)
    unet: Any = engine._parts.unet
    unet.conv_out.bias.data.fill_(float("nan"))
    with pytest.raises(UserError, match="no finite numbers"):
        render_loop(engine, make_request())


@pytest.mark.parametrize("noise", ["cpu", "device"])
def test_half_precision_gives_nearly_the_same_picture(
    tiny_folder: Path, engine: StableDiffusion, make_request: MakeRequest, noise: Any
) -> None:
    """As on a GPU, whose arithmetic differs in speed only."""
    compute = Compute(torch.device("cpu"), torch.float16, 1)
    parts = load_components(locate("tiny", str(tiny_folder)), compute)
    half = StableDiffusion("tiny", parts, engine.params, compute, pytest.fail)
    request = make_request(guidance=2.0, noise=noise)
    made = picture(half, request)
    assert made.dtype == torch.float32
    assert half.engine_id != engine.engine_id
    if noise == "cpu":
        torch.testing.assert_close(made, picture(engine, request), atol=0.05, rtol=0.0)


def test_half_precision_on_a_cpu_is_refused_in_words(tiny_folder: Path) -> None:
    said: list[str] = []
    engine = open_engine("tiny", tiny_folder, device="cpu", dtype="bf16", notice=said.append)
    assert engine.compute.dtype is torch.float32
    assert "float32" in said[0]


@pytest.mark.parametrize(("device", "dtype"), [("abacus", "auto"), ("cuda:99", "auto")])
def test_a_device_that_is_not_there_is_said(tiny_folder: Path, device: str, dtype: str) -> None:
    with pytest.raises(UserError, match="device"):
        open_engine("tiny", tiny_folder, device=device, dtype=dtype)
