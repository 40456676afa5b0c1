"""A Max patcher.

Each row is whole in itself, so that it can be copied elsewhere: `[r ld.heard]`, a route, a `set`
that moves the control without making it send, the control, `[s ld.packets]`.
"""

from __future__ import annotations

from typing import TypeAlias

from clients.maxwriter import Patcher
from clients.surface import HOST, MADE_BY, PORT, PRESSES, Control, controls, number

_Face: TypeAlias = tuple[float, float]  # where a row lies in the presentation

FEEDBACK_PORT = 9002
_PATIENCE_MS = 5000  # of silence, before it subscribes again
_ROW = 26.0  # pixels
_WIDTH = 770.0  # of one column of the presentation


def make() -> bytes:
    """The patcher for Max."""
    patcher = Patcher(1560, 860)
    connect(patcher, "ld", FEEDBACK_PORT, "livediffusion from Max")
    y, faces = 4 * _ROW, {True: 2 * _ROW, False: 2 * _ROW}
    for control in controls():
        is_left = control.kind in ("fader", "number", "toggle", "choice", "pad")
        face = (10.0 if is_left else 10.0 + _WIDTH, faces[is_left])
        rows = _MAKERS[control.kind](patcher, control, y, face)
        y += _ROW * rows
        faces[is_left] += _ROW * rows
    _presses(patcher, y, (10.0, faces[True] + _ROW))
    return patcher.content()


def connect(patcher: Patcher, bus: str, port: int, title: str) -> None:
    """Subscribe on load, and again when nothing is heard any more.

    What comes to `[r BUS.packets]` is sent, what is heard goes to `[s BUS.heard]`.
    """
    shown = {"presentation": 1, "presentation_rect": [10.0, 6.0, _WIDTH, 20.0]}
    patcher.comment(10, 4, f"{title}. {MADE_BY}", _WIDTH, **shown)
    send = patcher.obj(10, 3 * _ROW, f"udpsend {HOST} {PORT}", 1, 0)
    patcher.chain(patcher.obj(10, 2 * _ROW, f"r {bus}.packets", 0, 1), send)
    subscribe = patcher.msg(200, 2 * _ROW, f"/ld/subscribe {port}")
    patcher.chain(patcher.obj(200, _ROW, "loadbang", 1, 1), subscribe, send)
    hear = patcher.obj(360, _ROW, f"udpreceive {port}", 1, 1)
    patcher.chain(hear, patcher.obj(360, 3 * _ROW, f"s {bus}.heard", 1, 0))
    silence = patcher.obj(430, 2 * _ROW, f"delay {_PATIENCE_MS}", 2, 1)
    sign = patcher.obj(360, 2 * _ROW, "t b", 1, 1)
    patcher.chain(hear, sign, silence, subscribe)
    patcher.connect(subscribe, silence)


def heard(patcher: Patcher, control: Control, y: float, bus: str = "ld") -> str:
    """What is heard of a control: its route's first outlet."""
    route = patcher.obj(120, y, f"route {control.address}", 1, 2)
    return patcher.chain(patcher.obj(10, y, f"r {bus}.heard", 0, 1), route)


def _set(patcher: Patcher, control: Control, y: float, target: str) -> None:
    """What is heard moves the control and goes no further."""
    prepend = patcher.obj(330, y, "prepend set")
    patcher.chain(heard(patcher, control, y), prepend, target)


def _send(patcher: Patcher, control: Control, y: float, *sources: str) -> None:
    prepend = patcher.obj(780, y, f"prepend {control.address}")
    for source in sources:
        patcher.connect(source, prepend)
    patcher.connect(prepend, patcher.obj(1000, y, "s ld.packets", 1, 0))


def _label(patcher: Patcher, control: Control, y: float, face: _Face) -> None:
    text = f"{control.label}: {control.brief}"
    patcher.comment(1120, y, text, 360, **_shown(face, 390, 360))


def _shown(face: _Face, x: float, width: float, row: int = 0) -> dict[str, object]:
    rect = [face[0] + x, face[1] + _ROW * row, width, 22.0]
    return {"presentation": 1, "presentation_rect": rect}


def _fader(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    slider = _slider(patcher, control, y, _shown(face, 0, 280))
    box = patcher.add("flonum", (650, y, 90, 22), 1, 2, format=6, **_shown(face, 290, 90))
    for target in (slider, box):
        _set(patcher, control, y, target)
    patcher.connect(slider, box)
    _send(patcher, control, y, box)
    _label(patcher, control, y, face)
    return 1


def _slider(patcher: Patcher, control: Control, y: float, shown: dict[str, object]) -> str:
    ends = {"floatoutput": 1, "min": control.low, "size": control.high - control.low}
    return patcher.add("slider", (430, y, 200, 22), 1, 1, orientation=1, **ends, **shown)


def _number(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    ends = {"minimum": int(control.low), "maximum": int(control.high)}
    box = patcher.add("number", (650, y, 90, 22), 1, 2, **ends, **_shown(face, 290, 90))
    return _both_ways(patcher, control, y, face, box)


def _toggle(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    box = patcher.add("toggle", (650, y, 22, 22), 1, 1, **_shown(face, 290, 22))
    return _both_ways(patcher, control, y, face, box)


def _both_ways(patcher: Patcher, control: Control, y: float, face: _Face, box: str) -> int:
    _set(patcher, control, y, box)
    _send(patcher, control, y, box)
    _label(patcher, control, y, face)
    return 1


def _choice(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    """A message for each choice, and what is chosen."""
    width = 280 / len(control.choices)
    boxes = [
        patcher.msg(430 + 80 * i, y, choice, **_shown(face, width * i, width - 4))
        for i, choice in enumerate(control.choices)
    ]
    _send(patcher, control, y, *boxes)
    _set(patcher, control, y + _ROW, patcher.msg(430, y + _ROW, "", **_shown(face, 290, 90)))
    _label(patcher, control, y, face)
    return 2


def _pad(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    """Max's own pads count in whole numbers: a fader for each axis."""
    pak = patcher.obj(700, y, "pak 0. 0.", 2, 1)
    unpack = patcher.obj(330, y, "unpack 0. 0.", 1, 2)
    patcher.chain(heard(patcher, control, y), unpack)
    _send(patcher, control, y, pak)
    _label(patcher, control, y, face)
    for axis in range(2):
        slider = _slider(patcher, control, y + _ROW * axis, _shown(face, 0, 280, axis))
        back = patcher.obj(360, y + _ROW * axis, "prepend set")
        patcher.connect(unpack, back, outlet=axis)
        patcher.connect(back, slider)
        patcher.connect(back, pak, inlet=axis)
        patcher.connect(slider, pak, inlet=axis)
    return 2


def _button(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    box = patcher.msg(430, y, control.address, **_shown(face, 0, 150))
    patcher.connect(box, patcher.obj(1000, y, "s ld.packets", 1, 0))
    _label(patcher, control, y, face)
    return 1


def _text(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    """Type, and press return."""
    rect, shown = (430, y, 240, 22), _shown(face, 0, 380)
    box = patcher.add("textedit", rect, 1, 4, keymode=1, lines=1, **shown)
    _set(patcher, control, y, box)
    typed = patcher.obj(680, y, "route text", 1, 2)
    _send(patcher, control, y, patcher.chain(box, typed, patcher.obj(740, y, "tosymbol")))
    _label(patcher, control, y, face)
    return 1


def _readout(patcher: Patcher, control: Control, y: float, face: _Face) -> int:
    _set(patcher, control, y, patcher.msg(430, y, "", **_shown(face, 0, 380)))
    _label(patcher, control, y, face)
    return 1


def _presses(patcher: Patcher, y: float, face: _Face) -> None:
    for place, press in enumerate(PRESSES):
        text = f"{press.address} {number(press.value)}"
        shown = _shown(face, 100 * (place % 4), 96, place // 4)
        box = patcher.msg(430, y + _ROW * place, text, **shown)
        patcher.connect(box, patcher.obj(1000, y + _ROW * place, "s ld.packets", 1, 0))


_MAKERS = {  # each answers how many rows it took
    "fader": _fader,
    "number": _number,
    "toggle": _toggle,
    "choice": _choice,
    "pad": _pad,
    "button": _button,
    "text": _text,
    "readout": _readout,
}
