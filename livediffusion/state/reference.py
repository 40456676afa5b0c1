"""The table as Markdown, for the README; CI checks that both agree."""

from __future__ import annotations

from livediffusion.state.parameters import TABLE, Parameter
from livediffusion.state.values import span

_TYPES = {"f": "float", "i": "int", "s": "string", "b": "bool", "*": "…"}
_KINDS = {"value": "", "trigger": "trigger", "request": "", "readout": "read-out"}
_BEGIN, _END = "<!-- osc table -->", "<!-- end of the osc table -->"
_HEAD = "| address | takes | range | default | what it does |\n|---|---|---|---|---|\n"


def markdown() -> str:
    """One row a parameter; ends with a newline."""
    return _HEAD + "".join(f"| {' | '.join(_cells(row))} |\n" for row in TABLE)


def in_readme(text: str) -> str:
    """A README's text with the present table between its two markers."""
    start = text.index(_BEGIN) + len(_BEGIN)
    return f"{text[:start]}\n{markdown()}{text[text.index(_END) :]}"


def _cells(row: Parameter) -> tuple[str, ...]:
    gliding = "; glides" if row.glides else ""
    limits = span(row) or row.unit
    return f"`{row.address}`", _takes(row), limits, _default(row), row.help + gliding


def _takes(row: Parameter) -> str:
    words = [_TYPES[letter] for letter in row.types]
    words[:1] = [f"{words[0]} or int"] if row.by_number else words[:1]
    words += [f"optional {_TYPES[letter]}" for letter in row.optional]
    return ", ".join(words).replace(", …", "…") or _KINDS[row.kind]


def _default(row: Parameter) -> str:
    if row.default is None or row.default == "":
        return ""
    if isinstance(row.default, bool):
        return "on" if row.default else "off"
    return str(row.default) if isinstance(row.default, str) else f"{row.default:g}"
