"""How the tables of words are written: strings divided by slashes, by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "fr", "es", "de", "it", "pt"]
LANGUAGES: tuple[Language, ...] = ("en", "fr", "es", "de", "it", "pt")
EMOJI = "emoji"
Words: TypeAlias = Mapping[str, tuple[str, ...]]  # by language, or EMOJI


def words(**by_language: str) -> Words:
    """A table like words(en="dark / gloomy", fr="sombre")."""
    return {language: tuple(text.split(" / ")) for language, text in by_language.items()}
