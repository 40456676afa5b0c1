"""Writing into a patch file that somebody has written by hand: comments and order stay.

Only the table that changes is touched (tomlkit writes it); everything else is kept as it is, byte
for byte. What would not be a patch afterwards is never written.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from livediffusion.errors import UserError
from livediffusion.state.patch import Patch, parse_patch
from livediffusion.state.tomlsource import FileProblems, Source, statements


class NotWritten(UserError):  # noqa: N818 - an answer, as Refused is
    """The file cannot be written."""


def edit_patch(path: Path, edit: Callable[[str], str]) -> Patch:
    """Let `edit` change the file's text, and put it in the file's place all at once.

    Returns the patch that the file now holds. Raises UserError, with the file as it was.
    """
    try:
        found = path.read_bytes().decode("utf-8")
        newline = "\r\n" if "\r\n" in found else "\n"
        before = found.replace("\r\n", "\n")
        after = edit(before)
        patch = parse_patch(after, path)
        if after != before:
            _replace(path.resolve(), after.replace("\n", newline).encode("utf-8"))
    except FileProblems as problems:
        raise UserError(f"The patch {path.name} has mistakes to mend first: {problems}") from None
    except UnicodeDecodeError:
        raise UserError(f"The patch {path.name} is not UTF-8 text.") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise NotWritten(f"The patch {path} cannot be written ({why}).") from None
    return patch


def add_entry(text: str, key: str, entry: Mapping[str, object]) -> str:
    """The text with one more `[[key]]` table, after the last of its kind, else at the end."""
    written = _header(key) + _keys(entry)
    blocks = _blocks(text, key)
    if not blocks:
        return f"{text.rstrip()}\n\n{written}" if text.strip() else written
    lines, end = text.split("\n"), blocks[-1].end
    return "\n".join([*lines[:end], "", written.rstrip("\n"), *(lines[end:] or [""])])


def change_entry(text: str, key: str, index: int, entry: Mapping[str, object]) -> str:
    """The text with other values in the `index`-th `[[key]]` table; None takes a key away.

    A key with dots, "seed.morph", is found however it was written, in a table of its own too.
    """
    block = _blocks(text, key)[index]
    lines = text.split("\n")
    document = tomlkit.parse("\n".join(lines[block.start : block.end]))
    table: Any = document[key][0]
    for name, value in entry.items():
        if value is not None:
            _put(table, name.split("."), value)
        elif name in table:
            del table[name]
    changed = tomlkit.dumps(document).rstrip("\n").split("\n")
    return "\n".join([*lines[: block.start], *changed, *lines[block.end :]])


def _put(table: Any, name: list[str], value: object) -> None:
    """Set a value where its key stands, or add the key."""
    if len(name) == 1:
        table[name[0]] = value
    elif isinstance(table.get(name[0]), dict):
        _put(table[name[0]], name[1:], value)
    else:
        table.add(tomlkit.key(name), value)


def remove_entry(text: str, key: str, index: int) -> str:
    """The text without the `index`-th `[[key]]` table; comments above and below it stay."""
    block = _blocks(text, key)[index]
    lines = text.split("\n")
    before, after = lines[: block.start], lines[block.end :]
    if before and not before[-1].strip() and (not after or not after[0].strip()):
        after = after[1:]
    return "\n".join([*before, *after]).rstrip("\n") + "\n"


@dataclass(frozen=True, slots=True)
class _Block:
    """A table of an array: its lines from `start` (from 0) up to `end`, not included."""

    start: int
    end: int


def _blocks(text: str, key: str) -> list[_Block]:
    """The `[[key]]` tables, each from its header to its last value."""
    blocks: list[_Block] = []
    inside = False
    for start, end, statement in _spans(text):
        stripped = statement.lstrip()
        if stripped.startswith("["):
            (name, value), *_ = Source(statement, "").values.items()
            inside = name == key
            if inside and value == [{}]:
                blocks.append(_Block(start, end))
                continue
        if inside and blocks:
            blocks[-1] = _Block(blocks[-1].start, end)
    if not blocks and Source(text, "patch").values.get(key):
        raise UserError(f"Write {key} as [[{key}]] tables, so that one more can be added.")
    return blocks


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Statements with their first line (from 0) and the line after their last."""
    for line, statement in statements(text):
        yield line - 1, line + statement.count("\n"), statement


def _header(key: str) -> str:
    return f"[[{key}]]\n"


def _keys(entry: Mapping[str, object]) -> str:
    """The lines of a table's keys; "seed.morph" is written with its dot."""
    return "".join(
        f"{name} = {tomlkit.item(value).as_string()}\n"
        for name, value in entry.items()
        if value is not None
    )


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename: whoever reads meanwhile finds the old file or the new one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as fresh:
            fresh.write(content)
            fresh.flush()
            os.fsync(fresh.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
