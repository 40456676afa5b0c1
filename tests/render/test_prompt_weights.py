"""Weighted and long prompts, as the engine's text encoder embeds them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from conftest import MakeRequest
from torch import Tensor

from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.engines.text import TextEncoder
from livediffusion.render.offline import open_engine, render_loop


@pytest.fixture(scope="module")
def encoder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
    """The tiny model's, whose embeddings have a mean as a trained one's have."""
    folder = tmp_path_factory.mktemp("models") / "biased"
    folder.symlink_to(tiny_folder)
    engine = open_engine("biased", folder, device="cpu", threads=1)
    text = engine._text
    with torch.no_grad():
        text._model.final_layer_norm.bias.add_(0.2)
    return text


def embed(encoder: TextEncoder, text: str) -> Tensor:
    with torch.inference_mode():
        return encoder.embed(text)


def test_a_weighted_word_is_multiplied_and_the_mean_kept(encoder: TextEncoder) -> None:
    plain, weighted = embed(encoder, "a b"), embed(encoder, "a (b:1.5)")
    ids = encoder._tokenizer("a b", add_special_tokens=False).input_ids
    expected = plain.clone()
    expected[:, len(ids)] *= 1.5  # the last token, after the start
    expected *= plain.mean() / expected.mean()
    assert torch.allclose(weighted, expected, atol=1e-6)
    assert float(weighted.mean()) == pytest.approx(float(plain.mean()), rel=1e-4)


def test_weights_of_one_change_nothing_at_all(encoder: TextEncoder) -> None:
    assert torch.equal(embed(encoder, "(a b:1.0)"), embed(encoder, "a b"))


def test_every_chunk_of_a_long_prompt_has_its_own_weights(encoder: TextEncoder) -> None:
    words = " ".join(["a b"] * 60)  # 120 tokens, two chunks
    plain, weighted = embed(encoder, words + " c"), embed(encoder, words + " (c:3)")
    assert plain.shape == weighted.shape == (1, 154, 32)
    ratio = (weighted / plain).mean(dim=2)[0]
    changed = (ratio / ratio.median() - 1.0).abs() > 0.5
    assert changed.nonzero().flatten().tolist() == [77 + 1 + 120 - 75]


def test_embeddings_without_a_mean_stay_finite(engine: StableDiffusion) -> None:
    # A fresh layer norm leaves a mean of nothing but rounding: it cannot be kept.
    found = embed(engine._text, "a (b:-2) [c:0)")
    assert bool(torch.isfinite(found).all())
    assert float(found.abs().mean()) < 3.0


def test_a_weight_is_heard(engine: StableDiffusion, make_request: MakeRequest) -> None:
    base = make_request(guidance=3.0)
    loops = [
        render_loop(engine, dataclasses.replace(base, prompts=((text, 1.0),))).audio
        for text in ("dark techno", "dark (techno:1.6)", "dark techno")
    ]
    assert (loops[0] == loops[2]).all()
    assert (loops[0] != loops[1]).any()
