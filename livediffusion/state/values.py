"""What may be sent to a row of the table, and what becomes of it (DESIGN.md section 6, Values).

int, float and bool are coerced; finite numbers out of range are clamped; NaN, infinity and text
where a number belongs are refused. Nothing here raises anything but `Refused`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livediffusion.state.parameters import Parameter, Refused, resolve
from livediffusion.state.patterns import is_pattern, matching
from livediffusion.state.suggest import did_you_mean, shown, span_of
from livediffusion.types import Value

MAX_TEXT = 1000  # characters of a prompt
_COUNTS = ("nothing", "one value", "two values")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Values as the row wants them; `fires` is False only for a trigger or place sent as zero."""

    values: tuple[Value, ...]
    clamped: bool = False
    fires: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """One accepted message: its row, prompt number (from 1), own address and values."""

    row: Parameter
    n: int | None
    address: str
    values: tuple[Value, ...]
    clamped: bool = False
    fires: bool = True


def interpret(address: str, values: Sequence[object], prompts: int) -> list[Change]:
    """What a message means while there are so many prompts; OSC patterns reach many rows.

    Patterns (`/ld/prompt/*/weight`) reach values only, never triggers, requests or scenes, and of
    those the ones that can take what was sent. A blend comes back with a weight for each prompt.
    The text of prompt `prompts + 1` adds one. Raises Refused.
    """
    if not is_pattern(address):
        return [_change(*resolve(address), values, prompts)]
    changes, refusals = [], []
    for row, n in matching(address, prompts):
        try:
            changes.append(_change(row, n, values, prompts))
        except Refused as refusal:
            refusals.append(refusal)
    if not changes:
        raise refusals[0]
    return changes


def _change(row: Parameter, n: int | None, values: Sequence[object], prompts: int) -> Change:
    if n is not None and n > prompts + (row.key == "prompt.{n}.text"):
        raise Refused(f"There is no prompt {n}: the last is {prompts}.")
    address = row.address_of(n)
    accepted = coerce(row, values, address)
    if row.types == "f*":
        accepted = _filled(accepted, prompts, address)
    return Change(row, n, address, accepted.values, accepted.clamped, accepted.fires)


def _filled(blend: Accepted, prompts: int, name: str) -> Accepted:
    """Missing weights are 0, too many are refused."""
    if len(blend.values) > prompts:
        raise Refused(f"{name} has {len(blend.values)} weights for {prompts} prompts.")
    missing = (0.0,) * (prompts - len(blend.values))
    return Accepted(blend.values + missing, blend.clamped)


def coerce(row: Parameter, values: Sequence[object], name: str = "") -> Accepted:
    """Bring foreign values to what the row holds. `name` stands in the refusal's sentence."""
    name = name or row.address
    if row.kind == "trigger":
        return _coerce_trigger(values, name)
    types = _types_for(row, len(values), name)
    found, clamped = [], False
    for letter, value in zip(types, values, strict=True):
        taken, moved = _CONVERTERS[letter](row, value, name)
        found.append(taken)
        clamped = clamped or moved
    return Accepted(tuple(found), clamped, fires=not (row.by_number and found[0] == 0))


def coerce_exactly(row: Parameter, values: Sequence[object], name: str) -> tuple[Value, ...]:
    """As `coerce`, for files: what OSC would bend into shape is refused as well."""
    for letter, value in zip(_types_for(row, len(values), name), values, strict=True):
        if letter != "b" and isinstance(value, bool):
            raise Refused(f"{name} needs {_wanted(row, letter)}, not {str(value).lower()}.")
        if letter == "b" and not isinstance(value, bool):
            raise Refused(f"{name} needs true or false.")
        if letter == "i" and isinstance(value, float) and not value.is_integer():
            raise Refused(f"{name} needs a whole number, not {value:g}.")
    accepted = coerce(row, values, name)
    if accepted.clamped:
        given = ", ".join(f"{value:g}" for value in values if isinstance(value, int | float))
        raise Refused(f"{name} is {given}, which is not in {span(row)}.")
    return accepted.values


def span(row: Parameter) -> str:
    """The row's range in words: "0 to 64 beats", "off, beat, bar or loop", "" for none."""
    if row.choices:
        return ", ".join(row.choices[:-1]) + " or " + row.choices[-1]
    if row.low is None or row.high is None:
        return ""
    return f"{span_of(row.low, row.high)} {row.unit}".rstrip()


def _coerce_trigger(values: Sequence[object], name: str) -> Accepted:
    """A trigger fires without an argument or with one that is not zero."""
    if not values:
        return Accepted(())
    value = values[0]
    if len(values) > 1 or not isinstance(value, int | float):
        raise Refused(f"{name} is a trigger: send it alone, or with 1.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(f"{name} is a trigger: send it alone, or with 1, not {value}.")
    return Accepted((), fires=value != 0)


def _types_for(row: Parameter, count: int, name: str) -> str:
    """One letter for each of `count` values."""
    if row.types == "f*":
        if count < 1:
            raise Refused(f"{name} needs one number for each prompt.")
        return "f" * count
    longest = row.types + row.optional
    if not len(row.types) <= count <= len(longest):
        needed = _COUNTS[len(row.types)]
        raise Refused(f"{name} needs {needed}, got {count or 'none'}.")
    return longest[:count]


def _wanted(row: Parameter, letter: str) -> str:
    kinds = {"f": "a number", "i": "a whole number", "s": "text", "b": "a number or a bool"}
    if letter == "s" and row.choices:
        return span(row)
    if letter == "s" and row.by_number:
        return "a name or a number"
    limits = span(row) if letter in "fi" else ""
    return f"{kinds[letter]} from {limits}" if limits else kinds[letter]


def _number(row: Parameter, letter: str, value: object, name: str) -> int | float:
    if isinstance(value, str):
        raise Refused(f"{name} needs {_wanted(row, letter)}, not the text {shown(value)}.")
    if not isinstance(value, int | float):
        raise Refused(f"{name} needs {_wanted(row, letter)}, not a {type(value).__name__}.")
    if not isinstance(value, int) and not math.isfinite(value):
        raise Refused(f"{name} needs {_wanted(row, letter)}, not {value}.")
    return value


def _clamp(row: Parameter, number: int | float, name: str) -> tuple[int | float, bool]:
    if row.low is None or row.high is None:
        return number, False
    if row.low <= number <= row.high:
        return number, False
    if row.kind == "request":
        raise Refused(f"{name} needs a number from {span(row)}, not {number}.")
    return (row.low if number < row.low else row.high), True


def _as_float(row: Parameter, value: object, name: str) -> tuple[Value, bool]:
    number, clamped = _clamp(row, _number(row, "f", value, name), name)
    return float(number) + 0.0, clamped  # + 0.0 turns -0.0 into 0.0


def _as_int(row: Parameter, value: object, name: str) -> tuple[Value, bool]:
    number, clamped = _clamp(row, _number(row, "i", value, name), name)
    return round(number), clamped


def _as_bool(row: Parameter, value: object, name: str) -> tuple[Value, bool]:
    return _number(row, "b", value, name) != 0, False


def _as_text(row: Parameter, value: object, name: str) -> tuple[Value, bool]:
    if row.by_number and not isinstance(value, str):
        return _as_place(row, value, name), False
    if not isinstance(value, str):
        raise Refused(f"{name} needs {_wanted(row, 's')}, not a {type(value).__name__}.")
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in value).strip()
    if len(text) > MAX_TEXT:
        raise Refused(f"{name} takes at most {MAX_TEXT} characters, not {len(text)}.")
    if row.choices and text not in row.choices:
        hint = did_you_mean(text, row.choices)
        raise Refused(f"{name} is {span(row)}, not {shown(text)}.{hint}")
    return text, False


def _as_place(row: Parameter, value: object, name: str) -> int:
    """The number of what is named, from 1; a button that is let go sends 0."""
    number = round(_number(row, "s", value, name))
    if not 0 <= number <= (row.high or 0):
        raise Refused(f"{name} needs {_wanted(row, 's')} from 1, not {number}.")
    return number


_Converter = Callable[[Parameter, object, str], tuple[Value, bool]]
_CONVERTERS: dict[str, _Converter] = {
    "f": _as_float,
    "i": _as_int,
    "b": _as_bool,
    "s": _as_text,
}
