"""All names of genres: what captions call the classes."""

from __future__ import annotations

from livediffusion.training.words.electronic import ELECTRONIC_WORDS
from livediffusion.training.words.played import PLAYED_WORDS
from livediffusion.training.words.tables import Words

GENRE_WORDS: dict[str, Words] = {**ELECTRONIC_WORDS, **PLAYED_WORDS}
