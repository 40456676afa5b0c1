"""How a mistake is put into words: foreign words, ranges, and the nearest word that is known."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

_LONGEST = 80  # characters of a foreign word that are looked at and shown
_NEAR_ENOUGH = 66.0  # of 100


def shown(word: str) -> str:
    """The word as it may stand in a sentence: quoted, cut, without control characters."""
    cut = word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"
    return '"' + "".join(c if c.isprintable() else "?" for c in cut) + '"'


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, or None when none is near."""
    found = process.extractOne(
        word[:_LONGEST], list(known), scorer=fuzz.ratio, score_cutoff=_NEAR_ENOUGH
    )
    return None if found is None else str(found[0])


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A sentence to append, with its space before it: the nearest word, else `otherwise`."""
    near = nearest(word, known)
    if near is not None:
        return f' Did you mean "{near}"?'
    return f" {otherwise}" if otherwise else ""


def or_rather(word: str, known: Iterable[str]) -> str:
    """The same as the end of a sentence that goes on: `; did you mean "beat"`, or nothing."""
    near = nearest(word, known)
    return "" if near is None else f'; did you mean "{near}"'


def span_of(low: float, high: float) -> str:
    """A range in words: "0 to 1", "-0.5 to 64"."""
    return " to ".join(
        str(int(end)) if float(end).is_integer() else f"{end:g}" for end in (low, high)
    )
