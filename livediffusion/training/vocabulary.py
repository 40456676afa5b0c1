"""The words that captions use, for `vocabulary.json` in the model folder.

With it a performance can say which words of a prompt the model never learned, and what comes
nearest (`livediffusion.state.vocabulary` reads it).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from livediffusion.training.words.around import AND, NEUTRAL, TEMPLATES, TEMPO, WITH
from livediffusion.training.words.attributes import ADJECTIVES, DEGREES, PHRASES
from livediffusion.training.words.common import COMMON
from livediffusion.training.words.genres import GENRE_WORDS
from livediffusion.training.words.instruments import INSTRUMENT_WORDS
from livediffusion.training.words.related import RELATED
from livediffusion.training.words.tables import Words

FILE_NAME = "vocabulary.json"


def vocabulary() -> dict[str, object]:
    """What the file says.

    `names`: genre by each of its names. `words`: whether a single word is part of a genre's name,
    an attribute, an instrument or a filler; of several, the first of these. `related`: nearest
    genre by names that the model never learned.
    """
    names = {genre: genre for genre in GENRE_WORDS}
    names |= {name: genre for genre, table in GENRE_WORDS.items() for name in _flat([table])}
    words: dict[str, str] = {}
    for kind, texts in (
        ("filler", [*_flat([TEMPLATES, NEUTRAL, TEMPO, WITH, AND, DEGREES, COMMON])]),
        ("instrument", [*INSTRUMENT_WORDS, *_flat(INSTRUMENT_WORDS.values())]),
        ("attribute", [*_flat([*ADJECTIVES.values(), *PHRASES.values()])]),
        ("genre", [*names]),
    ):
        words |= {word: kind for text in texts for word in text.replace("{}", " ").split()}
    return {"names": names, "words": dict(sorted(words.items())), "related": RELATED}


def write(folder: Path) -> None:
    """Write the file into a model folder."""
    text = json.dumps(vocabulary(), ensure_ascii=False, indent=0)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def _flat(tables: Iterable[Words]) -> Iterator[str]:
    return (text for table in tables for texts in table.values() for text in texts)
