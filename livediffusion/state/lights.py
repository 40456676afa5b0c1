"""What a controller's ring, motor or light shows of the value that its control moves."""

from __future__ import annotations

from livediffusion.state.controls import MidiMapping
from livediffusion.types import Value

SHOWING = ("cc", "cc14", "nrpn", "rpn", "note", "bend")  # controls that can show something
_SEVEN_BITS = 127


def light_of(mapping: MidiMapping, value: Value | None) -> int | None:
    """What to send the control for this value, 0 to its `steps`; None where nothing can be shown.

    A button with one value is lit while that is the present one; of several values, the place in
    the list is shown.
    """
    if mapping.control.kind not in SHOWING or value is None:
        return None
    if mapping.values:
        return _scaled(mapping, _place(mapping.values, value))
    return None if isinstance(value, str) else _scaled(mapping, mapping.position_of(value))


def unlit(mapping: MidiMapping) -> int:
    """What to send the control when it moves nothing."""
    return _scaled(mapping, 0.0)


def _place(values: tuple[Value, ...], value: Value) -> float:
    if value not in values:
        return 0.0
    return 1.0 if len(values) == 1 else values.index(value) / (len(values) - 1)


def _scaled(mapping: MidiMapping, position: float) -> int:
    first, last = (end / _SEVEN_BITS * mapping.control.steps for end in mapping.lights)
    return round(first + position * (last - first))
