"""Textual inversions: words of one's own in prompts, as diffusers reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import MakeRequest
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines.inversion import read_vectors
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.settings import Addons

WIDTH = 32
WORDS = {"<dub>": 1, "<many>": 3, "acid": 2}  # vectors of each
PROMPTS = (
    "deep <dub> with echo",
    "<many>",
    "techno, <many> and <dub>!",
    "an acid line",
    "<dub><dub> " + "bass " * 90,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of random vectors for each word, in three ways of keeping them."""
    folder, drawn = tmp_path_factory.mktemp("words"), torch.Generator().manual_seed(0)
    vectors = {word: torch.randn((n, WIDTH), generator=drawn) for word, n in WORDS.items()}
    save_file({"<dub>": vectors["<dub>"][0].clone()}, folder / "dub.safetensors")
    save_file({"emb_params": vectors["<many>"]}, folder / "many.safetensors")
    old = {"string_to_token": {"*": 265}, "string_to_param": {"*": vectors["acid"]}, "name": "x"}
    torch.save(old, folder / "acid.pt")
    return dict(zip(WORDS, (folder / n for n in
        ("dub.safetensors", "many.safetensors", "acid.pt")), strict=True))  # fmt: skip


@pytest.fixture(scope="module")
def talking(tiny_folder: Path, files: dict[str, Path]) -> StableDiffusion:
    """The tiny model with these words."""
    addons = Addons(embeddings={word: str(path) for word, path in files.items()})
    return open_engine("tiny", tiny_folder, device="cpu", threads=1, addons=addons)


@pytest.fixture(scope="module")
def stock(tiny_folder: Path, files: dict[str, Path]) -> Any:
    """diffusers' own pipeline with the same words."""
    pipeline: Any = StableDiffusionPipeline.from_pretrained(
        str(tiny_folder), safety_checker=None, feature_extractor=None, local_files_only=True
    )
    for word, path in files.items():
        if word == "acid":  # it reads the old kind with code: give it the vectors themselves
            vectors = read_vectors(word, path, WIDTH)
            pipeline.load_textual_inversion({word: vectors}, token=word)
        else:
            pipeline.load_textual_inversion(str(path), token=word, local_files_only=True)
    return pipeline


def embedded(engine: StableDiffusion, prompt: str, make_request: MakeRequest) -> Tensor:
    engine.settle(make_request(prompts=((prompt, 1.0),)))
    with torch.inference_mode():
        return engine._text.embed(prompt)


@pytest.mark.parametrize("prompt", PROMPTS)
@torch.inference_mode()
def test_they_are_read_as_diffusers_reads_them(
    prompt: str, talking: StableDiffusion, stock: Any, make_request: MakeRequest
) -> None:
    found = embedded(talking, prompt, make_request)
    words = stock.maybe_convert_prompt(prompt, stock.tokenizer)
    ids = stock.tokenizer(words, add_special_tokens=False).input_ids[:75]
    tokenizer = stock.tokenizer
    row = [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]
    row += [tokenizer.eos_token_id] * (77 - len(row))
    expected = stock.text_encoder(torch.tensor([row]))[0]
    torch.testing.assert_close(found[:, :77], expected, atol=1e-5, rtol=1e-4)


def test_words_weigh_and_are_not_found_in_others(
    talking: StableDiffusion, engine: StableDiffusion, make_request: MakeRequest
) -> None:
    plain = embedded(talking, "deep <dub>", make_request)
    loud = embedded(talking, "deep (<dub>:1.5)", make_request)
    assert not torch.allclose(plain, loud)
    for other in ("acidity", "placid house"):
        assert torch.equal(
            embedded(talking, other, make_request), embedded(engine, other, make_request)
        )


def test_they_are_heard_and_the_key_knows(
    tiny_folder: Path, engine: StableDiffusion, tmp_path: Path, make_request: MakeRequest
) -> None:
    path = tmp_path / "word.safetensors"
    save_file({"w": torch.randn((1, WIDTH), generator=torch.Generator().manual_seed(1))}, path)
    addons = Addons(embeddings={"<w>": str(path)})
    talking = open_engine("tiny", tiny_folder, device="cpu", threads=1, addons=addons)
    request, other = make_request(prompts=(("<w>", 1.0),)), make_request()
    assert talking.settle(other).picture_key() == engine.settle(other).picture_key()
    settled = talking.settle(request)
    assert settled.addons_hash
    first = talking.picture(settled, Stopwatch())
    assert not torch.equal(first, engine.picture(engine.settle(request), Stopwatch()))
    save_file({"w": torch.randn((2, WIDTH), generator=torch.Generator().manual_seed(2))}, path)
    again = talking.settle(request)
    assert again.picture_key() != settled.picture_key()
    assert not torch.equal(talking.picture(again, Stopwatch()), first)
    negative = make_request(negative="<w>", guidance=2.0)
    assert talking.settle(negative).addons_hash
    assert not talking.settle(make_request(negative="<w>", guidance=1.0)).addons_hash


def test_what_is_no_inversion_is_left_out(
    tiny_folder: Path, engine: StableDiffusion, tmp_path: Path, make_request: MakeRequest
) -> None:
    path, said = tmp_path / "w.safetensors", list[str]()
    addons = Addons(embeddings={"<w>": str(path)})
    talking = open_engine(
        "tiny", tiny_folder, device="cpu", threads=1, addons=addons, notice=said.append
    )
    request = make_request(prompts=(("<w>", 1.0),))
    expected = engine.picture(engine.settle(request), Stopwatch())
    for tensors, sentence in (
        (None, "no file of weights"),
        ({"w": torch.ones(1, 768)}, "768 numbers and not 32"),
        ({"w": torch.ones(1, 2, 32)}, "is no textual inversion"),
        ({"a": torch.ones(32), "b": torch.ones(32)}, "is no textual inversion"),
    ):
        if tensors is not None:
            save_file(tensors, path)
        found = talking.picture(talking.settle(request), Stopwatch())
        assert torch.equal(found, expected)
        assert sentence in said[-1]
    assert len(said) == 4


def test_a_bin_that_brings_code_is_refused(tmp_path: Path) -> None:
    torch.save({"<w>": object()}, tmp_path / "w.bin")
    with pytest.raises(UserError, match="is refused"):
        read_vectors("<w>", tmp_path / "w.bin", WIDTH)
