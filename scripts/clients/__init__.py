"""The files of patches/clients/, each made from the parameter table.

One module a format, each with functions that return a whole file; `FILES` names them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from clients import (
    csound,
    maxlive,
    maxpat,
    node,
    openstage,
    pd,
    python,
    supercollider,
    tosc,
    touchdesigner,
)

Make: TypeAlias = Callable[[], bytes]

FILES: dict[str, Make] = {
    "livediffusion.pd": pd.make,
    "livediffusion.maxpat": maxpat.make,
    "livediffusion-live.maxpat": maxlive.make,
    "livediffusion.tosc": tosc.make,
    "open-stage-control.json": openstage.make,
    "touchdesigner.py": touchdesigner.make,
    "livediffusion.scd": supercollider.make,
    "livediffusion.csd": csound.make,
    "livediffusion.js": node.make,
    "livediffusion_osc.py": python.make,
}
