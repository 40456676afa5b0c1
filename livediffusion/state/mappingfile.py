"""Reads the `[[midi]]` tables of a patch file: which control moves what, and how.

Everything that is wrong is noted in the Source, with its line; nothing here raises.
"""

from __future__ import annotations

from typing import Any

from livediffusion.state import parameters
from livediffusion.state.checks import choice, flag, list_of, number, text, whole
from livediffusion.state.controls import (
    ENCODINGS,
    TAKEOVERS,
    Control,
    MidiMapping,
    parse_control,
)
from livediffusion.state.curves import CURVES
from livediffusion.state.parameters import MAX_BANK, Parameter, Refused
from livediffusion.state.suggest import span_of
from livediffusion.state.tomlsource import Check, Place, Source
from livediffusion.state.values import coerce_exactly
from livediffusion.types import Value

_MOST_STEPS = 128
_PROGRAMS = 128


def _control(value: object) -> Control:
    return parse_control(text()(value))


def _any(value: object) -> object:
    if isinstance(value, dict | list):
        raise ValueError("must be one value")
    return value


_MIDI: dict[str, Check] = {
    "control": _control,
    "device": text(200, empty=False),
    "target": text(200, empty=False),
    "range": list_of(number(-1e9, 1e10), 2),
    "curve": choice(CURVES),
    "steps": whole(2, _MOST_STEPS),
    "takeover": choice(TAKEOVERS),
    "encoding": choice(ENCODINGS),
    "value": _any,
    "values": list_of(_any),
    "velocity": flag(),
    "bank": whole(1, MAX_BANK),
    "lights": list_of(whole(0, 127), 2),
}
_PLAIN = ("device", "curve", "takeover", "encoding", "velocity", "bank", "lights")


def read_mappings(source: Source, prompts: int) -> tuple[MidiMapping, ...]:
    """The patch's mappings, in the file's order; `prompts` is how many it has."""
    mappings: list[MidiMapping] = []
    for place, entry in source.tables("midi"):
        found = source.read(entry, place, _MIDI)
        for key in ("control", "target"):
            if key not in entry:
                source.say(place, f"This [[midi]] needs a {key}.")
        mapping = _read(source, place, found, prompts)
        if mapping is None:
            continue
        if twin := next((one for one in mappings if _collide(one, mapping)), None):
            source.say(place, f"{twin.control} moves {twin.target} already.")
        mappings.append(mapping)
    return tuple(mappings)


def _read(source: Source, place: Place, found: dict[str, Any], prompts: int) -> MidiMapping | None:
    """One table; None, with what is wrong noted, where it cannot be used."""
    control = found.get("control")
    row = _target(source, place, found.get("target"), prompts)
    if row is None or control is None:
        return None
    _check_words(source, place, found, control)
    choices = _choices(source, place, found, row)
    counts = row.by_number and control.kind == "program" and control.number is None
    if row.types == "s" and not choices and not counts:
        if "value" not in found and "values" not in found:
            wanted = 'value = "..." or values = ["...", "..."]'
            source.say((*place, "target"), f"{found['target']} takes text: say which, as {wanted}.")
        return None
    if row.kind == "request" and len(choices) != 1:
        source.say(
            (*place, "target"), f"{row.address} moves by steps: say how far, as value = 0.1."
        )
        return None
    low, high = _ends(source, place, found, row, bool(choices))
    is_switch = row.types == "b"
    more: dict[str, Any] = {"takeover": "jump", "velocity": False} if is_switch else {}
    more |= {key: found[key] for key in _PLAIN if key in found}
    return MidiMapping(
        control,
        found["target"],
        low,
        high,
        values=choices,
        steps=_steps(source, place, found, row, (low, high)),
        whole=row.types in ("i", "b", "s"),
        **more,
    )


def _target(source: Source, place: Place, target: str | None, prompts: int) -> Parameter | None:
    """The row that a knob moves, or None with what is wrong noted."""
    if target is None:
        return None
    try:
        row, n = parameters.resolve(target)
        is_step = row.kind == "request" and row.types == "f"
        is_value = row.kind in ("value", "trigger") and row.types in ("f", "i", "b", "s", "")
        if not is_value and not is_step:
            raise Refused(f"{target} is not one value, so no knob can move it.")
        if n is not None and n > prompts:
            raise Refused(f"There is no prompt {n}: the last is {prompts}.")
    except Refused as refusal:
        source.say((*place, "target"), str(refusal))
        return None
    return row


def _check_words(source: Source, place: Place, found: dict[str, Any], control: Control) -> None:
    """What does not go together."""
    is_relative = found.get("takeover") == "relative"
    if is_relative and control.kind != "cc":
        source.say((*place, "takeover"), 'takeover = "relative" is for "cc" only.')
    if "encoding" in found and not is_relative:
        source.say((*place, "encoding"), 'encoding is for takeover = "relative".')
    if "steps" in found and found.get("curve") != "stepped":
        source.say((*place, "steps"), 'steps are for curve = "stepped".')
    if "velocity" in found and control.kind != "note":
        source.say((*place, "velocity"), "velocity is for notes.")


def _choices(
    source: Source, place: Place, found: dict[str, Any], row: Parameter
) -> tuple[Value, ...]:
    """The values that the control chooses among; a trigger's is to fire."""
    key = "value" if "value" in found else "values"
    given = [found["value"]] if "value" in found else list(found.get("values", row.choices))
    if "value" in found and "values" in found:
        source.say((*place, "value"), "Give either value or values.")
    if key in found and not given:
        source.say((*place, key), "values must not be empty.")
    if row.kind == "trigger":
        if key in found or "range" in found:
            source.say(place, f"{row.address} only fires: it takes no {key} and no range.")
        return (1,)
    try:
        return tuple(coerce_exactly(row, [value], found["target"])[0] for value in given)
    except Refused as refusal:
        source.say((*place, key), str(refusal))
        return ()


def _ends(
    source: Source, place: Place, found: dict[str, Any], row: Parameter, chooses: bool
) -> tuple[float, float]:
    """Where the knob's two ends land."""
    if row.types == "s":
        low, high = 1.0, float(_PROGRAMS)  # by number
    else:
        low, high = row.low or 0.0, 1.0 if row.high is None else row.high
    if "range" in found and row.kind == "value" and (chooses or row.types == "s"):
        source.say((*place, "range"), "range is for numbers, without value or values.")
    ends = found.get("range", (low, high))
    if not all(low <= end <= high for end in ends):
        source.say((*place, "range"), f"range must lie within {span_of(low, high)}.")
    return ends[0], ends[1]


def _steps(
    source: Source,
    place: Place,
    found: dict[str, Any],
    row: Parameter,
    ends: tuple[float, float],
) -> int:
    """How many values a stepped curve has: as many as there are whole numbers, unless said."""
    if "steps" in found or found.get("curve") != "stepped":
        return int(found.get("steps", 2))
    count = round(abs(ends[1] - ends[0])) + 1
    if row.types not in ("i", "b") or not 2 <= count <= _MOST_STEPS:
        source.say((*place, "curve"), f'curve = "stepped" needs steps, 2 to {_MOST_STEPS}.')
        return 2
    return count


def _collide(one: MidiMapping, other: MidiMapping) -> bool:
    """Whether two tables would make one control move one target twice."""
    same = (one.control, one.target, one.device) == (other.control, other.target, other.device)
    return same and (one.bank is None or other.bank is None or one.bank == other.bank)
