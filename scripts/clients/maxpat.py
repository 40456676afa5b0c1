"""A Max patcher.

Each row is whole in itself, so that it can be copied elsewhere: `[r ld.heard]`, a route, a `set`
that moves the control without making it send, the control, `[s ld.packets]`.
"""

from __future__ import annotations

from clients.maxwriter import Patcher
from clients.surface import HOST, MADE_BY, PORT, PRESSES, Control, controls, number

FEEDBACK_PORT = 9002
_PATIENCE_MS = 5000  # of silence, before it subscribes again
_ROW = 26.0  # pixels
_WIDTH = 760.0  # of the presentation


def make() -> bytes:
    """The patcher for Max."""
    patcher = Patcher(900, 760)
    connect(patcher, "ld", FEEDBACK_PORT, "livediffusion from Max")
    y = 4 * _ROW
    for control in controls():
        y = _MAKERS[control.kind](patcher, control, y)
    _presses(patcher, y)
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


def _label(patcher: Patcher, control: Control, y: float) -> None:
    text = f"{control.label}: {control.help}"
    shown = {"presentation": 1, "presentation_rect": [400.0, y, 460.0, 20.0]}
    patcher.comment(1120, y, text, 460, **shown)


def _shown(x: float, y: float, width: float) -> dict[str, object]:
    return {"presentation": 1, "presentation_rect": [x, y, width, 22.0]}


def _fader(patcher: Patcher, control: Control, y: float) -> float:
    ends = {"floatoutput": 1, "min": control.low, "size": control.high - control.low}
    slider = patcher.add(
        "slider", (430, y, 200, 22), 1, 1, orientation=1, **ends, **_shown(10, y, 280)
    )
    box = patcher.add("flonum", (650, y, 90, 22), 1, 2, format=6, **_shown(300, y, 90))
    for target in (slider, box):
        _set(patcher, control, y, target)
    patcher.connect(slider, box)
    _send(patcher, control, y, box)
    _label(patcher, control, y)
    return y + _ROW


def _number(patcher: Patcher, control: Control, y: float) -> float:
    ends = {"minimum": int(control.low), "maximum": int(control.high)}
    box = patcher.add("number", (650, y, 90, 22), 1, 2, **ends, **_shown(300, y, 90))
    _set(patcher, control, y, box)
    _send(patcher, control, y, box)
    _label(patcher, control, y)
    return y + _ROW


def _toggle(patcher: Patcher, control: Control, y: float) -> float:
    box = patcher.add("toggle", (650, y, 22, 22), 1, 1, **_shown(300, y, 22))
    _set(patcher, control, y, box)
    _send(patcher, control, y, box)
    _label(patcher, control, y)
    return y + _ROW


def _choice(patcher: Patcher, control: Control, y: float) -> float:
    """A message for each choice, and what is chosen."""
    for i, choice in enumerate(control.choices):
        text = f"{control.address} {choice}"
        box = patcher.msg(430 + 150 * i, y, text, **_shown(10 + 70 * i, y, 66))
        patcher.connect(box, patcher.obj(1000, y, "s ld.packets", 1, 0))
    shown = patcher.msg(650, y + _ROW, "", **_shown(300, y, 90))
    _set(patcher, control, y + _ROW, shown)
    _label(patcher, control, y)
    return y + 2 * _ROW


def _pad(patcher: Patcher, control: Control, y: float) -> float:
    """Max's own pads count in whole numbers: a fader for each axis."""
    pak = patcher.obj(700, y, "pak 0. 0.", 2, 1)
    unpack = patcher.obj(330, y, "unpack 0. 0.", 1, 2)
    patcher.chain(heard(patcher, control, y), unpack)
    _send(patcher, control, y, pak)
    _label(patcher, control, y)
    ends = {"floatoutput": 1, "min": control.low, "size": control.high - control.low}
    for axis in range(2):
        row = y + _ROW * axis
        slider = patcher.add(
            "slider", (430, row, 200, 22), 1, 1, orientation=1, **ends, **_shown(10, row, 280)
        )
        back = patcher.obj(360, row, "prepend set")
        patcher.connect(unpack, back, outlet=axis)
        patcher.connect(back, slider)
        patcher.connect(back, pak, inlet=axis)
        patcher.connect(slider, pak, inlet=axis)
    return y + 2 * _ROW


def _button(patcher: Patcher, control: Control, y: float) -> float:
    box = patcher.msg(430, y, control.address, **_shown(10, y, 150))
    patcher.connect(box, patcher.obj(1000, y, "s ld.packets", 1, 0))
    _label(patcher, control, y)
    return y + _ROW


def _text(patcher: Patcher, control: Control, y: float) -> float:
    """Type, and press return."""
    box = patcher.add("textedit", (430, y, 240, 22), 1, 4, keymode=1, lines=1, **_shown(10, y, 380))
    _set(patcher, control, y, box)
    whole = patcher.chain(
        box, patcher.obj(680, y, "route text", 1, 2), patcher.obj(740, y, "tosymbol")
    )
    _send(patcher, control, y, whole)
    _label(patcher, control, y)
    return y + _ROW


def _readout(patcher: Patcher, control: Control, y: float) -> float:
    _set(patcher, control, y, patcher.msg(430, y, "", **_shown(10, y, 380)))
    _label(patcher, control, y)
    return y + _ROW


def _presses(patcher: Patcher, y: float) -> None:
    for place, press in enumerate(PRESSES):
        text = f"{press.address} {number(press.value)}"
        face = _shown(10 + 100 * (place % 4), y + _ROW * (place // 4), 96)
        box = patcher.msg(430, y + _ROW * place, text, **face)
        patcher.connect(box, patcher.obj(1000, y + _ROW * place, "s ld.packets", 1, 0))


_MAKERS = {
    "fader": _fader,
    "number": _number,
    "toggle": _toggle,
    "choice": _choice,
    "pad": _pad,
    "button": _button,
    "text": _text,
    "readout": _readout,
}
