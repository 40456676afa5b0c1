"""Captions: what a performer might type for a loop, in six languages, with emoji and typos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from livediffusion.training.dataset import Row
from livediffusion.training.words.around import AND, NEUTRAL, TEMPLATES, TEMPO, WITH
from livediffusion.training.words.attributes import ADJECTIVES, AMBIGUOUS, DEGREES, PHRASES
from livediffusion.training.words.chatter import distraction
from livediffusion.training.words.genres import GENRE_WORDS
from livediffusion.training.words.instruments import INSTRUMENT_WORDS
from livediffusion.training.words.tables import EMOJI, LANGUAGES, Language

# How often people type what; languages in the order of LANGUAGES.
SPOKEN = (0.50, 0.33, 0.06, 0.06, 0.025, 0.025)
PLAIN_NAME, EMOJI_NAME, OWN_LANGUAGE = 0.35, 0.06, 0.6
ATTRIBUTE, EMOJI_ATTRIBUTE, DEGREE = 0.92, 0.04, 0.06
UNNAMED = 0.015  # of captions that say something else
MOST_WORDS = 12  # of attributes and genre before instruments and fillers are left out
AXES = ("brightness", "energy", "density", "space", "mode", "stems")
DISTRACTED = 0.2  # of captions hold words that mean nothing
_DRAWS = 120  # random numbers that any caption can do with

Dice = Callable[[], float]  # the next random number in [0, 1)
_ACCENTS = str.maketrans("àâäáãçéèêëíìîïñóòôöõúùûüœ", "aaaaaceeeeiiiinooooouuuuo")


@cache
def _instrument(name: str, language: Language) -> tuple[str, ...]:
    """What an instrument is called; English, or its own name, where nothing better is known."""
    table = INSTRUMENT_WORDS.get(name, {})
    return table.get(language) or table.get("en", (name,))


@cache
def _wordings(table: str, axis: str, value: int | str, kind: str, genre: str) -> tuple[str, ...]:
    """Words for an end of an axis that cannot be taken for another genre's name.

    `kind` is a language, for which English stands in where it has none, or EMOJI.
    """
    found = {"adjectives": ADJECTIVES, "phrases": PHRASES}[table].get((axis, value), {})
    options = found.get(kind) or (() if kind == EMOJI else found.get("en", ()))
    taken = AMBIGUOUS.get(genre, frozenset())
    return tuple(words for words in options if not taken & set(words.split()))


def _any(options: Sequence[str], dice: Dice) -> str:
    return options[int(dice() * len(options))]


def _language(dice: Dice) -> Language:
    roll = dice()
    for language, share in zip(LANGUAGES, SPOKEN, strict=True):
        roll -= share
        if roll < 0.0:
            return language
    return "en"


def _name(genre: str, language: Language, dice: Dice) -> str:
    names, roll = GENRE_WORDS[genre], dice()
    if roll < PLAIN_NAME:
        return genre
    if roll < PLAIN_NAME + EMOJI_NAME:
        return _any(names[EMOJI], dice)
    return _any(names[language if dice() < OWN_LANGUAGE else "en"], dice)


def _wanted(row: Row, dice: Dice) -> list[tuple[str, int | str]]:
    """What of the style is mentioned; a plain loop's mode now and then, for it has one too."""
    style = row.style
    mode = style.mode if style.mode or dice() > 0.05 else row.mode
    values = (style.brightness, style.energy, style.density, style.space, mode, style.stems)
    pairs = zip(AXES, values, strict=True)
    said: list[tuple[str, int | str]] = []
    said += [(a, v) for a, v in pairs if v and v != "all" and dice() < ATTRIBUTE]
    for i in range(len(said) - 1, 0, -1):  # in any order
        j = int(dice() * (i + 1))
        said[i], said[j] = said[j], said[i]
    return said


def _style(row: Row, language: Language, dice: Dice) -> tuple[list[str], list[str]]:
    """Adjectives and phrases that ask for a row's style."""
    adjectives, phrases = [], []
    for axis, value in _wanted(row, dice):
        emoji = _wordings("adjectives", axis, value, EMOJI, row.genre)
        choice = _wordings("adjectives", axis, value, language, row.genre)
        apart = _wordings("phrases", axis, value, language, row.genre)
        if emoji and dice() < EMOJI_ATTRIBUTE:
            phrases.append(_any(emoji, dice))
        elif not choice or (apart and dice() < 0.25):
            phrases.append(_any(apart, dice))
        else:
            word = _any(choice, dice)
            degree = dice() < DEGREE
            adjectives.append(f"{_any(DEGREES[language], dice)} {word}" if degree else word)
    return adjectives, phrases


def _players(row: Row, language: Language, dice: Dice) -> list[str]:
    """Up to two of the instruments heard."""
    count = len(row.instruments)
    if not count or row.style.stems in ("only drums", "only bass") or dice() < 0.55:
        return []
    first = int(dice() * count)
    chosen = [row.instruments[first]]
    if count > 1 and dice() < 0.35:
        chosen.append(row.instruments[(first + 1 + int(dice() * (count - 1))) % count])
    return [_any(_instrument(name, language), dice) for name in chosen]


def _shuffled(parts: list[str], dice: Dice) -> list[str]:
    for i in range(len(parts) - 1, 0, -1):
        j = int(dice() * (i + 1))
        parts[i], parts[j] = parts[j], parts[i]
    return parts


def _joined(adjectives: list[str], language: Language, dice: Dice) -> str:
    if len(adjectives) == 2 and dice() < 0.3:
        return f"{adjectives[0]} {_any(AND[language], dice)} {adjectives[1]}"
    return (", " if len(adjectives) > 2 and dice() < 0.3 else " ").join(adjectives)


def _sentence(
    name: str, adjectives: list[str], phrases: list[str], language: Language, dice: Dice
) -> str:
    """The music's words in a row: adjectives before the genre in English, after it elsewhere."""
    style = _joined(adjectives, language, dice)
    before = dice() < (0.75 if language in ("en", "de") else 0.2)
    core = f"{style} {name}" if before else f"{name} {style}"
    mark = ", " if dice() < 0.4 else " "
    return mark.join([core.strip(), *phrases])


def _around(text: str, language: Language, dice: Dice) -> str:
    """Filler words that mean no sound."""
    if dice() < DISTRACTED:
        idle = distraction(language, dice)
        text = f"{text} {idle}" if dice() < 0.7 else f"{idle} {text}"
    if dice() < 0.35:
        text = _any(TEMPLATES[language], dice).format(text)
    if dice() < 0.05:
        text = f"{text} {_any(TEMPO.get(language, TEMPO['en']), dice)}"
        text = text.format(60 + int(dice() * 120))
    return text


def _as_typed(text: str, dice: Dice) -> str:
    """Capitals, missing accents, and a slip of the finger."""
    roll = dice()
    if roll < 0.03:
        text = text.upper()
    elif roll < 0.15:
        text = text[:1].upper() + text[1:]
    if dice() < 0.15:
        text = text.lower().translate(_ACCENTS)
    return _slip(text, dice) if dice() < 0.04 else text


def _slip(text: str, dice: Dice) -> str:
    """One letter of a longer word dropped, doubled or swapped with the next."""
    words = text.split(" ")
    index = int(dice() * len(words))
    word = words[index]
    if len(word) < 5 or not word.isalpha():
        return text
    at, roll = 1 + int(dice() * (len(word) - 2)), dice()
    if roll < 0.34:
        words[index] = word[:at] + word[at + 1 :]
    elif roll < 0.67:
        words[index] = word[: at + 1] + word[at:]
    else:
        words[index] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def caption(row: Row, rng: np.random.Generator) -> str:
    """One of many ways to ask for a loop; what its style is, is said nine times out of ten."""
    dice = iter(rng.random(_DRAWS).tolist()).__next__
    language = _language(dice)
    adjectives, phrases = _style(row, language, dice)
    name = _name(row.genre, language, dice)
    players = _players(row, language, dice)
    if (adjectives or phrases) and dice() < UNNAMED:
        return _as_typed(", ".join([*adjectives, *phrases]), dice)
    size = len(" ".join([name, *adjectives, *phrases]).split())
    if size > MOST_WORDS - 4:
        players = []
    if not adjectives and not phrases and dice() < 0.06:
        adjectives = [_any(NEUTRAL[language], dice)]
    if dice() < 0.3:  # a list
        text = ", ".join(_shuffled([name, *adjectives, *phrases, *players], dice))
    else:
        text = _sentence(name, adjectives, phrases, language, dice)
        if players:
            joined = f" {_any(AND[language], dice)} ".join(players)
            text = f"{text} {_any(WITH[language], dice)} {joined}"
    if size < MOST_WORDS:
        text = _around(text, language, dice)
    return _as_typed(text, dice)
