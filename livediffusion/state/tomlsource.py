"""A TOML text that knows on which line each key stands, and collects what is wrong with it.

`tomllib` gives values without places. A TOML text is a sequence of statements (a table header, or
a key with its value), and each of them is a TOML text of its own; so the statements are found by
letting `tomllib` read ever more lines until it is content.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from livediffusion.errors import UserError
from livediffusion.state.suggest import did_you_mean, shown

Place: TypeAlias = tuple[str | int, ...]  # ("prompt", 0, "text"): key names and array indices
Check: TypeAlias = Callable[[object], Any]  # returns the value, or raises ValueError("must ...")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: its line (from 1) and a sentence."""

    line: int
    sentence: str


class FileProblems(UserError):  # noqa: N818 - several, of one file
    """Everything that is wrong with one file, together; one line a problem."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{path}:{p.line}: {p.sentence}" for p in self.problems))


class Source:
    """The values of a TOML text, where they stand, and the problems found so far.

    Raises FileProblems at once when the text is not TOML.
    """

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise FileProblems(path, [_syntax_problem(str(error), text)]) from None
        except RecursionError:
            raise FileProblems(path, [Problem(1, "This is nested too deeply.")]) from None
        self._lines = dict(_places(text))

    def line(self, place: Place) -> int:
        """The line of a key, or of the nearest thing round it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def say(self, place: Place, sentence: str) -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(self.line(place), sentence))

    def finish(self) -> None:
        """Raise FileProblems if anything was noted."""
        if self.problems:
            raise FileProblems(self.path, self.problems)

    def read(self, table: Mapping[str, object], at: Place, checks: Mapping[str, Check]) -> Any:
        """The table's values by their checks, as a dict; what is wrong is noted and left out."""
        found = {}
        for key, value in table.items():
            if key not in checks:
                self.say(
                    (*at, key),
                    f"There is no key {shown(key)}{_within(at)}." + did_you_mean(key, checks),
                )
                continue
            try:
                found[key] = checks[key](value)
            except ValueError as error:
                self.say((*at, key), f"{dotted((*at, key))} {error}.")
        return found

    def tables(self, key: str) -> list[tuple[Place, dict[str, object]]]:
        """The tables of `[[key]]` with their places."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.say((key,), f"{key} is written as [[{key}]], once for each.")
            return []
        return [((key, index), entry) for index, entry in enumerate(value)]


def dotted(place: Place) -> str:
    """A place in words: `prompt 2, text` is ("prompt", 1, "text")."""
    words = ""
    for part in place:
        if isinstance(part, int):
            words += f" {part + 1},"
        else:
            words += (" " if words.endswith(",") else "." if words else "") + part
    return words.rstrip(",")


def flatten(table: Mapping[str, object], under: Place = ()) -> Iterator[tuple[Place, object]]:
    """(("seed", "morph"), 0.5) for each value that is no table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flatten(value, (*under, key))
        else:
            yield (*under, key), value


def _within(at: Place) -> str:
    if not at:
        return ""
    return f" in [[{at[0]}]]" if len(at) > 1 else f" in [{at[0]}]"


def _syntax_problem(message: str, text: str) -> Problem:
    """tomllib says "Expected '=' after a key (at line 3, column 5)"."""
    match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    what = message if match is None else message[: match.start()]
    line = int(match[1]) if match and match[1] else text.count("\n") + 1
    return Problem(line, f"This is not TOML: {what[:1].lower()}{what[1:]}.")


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Each table and key of a valid TOML text with its line."""
    table: Place = ()
    counts: dict[Place, int] = {}
    for line, statement in statements(text):
        values = tomllib.loads(statement)
        if not statement.lstrip().startswith("["):
            for place in _keys(values):
                yield (*table, *place), line
            continue
        table = _resolve_header(next(_keys(values)), counts)
        if statement.lstrip().startswith("[["):
            counts[table] = counts.get(table, -1) + 1
            table = (*table, counts[table])
        yield table, line


def statements(text: str) -> Iterator[tuple[int, str]]:
    """The text's statements, each with the line it begins on."""
    lines = text.replace("\r\n", "\n").split("\n")
    start = 0
    while start < len(lines):
        end = start + 1
        while not _complete("\n".join(lines[start:end])) and end < len(lines):
            end += 1
        statement = "\n".join(lines[start:end])
        if statement.strip() and not statement.lstrip().startswith("#"):
            yield start + 1, statement
        start = end


def _complete(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys(values: Mapping[str, object]) -> Iterator[Place]:
    """The keys of one statement: ("seed", "morph"); also those of an inline table."""
    for key, value in values.items():
        if isinstance(value, list) and value == [{}]:  # what a [[header]] reads as
            value = {}
        yield from (
            ((key, *rest) for rest in _keys(value))
            if isinstance(value, dict) and value
            else [(key,)]
        )


def _resolve_header(header: Place, counts: Mapping[Place, int]) -> Place:
    """Where a header's table stands: array names inside it are followed by their last index."""
    place: Place = ()
    for depth, part in enumerate(header):
        place = (*place, part)
        if place in counts and depth < len(header) - 1:
            place = (*place, counts[place])
    return place
