"""Checks for values of TOML files: each returns the value or raises ValueError("must ...")."""

from __future__ import annotations

import math
from collections.abc import Collection

from livediffusion.state.suggest import or_rather, shown, span_of
from livediffusion.state.tomlsource import Check


def text(longest: int = 1000, empty: bool = True) -> Check:
    """A string."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"must be text in quotes, not {_plain(value)}")
        if not value.strip() and not empty:
            raise ValueError("must not be empty")
        if len(value) > longest:
            raise ValueError(f"must have at most {longest} characters, not {len(value)}")
        return value

    return check


def number(low: float, high: float) -> Check:
    """A finite number in a range, as a float."""
    wanted = f"must be a number from {span_of(low, high)}"

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{wanted}, not {_plain(value)}")
        if not low <= value <= high:  # also refuses NaN
            raise ValueError(f"{wanted}, not {value}")
        return float(value)

    return check


def whole(low: int, high: int, multiple: int = 1) -> Check:
    """A whole number in a range, a multiple of one."""
    wanted = f"must be a whole number from {low} to {high}"
    wanted += f", a multiple of {multiple}" if multiple > 1 else ""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{wanted}, not {_plain(value)}")
        if not low <= value <= high or value % multiple:
            raise ValueError(f"{wanted}, not {value}")
        return value

    return check


def flag() -> Check:
    """true or false."""

    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false, not {_plain(value)}")
        return value

    return check


def choice(known: Collection[str]) -> Check:
    """One of some words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            hint = or_rather(value, known) if isinstance(value, str) else ""
            raise ValueError(f"must be {_either(known)}, not {_plain(value)}{hint}")
        return value

    return check


def list_of(each: Check, length: int | None = None) -> Check:
    """A list whose entries pass `each`, as a tuple."""

    def check(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise ValueError(f"must be a list in [ ], not {_plain(value)}")
        if length is not None and len(value) != length:
            raise ValueError(f"must have {length} entries, not {len(value)}")
        return tuple(each(entry) for entry in value)

    return check


def _either(known: Collection[str]) -> str:
    quoted = [f'"{word}"' for word in known]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" or {quoted[-1]}"


def _plain(value: object) -> str:
    """A TOML value in a sentence."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else str(value)[:40]
