"""What captions say is known, and every style that points to a genre points to a real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livediffusion.state.vocabulary import Unheard, Vocabulary, read
from livediffusion.training import captions, vocabulary
from livediffusion.training.composer import GENRES, Style
from livediffusion.training.dataset import Row
from livediffusion.training.words.genres import GENRE_WORDS
from livediffusion.training.words.instruments import INSTRUMENT_WORDS
from livediffusion.training.words.related import RELATED


def written(folder: Path) -> Vocabulary:
    vocabulary.write(folder)
    found = read(folder)
    assert found is not None
    return found


def test_nothing_that_a_caption_means_is_unheard_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captions, "DISTRACTED", 0.0)  # no made-up words
    known, rng = written(tmp_path), np.random.default_rng(0)
    for genre in GENRES:
        for _ in range(15):
            style = Style(*(int(rng.integers(-1, 2)) for _ in range(4)), mode="major")
            names = tuple(str(name) for name in rng.choice(list(INSTRUMENT_WORDS), 2))
            text = captions.caption(Row(genre, 1, style, names, "major"), rng)
            slips = [word for word in known.unheard(text) if not word.nearest]
            assert len(slips) <= 1 and all(len(slip.text) < 6 for slip in slips), text


def test_related_styles_point_to_genres_and_are_no_names_of_any() -> None:
    assert set(RELATED.values()) <= set(GENRES)
    names = {name for table in GENRE_WORDS.values() for part in table.values() for name in part}
    assert not set(RELATED) & {*names, *GENRES}
    assert len(RELATED) > 500


def test_foreign_styles_are_named_with_their_nearest_genre(tmp_path: Path) -> None:
    known = written(tmp_path)
    assert known.unheard("gqom") == [Unheard("gqom", "house")]
    assert known.unheard("je veux du reggaeton") == [Unheard("reggaeton", "trap")]
    assert known.unheard("math rock, sans batterie") == [Unheard("math rock", "rock")]
    assert known.unheard("dark techno with lots of reverb, no drums, please") == []
    assert known.unheard("un peu de piano triste s'il te plaît 🎹") == []
