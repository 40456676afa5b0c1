"""Words that the model never learned: which of a prompt's they are, and what comes nearest.

A model that was trained on captions of its own may bring `vocabulary.json`, which names their
words; of models without the file nothing is said.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from livediffusion.errors import UserError
from livediffusion.render.emphasis import taught_words
from livediffusion.render.settings import model_source
from livediffusion.state.suggest import shown

FILE_NAME = "vocabulary.json"
_MOST = 4  # words that a sentence names
_LOOKED_AT = 500  # characters of a prompt
_SHORTEST = 3  # letters of a word that is worth a remark
_LONG_ENOUGH = 5  # letters of a word that may be a slip of the finger
_ALIKE = 80.0  # of 100, for a spelling that is worth naming
_LONGEST_NAME = 4  # words
_PIECES = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Unheard:
    """A word or a style's name as it was typed, and the nearest that is known ("" none)."""

    text: str
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as it is compared, and where it stands in a prompt."""

    key: str
    start: int
    end: int


_Key: TypeAlias = tuple[str, ...]


class Vocabulary:
    """What a model's captions called things."""

    def __init__(
        self, names: Mapping[str, str], words: Mapping[str, str], related: Mapping[str, str]
    ) -> None:
        """Genres by name, kinds ("genre", "filler" and so on) by word, genres by foreign name."""
        self._genres = {_key(name): genre for name, genre in names.items()}
        self._related = {_key(name): genre for name, genre in related.items()}
        kinds = {piece: kind for word, kind in words.items() for piece in _key(word)}
        pieces = {piece for name in self._genres for piece in name}
        self._known = pieces | set(kinds)
        self._long = [word for word in self._known if len(word) >= _LONG_ENOUGH]
        fillers = {word for word, kind in kinds.items() if kind == "filler"} - pieces
        self._telling = [word for word in self._known - fillers if len(word) >= _SHORTEST]

    def unheard(self, prompt: str) -> list[Unheard]:
        """What of a prompt was never learned, in its order; numbers and the like are no words."""
        prompt = prompt[:_LOOKED_AT]
        letters = [c for c in prompt if c.isalpha()]
        if letters and not any(map(_is_latin, letters)):
            return [Unheard(prompt.strip())]
        words, found = _words(prompt), list[Unheard]()
        while words and len(found) <= _MOST:
            count, unheard = self._first(words, prompt)
            words = words[count:]
            if unheard is not None and unheard not in found:
                found.append(unheard)
        return found

    def _first(self, words: Sequence[_Word], prompt: str) -> tuple[int, Unheard | None]:
        """How many words the first name takes, and what is to be said of it."""
        for count in range(min(_LONGEST_NAME, len(words)), 0, -1):
            key = tuple(word.key for word in words[:count])
            if key in self._genres:
                return count, None
            if key in self._related and not self._is_said_otherwise(key):
                text = prompt[words[0].start : words[count - 1].end]
                return count, Unheard(text, self._related[key])
        return 1, self._unheard_word(words[0].key, prompt[words[0].start : words[0].end])

    def _is_said_otherwise(self, name: _Key) -> bool:
        """Whether a foreign name consists of known words, one of which is a genre by itself."""
        known = all(word in self._known for word in name)
        return known and (len(name) == 1 or any((word,) in self._genres for word in name))

    def _unheard_word(self, word: str, text: str) -> Unheard | None:
        if self._is_known(word):
            return None
        near = process.extractOne(word, self._telling, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        return Unheard(text, str(near[0]) if near else "")

    def _is_known(self, word: str) -> bool:
        """Learned, a filler, a number with or without a unit, or a slip of the finger."""
        letters = word.strip("0123456789")
        if word in self._known or letters in self._known or not letters:
            return True
        if word.isascii() and len(letters) < _SHORTEST:
            return True
        if len(word) < _LONG_ENOUGH:
            return word.endswith("s") and word[:-1] in self._known
        return bool(process.extractOne(word, self._long, scorer=OSA.distance, score_cutoff=1))


def read(folder: Path) -> Vocabulary | None:
    """The vocabulary of a model folder; None where there is none that can be read."""
    try:
        content = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        own = {str(word): str(word) for word in content.get("own", ())}  # the player's own styles
        return Vocabulary(content["names"] | own, content["words"], content["related"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def of_model(name: str, models: Mapping[str, str]) -> Vocabulary | None:
    """The vocabulary of a model by its name; None too where the model is unknown."""
    try:
        return read(Path(model_source(name, models)))
    except UserError:
        return None


def remark(
    vocabulary: Vocabulary | None, prompts: Iterable[str], taught: Iterable[str] = ()
) -> str:
    """One sentence on all that was never learned; "" when there is nothing to say.

    `taught` are words of the player's own, which embeddings give a meaning.
    """
    if vocabulary is None:
        return ""
    if words := list(taught):
        prompts = [taught_words(words).sub(" ", text) for text in prompts]
    found = list(dict.fromkeys(word for text in prompts for word in vocabulary.unheard(text)))
    if not found:
        return ""
    if len(found) == 1:
        closest = f"; closest: {found[0].nearest}" if found[0].nearest else ""
        return f"The model has never heard of {shown(found[0].text)}{closest}."
    named = [
        shown(word.text) + (f" (closest: {word.nearest})" if word.nearest else "")
        for word in found[:_MOST]
    ]
    more = " and more" if len(found) > _MOST else ""
    return f"The model has never heard of {', '.join(named)}{more}."


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("LATIN", "FEMININE", "MASCULINE"))


def _words(text: str) -> list[_Word]:
    """Words and emoji without case, accents and punctuation, and where they stand."""
    found = []
    for match in _PIECES.finditer(text):
        key = match.group().casefold()
        if not key.isascii():
            plain = unicodedata.normalize("NFKD", key)
            key = "".join(c for c in plain if not unicodedata.combining(c))
        if key and (key[0].isalnum() or unicodedata.category(key[0]) == "So"):
            found.append(_Word(key, match.start(), match.end()))
    return found


def _key(text: str) -> _Key:
    """What is compared of a name."""
    return tuple(word.key for word in _words(text))
