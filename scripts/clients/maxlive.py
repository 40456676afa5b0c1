"""A device for Max for Live: dials that Live automates, maps and recalls, and read-outs.

The dials do not follow the feedback: they are Live's, with its automation and its undo. Nothing
is sent until `send` is switched on, so that opening a set does not move what is playing.
"""

from __future__ import annotations

from typing import Any

from clients.maxpat import connect, heard
from clients.maxwriter import Patcher
from clients.surface import Control, controls

FEEDBACK_PORT = 9003
_BUS = "ld.live"
_MOST = 2**24  # whole numbers that a parameter of Live can tell apart
_FLOAT, _ENUM = 0, 2  # Live's types of parameters
_ROW = 26.0
_COLUMN = 52.0  # of the device's face, which is 169 pixels high
_TOP = 28.0


def make() -> bytes:
    """The patcher, to be pasted into a Max MIDI Effect."""
    patcher = Patcher(900, 400)
    connect(patcher, _BUS, FEEDBACK_PORT, "livediffusion from Live")
    gate = patcher.obj(500, 4 * _ROW, "gate", 2, 1)
    send = _parameter(patcher, "live.toggle", "send", 3 * _ROW, (10, _TOP), 20, _switch())
    patcher.connect(send, gate)
    patcher.comment(700, 4, "send", 40, **_face(32, _TOP, 40, 20))
    patcher.connect(patcher.obj(600, 3 * _ROW, f"r {_BUS}.moved", 0, 1), gate, inlet=1)
    patcher.chain(gate, patcher.obj(500, 5 * _ROW, f"s {_BUS}.packets", 1, 0))
    x, y = 80.0, 7 * _ROW
    for place, control in enumerate(controls("fader", "number", "toggle", "button")):
        at = (x + _COLUMN * (place // 2), _TOP + 68 * (place % 2))
        _dial(patcher, control, y, at)
        y += _ROW
    right = x + _COLUMN * ((len(controls("fader", "number", "toggle", "button")) + 1) // 2)
    for place, control in enumerate(controls("readout")):
        _readout(patcher, control, y, (right + 10 + 130 * (place // 6), _TOP + 22 * (place % 6)))
        y += _ROW
    return patcher.content(openrect=[0.0, 0.0, 0.0, 169.0])


def _dial(patcher: Patcher, control: Control, y: float, at: tuple[float, float]) -> None:
    if control.kind == "toggle":
        made = _parameter(patcher, "live.toggle", control.label, y, at, 20, _switch())
    elif control.kind == "button":
        made = _parameter(patcher, "live.button", control.label, y, at, 20, _switch())
    else:
        ends = {
            "parameter_type": _FLOAT,
            "parameter_mmin": control.low,
            "parameter_mmax": min(control.high, _MOST),
            "parameter_initial_enable": 1,
            "parameter_initial": [control.start],
            "parameter_unitstyle": 0 if control.kind == "number" else 1,
        }
        maxclass = "live.numbox" if control.kind == "number" else "live.dial"
        made = _parameter(patcher, maxclass, control.label, y, at, 46, ends)
    if control.kind in ("toggle", "button", "number"):  # a dial shows its own name
        patcher.comment(900, y, control.label, 50, fontsize=9.0, **_face(at[0], at[1] + 22, 50, 18))
    if control.kind == "button":
        message = patcher.msg(300, y, control.address)
    else:
        message = patcher.obj(300, y, f"prepend {control.address}")
    patcher.chain(made, message, patcher.obj(600, y, f"s {_BUS}.moved", 1, 0))


def _readout(patcher: Patcher, control: Control, y: float, at: tuple[float, float]) -> None:
    shown = patcher.msg(430, y, "", **_face(at[0] + 60, at[1], 66, 20))
    patcher.comment(520, y, control.label, 60, fontsize=9.0, **_face(*at, 60, 18))
    prepend = patcher.obj(330, y, "prepend set")
    patcher.chain(heard(patcher, control, y, _BUS), prepend, shown)


def _switch() -> dict[str, Any]:
    return {"parameter_type": _ENUM, "parameter_enum": ["off", "on"], "parameter_mmax": 1}


def _parameter(
    patcher: Patcher,
    maxclass: str,
    label: str,
    y: float,
    at: tuple[float, float],
    width: float,
    attributes: dict[str, Any],
) -> str:
    names = {"parameter_longname": label, "parameter_shortname": label}
    height = 48.0 if maxclass == "live.dial" else 20.0
    outs = 2 if maxclass in ("live.dial", "live.numbox") else 1
    return patcher.add(
        maxclass,
        (10, y, width, height),
        1,
        outs,
        parameter_enable=1,
        varname=label,
        saved_attribute_attributes={"valueof": names | attributes},
        **_face(*at, width, height),
    )


def _face(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    return {"presentation": 1, "presentation_rect": [x, y, width, height]}
