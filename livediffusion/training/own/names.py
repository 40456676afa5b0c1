"""What the names of files and folders say: tempo and words; captions from a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.types import BPM

MIN_BPM, MAX_BPM = 50.0, 220.0  # a number beyond them is no tempo
WORDS = 8  # of a caption: prompts are short

_NUMBER = r"(\d{2,3}(?:[.,]\d{1,2})?)"
_BPM = re.compile(rf"(?<!\d){_NUMBER}[\s_-]*bpm|bpm[\s_-]*{_NUMBER}(?!\d)", re.IGNORECASE)
_PLAIN = re.compile(r"(?<![\w.])([1-9]\d{1,2})(?![\w.])")
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")
_KEY = re.compile(r"[A-G](#|b|♯|♭|sharp|flat)?(m|maj|min|major|minor)?", re.IGNORECASE)
_MODE = re.compile(r"(maj|min|major|minor)", re.IGNORECASE)
_MACHINES = {"303", "606", "707", "808", "909"}
_FILLING = re.compile(
    r"audio|bars?|beats?|bounce|bpm|copy|export|final|full|key|loops?|master|mastered|mono|my"
    r"|render|samples?|stereo|take|track|untitled|wav|flac|mp3|ogg"
)


@dataclass(frozen=True, slots=True)
class NamedTempo:
    """A tempo that a name gives; one without the word "bpm" is only a guess."""

    bpm: BPM
    sure: bool


def tempo_of(path: Path) -> NamedTempo | None:
    """The tempo in a file's name, else in a folder's above it ("loop_174 bpm", "bpm90", "A-128").

    `path` is relative to the folder that was given.
    """
    names = [path.stem, *(folder.name for folder in path.parents)]
    for name in names:
        for match in _BPM.finditer(name):
            bpm = float((match[1] or match[2]).replace(",", "."))
            if MIN_BPM <= bpm <= MAX_BPM:
                return NamedTempo(bpm, True)
    plain = [float(m[1]) for m in _PLAIN.finditer(path.stem.replace("_", " "))]
    plausible = [bpm for bpm in plain if MIN_BPM <= bpm <= MAX_BPM]
    return NamedTempo(plausible[0], False) if len(plausible) == 1 else None


def words_of(path: Path) -> str:
    """Caption words of a file and of its folders; may be empty.

    "deep_bass-wobble_04_120bpm" is "deep bass wobble": numbers, tempi, keys and words that every
    loop's name has are left out.
    """
    folders = [folder.name for folder in reversed(path.parents) if folder.name]
    words: list[str] = []
    for name in (*folders, path.stem):
        for word in _split(name):
            if word not in words:
                words.append(word)
    return " ".join(words[:WORDS])


def _split(name: str) -> list[str]:
    """Words of one name, in lower case."""
    spaced = _CAMEL.sub(" ", _BPM.sub(" ", name))
    tokens = re.findall(r"[^\W_]+[#♯♭]?(?:'[^\W\d_]+)?", spaced)
    found = []
    for token, before in zip(tokens, ["", *tokens[:-1]], strict=False):
        in_key = _MODE.fullmatch(token) and _KEY.fullmatch(before)
        if token in _MACHINES:
            found.append(token)
        elif not _KEY.fullmatch(token) and not in_key:
            found.append(re.sub(r"\d+", "", token).lower())
    return [word for word in found if len(word) > 1 and not _FILLING.fullmatch(word)]


def read_captions(path: Path) -> dict[str, str]:
    """Captions by file name or path from a CSV file with the columns file and caption.

    Raises UserError when it cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
            columns: Sequence[str] = list(rows[0]) if rows else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read ({error}); save it as a CSV in UTF-8.") from error
    if not {"file", "caption"} <= set(columns):
        raise UserError(f"{path} needs a first line 'file,caption' and a line for each loop.")
    return {row["file"].strip(): (row["caption"] or "").strip() for row in rows if row["file"]}


def caption_of(path: Path, captions: dict[str, str]) -> str:
    """The caption that a CSV gives a file, by relative path or by name; else its words."""
    for key in (path.as_posix(), path.name, path.with_suffix("").as_posix(), path.stem):
        if captions.get(key):
            return captions[key]
    return words_of(path)


def unused(captions: Iterable[str], paths: Sequence[Path]) -> list[str]:
    """Files of a CSV that are not in the folder."""
    known: set[str] = set()
    for path in paths:
        known |= {path.as_posix(), path.name, path.with_suffix("").as_posix(), path.stem}
    return [file for file in captions if file not in known]
