"""Tempos as people set them."""

from __future__ import annotations

from livediffusion.types import BPM

_STEPS = (1.0, 0.5, 0.1, 0.05, 0.01)


def roundest(tempo: BPM, doubt: BPM) -> BPM:
    """The roundest tempo within `doubt` of one that was measured: 126 rather than 125.97."""
    for step in _STEPS:
        near = round(round(tempo / step) * step, 2)
        if abs(near - tempo) <= doubt:
            return near
    return round(tempo, 2)
