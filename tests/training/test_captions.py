"""Captions name what is heard, and the tokenizer reads anything a performer may type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livediffusion.training import captions, text, tokenizer
from livediffusion.training.composer import GENRES, Style
from livediffusion.training.dataset import HELD_OUT_SEED, Row, plan

TEXTS = (
    "techno",
    "🎸 énergique",
    "guitare saturée, très fort !",
    "世界 🪗 zouk",
    "Ünïcödé — “quotes”",
)


def test_every_genre_has_names_of_its_own() -> None:
    assert set(captions.NAMES) == set(GENRES)
    every = [name for names in captions.NAMES.values() for name in names]
    assert len(every) == len(set(every))


def test_captions_name_the_genre_and_vary() -> None:
    row = Row("ambient", 1, Style(-1, 1), ("choir", "bell"))
    rng = np.random.default_rng(0)
    found = [captions.caption(row, rng).lower() for _ in range(200)]
    names = ["ambient", *(name.lower() for name in captions.NAMES["ambient"])]
    assert all(any(name in caption for name in names) for caption in found)
    assert len(set(found)) > 100
    dark, bright = (captions.BRIGHTNESS[b] for b in (-1, 1))
    assert sum(any(word in caption for word in dark) for caption in found) > 100
    assert not any(word in caption for caption in found for word in bright)


def test_rows_survive_their_file_and_held_out_seeds_stay_out() -> None:
    row = Row("jazz", 3, Style(1, -1), ("piano",))
    assert Row.from_json(row.to_json()) == row
    trained = {row.seed for row in plan(40, 3)}
    assert not trained & {row.seed for row in plan(8, 2, HELD_OUT_SEED)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("tokenizer")
    tokenizer.train([captions.caption(row, rng) for row in plan(5, 3)], path)
    return path


@pytest.mark.parametrize("prompt", TEXTS)
def test_the_tokenizer_spells_anything(folder: Path, prompt: str) -> None:
    reader = text.load_tokenizer(folder)
    ids = reader(prompt, add_special_tokens=False).input_ids
    assert reader.unk_token_id not in ids
    spelled = reader.decode(ids).replace(" ", "")
    assert spelled == prompt.lower().replace(" ", "")


def test_prompts_are_cut_and_padded_to_one_length(folder: Path) -> None:
    reader = text.load_tokenizer(folder)
    ids = text.token_ids(reader, ["techno", "techno " * 50])
    assert ids.shape == (2, tokenizer.LENGTH)
    assert (ids[:, 0] == reader.bos_token_id).all()
    assert (ids[:, -1] == reader.eos_token_id).all()
    assert int(ids.max()) < len(reader)
