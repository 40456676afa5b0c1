"""Emphasis in prompts, as Stable Diffusion's users write it. No torch here.

    (x)      10 % more         (x:1.2)   so many times
    [x]      10 % less         \\( \\)     brackets that are meant as such

Brackets may be nested, which multiplies. A bracket that is never closed holds to the end, one that
was never opened is text: a prompt is typed on stage, and no slip of the finger may be an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

Emphasised: TypeAlias = tuple[tuple[str, float], ...]

MORE = 1.1
LESS = 1.0 / MORE
_MOST = 10.0  # times, however many brackets
_PIECE = re.compile(
    r"\\[()\[\]\\]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[()\[\]]|[^\\()\[\]:]+|.", re.S
)


def taught_words(words: Iterable[str]) -> re.Pattern[str]:
    """Finds words of one's own where they stand alone: "tech" is no part of "techno"."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(_standing_alone, longest_first))})")


def _standing_alone(word: str) -> str:
    before = r"(?<!\w)" if word[0].isalnum() else ""
    after = r"(?!\w)" if word[-1].isalnum() else ""
    return f"{before}{re.escape(word)}{after}"


@dataclass(slots=True)
class _Group:
    """What stands in one bracket: pieces of text, and groups."""

    opener: str = ""
    weight: float = 1.0
    parts: list[str | _Group] = field(default_factory=list)


def emphasised(prompt: str) -> Emphasised:
    """The pieces of a prompt and how much each counts, neighbours of equal weight as one.

    A prompt without brackets and backslashes is one piece that counts 1; an empty one is, too.
    """
    groups = [_Group()]
    for match in _PIECE.finditer(prompt):
        _take(match, groups)
    while len(groups) > 1:
        _close(groups, _usual(groups[-1].opener))
    pieces = _flattened(groups[0])
    return tuple(pieces) or (("", 1.0),)


def _take(match: re.Match[str], groups: list[_Group]) -> None:
    """Let one piece of a prompt open or close a group, or be text."""
    piece, number = match.group(), match.group(1)
    opener = groups[-1].opener
    if piece in ("(", "["):
        groups.append(_Group(piece))
        groups[-2].parts.append(groups[-1])
    elif number is not None and opener == "(":
        _close(groups, float(number))
    elif number is not None:
        groups[-1].parts.append(piece)
    elif (piece, opener) in ((")", "("), ("]", "[")):
        _close(groups, _usual(opener))
    else:
        groups[-1].parts.append(piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece)


def _close(groups: list[_Group], weight: float) -> None:
    groups.pop().weight = weight


def _usual(opener: str) -> float:
    return MORE if opener == "(" else LESS


def _flattened(root: _Group) -> list[tuple[str, float]]:
    """Pieces in order with the product of all weights around them."""
    found: list[tuple[str, float]] = []
    waiting: list[tuple[str | _Group, float]] = [(root, 1.0)]
    while waiting:
        part, weight = waiting.pop()
        if isinstance(part, _Group):
            inner = min(max(weight * part.weight, -_MOST), _MOST)
            waiting += [(each, inner) for each in reversed(part.parts)]
        elif found and found[-1][1] == weight:
            found[-1] = (found[-1][0] + part, weight)
        else:
            found.append((part, weight))
    return found
