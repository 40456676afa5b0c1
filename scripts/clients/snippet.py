"""What the snippets for programming languages share: the table as rows of text."""

from __future__ import annotations

from dataclasses import dataclass

from clients.surface import PROMPTS, addresses, number
from livediffusion.state.parameters import PREFIX, TABLE, Parameter
from livediffusion.state.values import span


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, in words. `low` and `high` are "" where there is no range."""

    address: str  # with {n} for a prompt's number
    types: str
    low: str
    high: str
    help: str


def lines(*kinds: str) -> list[Line]:
    """The table's rows of these kinds, or all of them."""
    return [_line(row) for row in TABLE if not kinds or row.kind in kinds]


def readouts() -> list[str]:
    """Addresses of what is only sent, not taken."""
    return [row.address for row in TABLE if row.kind == "readout"]


def values() -> list[str]:
    """Every address whose value comes back, with numbered prompts."""
    controls = addresses().values()
    return [c.address for c in controls if c and c.row.kind == "value"]


def width(rows: list[Line]) -> int:
    """Of the longest address."""
    return max(len(row.address) for row in rows)


def _line(row: Parameter) -> Line:
    ends = ("", "")
    if row.low is not None and row.high is not None:
        ends = (number(row.low), number(row.high))
    words = span(row) or row.unit
    types = row.types + "".join(f"[{letter}]" for letter in row.optional)
    return Line(row.address, types, *ends, f"{row.help} ({words})" if words else row.help)


__all__ = ["PREFIX", "PROMPTS", "Line", "lines", "readouts", "values", "width"]
