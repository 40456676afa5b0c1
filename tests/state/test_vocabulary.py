"""Words that a model never learned are named once, and what comes nearest; the rest is silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livediffusion.state.vocabulary import Unheard, Vocabulary, of_model, read, remark

NAMES = {
    "techno": "techno",
    "house": "house",
    "jazz": "jazz",
    "deep house": "deep house",
    "8-bit": "chiptune",
    "🎸": "rock",
    "video game": "chiptune",
}
WORDS = {
    "the": "filler",
    "pour": "filler",
    "bpm": "filler",
    "énergique": "attribute",
    "dark": "attribute",
    "violin": "instrument",
    "d'église": "genre",
}
RELATED = {"gqom": "house", "k-pop": "house", "free jazz": "jazz", "ambient house": "deep house"}


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(NAMES, WORDS, RELATED)


def test_a_foreign_style_is_named_with_the_nearest_that_is_known(vocabulary: Vocabulary) -> None:
    assert vocabulary.unheard("dark GQOM 120 bpm") == [Unheard("GQOM", "house")]
    assert vocabulary.unheard("K-pop pour the house") == [Unheard("K-pop", "house")]
    assert vocabulary.unheard("free jazz") == [Unheard("free jazz", "jazz")]


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "!!! 128, 4/4 (a)",
        "Deep House",
        "8-bit",
        "techno 174bpm 90s",
        "ENERGIQUE",
        "energique",
        "🎸",
        "🎸\ufe0f",
        "violins",
        "l'église",
        "houses",
    ],
)
def test_what_is_known_is_not_mentioned(vocabulary: Vocabulary, prompt: str) -> None:
    assert vocabulary.unheard(prompt) == []


@pytest.mark.parametrize("prompt", ["tecno", "tehcno", "techhno", "tecnho dark"])
def test_a_slip_of_the_finger_is_understood(vocabulary: Vocabulary, prompt: str) -> None:
    assert vocabulary.unheard(prompt) == []


def test_short_words_are_not_taken_for_slips(vocabulary: Vocabulary) -> None:
    assert vocabulary.unheard("bark") == [Unheard("bark")]
    assert vocabulary.unheard("viollinn") == [Unheard("viollinn", "violin")]


def test_another_script_is_one_remark_and_a_picture_is_a_word(vocabulary: Vocabulary) -> None:
    assert vocabulary.unheard("静かな 夜の 音楽") == [Unheard("静かな 夜の 音楽")]
    assert vocabulary.unheard("techno テクノ") == [Unheard("テクノ")]
    assert vocabulary.unheard("🎸 🪗") == [Unheard("🪗")]


def test_one_sentence_says_it_all_and_does_not_go_on_for_ever(vocabulary: Vocabulary) -> None:
    assert remark(vocabulary, ["gqom"]) == 'The model has never heard of "gqom"; closest: house.'
    assert remark(vocabulary, ["gqom, zorp", "gqom", "techno"]) == (
        'The model has never heard of "gqom" (closest: house), "zorp".'
    )
    long = remark(vocabulary, [" ".join(f"word{letter}" for letter in "abcdefgh") * 50])
    assert long.endswith(" and more.") and len(long) < 120
    assert remark(vocabulary, ["techno", "dark house"]) == ""
    assert remark(None, ["gqom"]) == ""
    assert remark(vocabulary, ["dark <zorp> house", "<zorp>"], ["<zorp>"]) == "", "an embedding's"
    assert "gqom" in remark(vocabulary, ["<zorp> gqom"], ["<zorp>"])
    assert "zorpy" in remark(vocabulary, ["zorpy zorp"], ["zorp"]), "only where it stands alone"


def test_a_folder_without_vocabulary_or_with_a_broken_one_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert read(tmp_path / "nowhere") is None
    for content in ("{", "[]", '{"names": {}}', '{"names": 1, "words": {}, "related": {}}'):
        (tmp_path / "vocabulary.json").write_text(content, encoding="utf-8")
        assert read(tmp_path) is None
    assert of_model("no such model", {}) is None
    assert of_model("mine", {"mine": "somebody/on-the-hub"}) is None


def test_a_model_folder_s_words_are_read_and_its_owner_s_too(tmp_path: Path) -> None:
    content = {"names": NAMES, "words": WORDS, "related": RELATED, "own": ["zorp"]}
    (tmp_path / "vocabulary.json").write_text(json.dumps(content), encoding="utf-8")
    found = of_model("mine", {"mine": str(tmp_path)})
    assert remark(found, ["dark zorp", "gqom"]) == (
        'The model has never heard of "gqom"; closest: house.'
    )
