"""A session for Open Stage Control 1.20 or newer: widgets bind by address in both directions.

It sends where its server does: open-stage-control --send 127.0.0.1:7770.
"""

from __future__ import annotations

import json
from typing import Any

from clients.surface import MADE_BY, PRESSES, Control, controls

Widget = dict[str, Any]

_ROW, _LABEL, _COLUMN = 36, 110, 430
_ON_CREATE = (
    "send('/ld/subscribe'); setInterval('subscribe', function() { send('/ld/subscribe') }, 30000)"
)


def make() -> bytes:
    """The session file."""
    widgets = [
        *_column(controls("fader", "number"), 0),
        *_switches(_COLUMN),
        *_buttons(_COLUMN),
        *_column(controls("text", "readout"), 2 * _COLUMN),
    ]
    root = {
        "type": "root",
        "id": "root",
        "comments": MADE_BY,
        "onCreate": _ON_CREATE,
        "widgets": widgets,
        "tabs": [],
    }
    session = {
        "createdWith": "Open Stage Control",
        "version": "1.26.0",
        "type": "session",
        "content": root,
    }
    return (json.dumps(session, indent=1, ensure_ascii=False) + "\n").encode()


def _column(found: list[Control], x: int) -> list[Widget]:
    widgets = []
    for place, control in enumerate(found):
        y = place * _ROW
        widgets.append(_label(control, x, y))
        frame = (x + _LABEL, y, _COLUMN - _LABEL - 6, _ROW - 4)
        if control.kind == "fader":
            ends = {"min": control.low, "max": control.high}
            more = {"range": ends, "default": control.start, "decimals": 4, "typeTags": "f"}
            widgets.append(
                _widget("fader", control, frame, horizontal=True, design="compact", **more)
            )
        elif control.kind == "number":
            more = {"numeric": 1, "decimals": 0, "typeTags": "i"}
            widgets.append(_widget("input", control, frame, **more))
        elif control.kind == "text":
            widgets.append(_widget("input", control, frame, typeTags="s", align="left"))
        else:
            widgets.append(_widget("text", control, frame, decimals=2, bypass=True, align="left"))
    return widgets


def _switches(x: int) -> list[Widget]:
    widgets, half = [], _COLUMN // 2
    for control in controls("pad"):
        ends = {"min": control.low, "max": control.high}
        frame = (x, 0, half, half)
        more = {"rangeX": ends, "rangeY": ends, "snap": True, "decimals": 4, "typeTags": "f"}
        widgets.append(_widget("xy", control, frame, **more))
    for place, control in enumerate(controls("toggle")):
        frame = (x + half + 10, place * 50, 120, 46)
        more = {"mode": "toggle", "on": 1, "off": 0, "typeTags": "i"}
        widgets.append(_widget("button", control, frame, label=control.label, **more))
    for place, control in enumerate(controls("choice")):
        frame = (x, half + 10 + 60 * place, _COLUMN - 10, 50)
        values = {choice: choice for choice in control.choices}
        more = {"layout": "horizontal", "values": values, "typeTags": "s"}
        widgets.append(_widget("switch", control, frame, **more))
    return widgets


def _buttons(x: int) -> list[Widget]:
    widgets, width = [], _COLUMN // 4
    for place, control in enumerate(controls("button")):
        frame = (x + width * (place % 4), 400 + 60 * (place // 4), width - 4, 56)
        widgets.append(_widget("button", control, frame, label=control.label, mode="momentary"))
    for place, press in enumerate(PRESSES):
        frame = (x + width * (place % 4), 600 + 60 * (place // 4), width - 4, 56)
        tag = "i" if isinstance(press.value, int) else "f"
        what = {"address": press.address, "on": press.value, "typeTags": tag}
        how = {"label": press.label, "mode": "tap"}
        widgets.append(_framed("button", press.name, frame) | what | how)
    return widgets


def _label(control: Control, x: int, y: int) -> Widget:
    name = {"value": control.label, "comments": control.help, "address": "", "bypass": True}
    return _framed("text", f"{control.name}-label", (x, y, _LABEL, _ROW - 4)) | name


def _widget(kind: str, control: Control, frame: tuple[int, ...], **more: Any) -> Widget:
    common = {"address": control.address, "comments": control.help}
    return _framed(kind, control.name, frame) | common | more


def _framed(kind: str, name: str, frame: tuple[int, ...]) -> Widget:
    return {"type": kind, "id": name} | dict(
        zip(("left", "top", "width", "height"), frame, strict=True)
    )
