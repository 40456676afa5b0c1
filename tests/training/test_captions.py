"""Captions name what is heard, and the tokenizer reads anything a performer may type."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from livediffusion.training import captions, text, tokenizer
from livediffusion.training.composer import GENRES, Style
from livediffusion.training.dataset import HELD_OUT_SEED, Row, plan
from livediffusion.training.prompts import ATTRIBUTE_PROMPTS, FREE_PROMPTS
from livediffusion.training.words.attributes import ADJECTIVES, AMBIGUOUS, PHRASES
from livediffusion.training.words.genres import GENRE_WORDS
from livediffusion.training.words.tables import EMOJI, LANGUAGES, Words

TEXTS = (
    "techno",
    "🎸 énergique",
    "guitare saturée, très fort !",
    "世界 🪗 zouk",
    "Ünïcödé — “quotes”",
)
PLAIN = Style()


def row(genre: str, style: Style = PLAIN, instruments: tuple[str, ...] = ()) -> Row:
    return Row(genre, 1, style, instruments, style.mode or "minor")


def flat(*tables: Words) -> list[str]:
    return [word for table in tables for words in table.values() for word in words]


def drawn(wanted: Row, count: int = 300) -> list[str]:
    rng = np.random.default_rng(0)
    return [captions.caption(wanted, rng).lower() for _ in range(count)]


def share(texts: list[str], words: list[str]) -> float:
    """Of texts with any of the words, whole and with its accents or without."""
    every = words + [word.translate(captions._ACCENTS) for word in words]
    found = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in every))
    return sum(bool(found.search(text)) for text in texts) / len(texts)


def test_every_genre_has_names_of_its_own_in_every_language() -> None:
    assert list(GENRE_WORDS) == list(GENRES)
    assert all(set(table) == {*LANGUAGES, EMOJI} for table in GENRE_WORDS.values())
    every = [*GENRES, *flat(*GENRE_WORDS.values())]
    assert len(every) == len(set(every))


def test_no_attribute_is_a_genre_and_none_means_both_ends() -> None:
    names = {*GENRES, *flat(*GENRE_WORDS.values())}
    words = {key: set(flat(table)) for key, table in ADJECTIVES.items()}
    assert not any(names & found for found in words.values())
    for axis, ends in {"brightness": (-1, 1), "mode": ("minor", "major")}.items():
        assert not words[axis, ends[0]] & words[axis, ends[1]]
    assert set(AMBIGUOUS) <= set(GENRES)


@pytest.mark.parametrize("genre", GENRES)
def test_captions_name_the_genre(genre: str) -> None:
    found = drawn(row(genre))
    assert share(found, [genre, *flat(GENRE_WORDS[genre])]) > 0.95
    assert len(set(found)) > 150


@pytest.mark.parametrize(("axis", "value"), [*ADJECTIVES, *(k for k in PHRASES if k[0] == "stems")])
def test_captions_nearly_always_name_the_style_and_only_then(axis: str, value: int | str) -> None:
    mine = flat(ADJECTIVES.get((axis, value), {}), PHRASES.get((axis, value), {}))
    assert share(drawn(row("rock", replace(PLAIN, **{axis: value}))), mine) > 0.82
    assert share(drawn(row("rock")), mine) < 0.08


def test_techno_is_not_called_dark_unless_it_is_dark_techno() -> None:
    dark = [word for word in flat(ADJECTIVES["brightness", -1]) if word in AMBIGUOUS["techno"]]
    assert share(drawn(row("techno", Style(-1))), dark) == 0.0
    assert share(drawn(row("rock", Style(-1))), dark) > 0.1


def test_instruments_heard_are_named_now_and_then() -> None:
    found = drawn(row("jazz", instruments=("clarinet", "an unheard-of thing")))
    assert 0.05 < share(found, ["clarinet", "clarinette", "klarinette", "clarinete"]) < 0.6
    assert share(found, ["an unheard-of thing"]) > 0.05


def test_some_captions_hold_words_that_mean_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captions, "DISTRACTED", 0.0)
    meant = {word for text in drawn(row("jazz"), 3000) for word in text.split()}
    monkeypatch.setattr(captions, "DISTRACTED", 0.2)
    idle = [not set(text.split()) <= meant for text in drawn(row("jazz"), 1000)]
    assert 0.1 < sum(idle) / len(idle) < 0.3


def test_no_caption_is_a_prompt_of_the_evaluation() -> None:
    prompts = {prompt.lower() for prompt, _ in FREE_PROMPTS}
    assert len(prompts) == len(FREE_PROMPTS)
    rng = np.random.default_rng(3)
    rows = [row(genre, Style(*rng.integers(-1, 2, 2))) for genre in GENRES for _ in range(20)]
    found = {captions.caption(r, rng).lower() for r in rows for _ in range(10)}
    assert not prompts & found
    names = {name.lower() for name in [*GENRES, *flat(*GENRE_WORDS.values())]}
    assert not prompts & names


def test_every_class_and_axis_is_asked_for_in_the_evaluation() -> None:
    for genre in GENRES:
        assert sum(genre in allowed for _, allowed in FREE_PROMPTS) >= 4, genre
    assert {name for _, allowed in FREE_PROMPTS for name in allowed} <= set(GENRES)
    assert all("{genre}" in end for pairs in ATTRIBUTE_PROMPTS.values() for p in pairs for end in p)


def test_rows_survive_their_file_and_held_out_seeds_stay_out() -> None:
    asked = row("jazz", Style(1, -1, 0, 1, "major", "no drums"), ("piano",))
    assert Row.from_json(asked.to_json()) == asked
    trained = {row.seed for row in plan(40, 3)}
    assert not trained & {row.seed for row in plan(8, 2, HELD_OUT_SEED)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("tokenizer")
    tokenizer.train(
        [captions.caption(row(genre), rng) for genre in GENRES for _ in range(40)], path
    )
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


def test_captions_drawn_ahead_are_captions_of_their_rows(folder: Path) -> None:
    reader, rows = text.load_tokenizer(folder), [row("techno"), row("jazz")]
    ids = text.captions_for(rows, 3, np.random.default_rng(5), reader)
    assert ids.shape == (2, 3, tokenizer.LENGTH) and ids.dtype == np.int16
    rng = np.random.default_rng(5)
    wanted = text.token_ids(reader, [captions.caption(r, rng) for r in rows for _ in range(3)])
    assert (ids.reshape(6, -1) == wanted.numpy()).all()


def test_reading_lessons_teach_genres_and_styles(folder: Path) -> None:
    torch.manual_seed(0)
    reader = text.load_tokenizer(folder)
    rows = [row("techno"), row("piano", Style(space=1)), row("metal", Style(stems="no drums"))] * 4
    pupil = text.Reader(text.build(reader), instruments=0)
    optimiser = torch.optim.AdamW(pupil.parameters(), 2e-3)
    rng = np.random.default_rng(0)
    for _ in range(60):
        ids = torch.from_numpy(text.captions_for(rows, 1, rng, reader)[:, 0]).long()
        loss = pupil.loss(ids, text.choices(rows), torch.zeros(len(rows), 0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = text.accuracy(pupil, reader, rows)
    assert set(found) == set(text.SIZES)
    assert found["genre"] > 0.9 and found["stems"] > 0.85 and found["space"] > 0.85


def test_padding_changes_nothing_that_is_read(folder: Path) -> None:
    torch.manual_seed(0)
    reader = text.load_tokenizer(folder)
    pupil = text.Reader(text.build(reader), instruments=2).eval()
    short, long = text.token_ids(reader, ["techno", "dark techno with a piano and no drums"])
    alone, together = pupil(short[None])[0], pupil(torch.stack([short, long]))[0][:1]
    assert torch.allclose(alone, together, atol=1e-5)
