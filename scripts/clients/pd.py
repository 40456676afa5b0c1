"""A Pure Data patch: the panel, and below it, in a subpatch, the wires to and from the program.

What a control called NAME sends goes to `ld-to-NAME`; what is heard comes as `set` messages from
`ld-from-NAME`, which move a control without making it send.
"""

from __future__ import annotations

from clients.pdwires import FEEDBACK_PORT, wires
from clients.pdwriter import Canvas
from clients.surface import HOST, MADE_BY, PORT, PRESSES, Control, controls, number

_ROW = 26  # pixels
_LABEL, _FADER, _NUMBER, _TEXT, _READOUTS = 10, 130, 340, 420, 820
_FADER_SIZE = "190 17"
_COLOURS = "#fcfcfc #000000 #000000"
_MOST = 2**24  # whole numbers that Pd can tell apart


def make() -> bytes:
    """The patch file."""
    canvas = Canvas(1300, 1000)
    y = _connection(canvas)
    top = y
    y = _faders(canvas, y)
    y = _pads(canvas, y)
    y = _switches(canvas, y)
    y = _buttons(canvas, y)
    y = _texts(canvas, y)
    _readouts(canvas, top)
    wires(canvas, _LABEL, y + _ROW)
    return canvas.text().encode()


def _connection(canvas: Canvas) -> int:
    canvas.comment(_LABEL, 10, f"livediffusion from Pure Data (0.51 or newer). {MADE_BY}")
    canvas.comment(_LABEL, 36, "Another machine: put its address into this message and click it.")
    load = canvas.obj(_LABEL, 62, "loadbang")
    ports = f"{HOST} {PORT} {FEEDBACK_PORT}"
    connect = canvas.msg(_FADER, 62, f"\\; ld-net disconnect \\; ld-net connect {ports}")
    canvas.connect(load, connect)
    canvas.obj(700, 62, f"tgl 17 0 empty ld-from-heard heard 22 8 0 12 {_COLOURS} 0 1")
    return 100


def _faders(canvas: Canvas, y: int) -> int:
    """A fader and its number; each follows the other, and the feedback."""
    for control in controls("fader", "number"):
        canvas.comment(_LABEL, y, control.label)
        if control.kind == "fader":
            _fader(canvas, y, control.name, control)
        _number(canvas, y, control)
        if control.row.key == "prompt.{n}.weight":
            _text(canvas, _TEXT, y, f"prompt-{control.n}-text", 52)
        else:
            canvas.comment(_TEXT, y, control.brief, 52)
        y += _ROW
    return y


def _fader(canvas: Canvas, y: int, name: str, control: Control) -> None:
    ends = f"{number(control.low)} {number(control.high)}"
    names = f"ld-to-{name} ld-from-{name}"
    canvas.obj(_FADER, y, f"hsl {_FADER_SIZE} {ends} 0 0 {names} empty -2 -8 0 10 {_COLOURS} 0 1")


def _number(canvas: Canvas, y: int, control: Control) -> None:
    ends = f"{number(control.low)} {number(min(control.high, _MOST))}"
    names = f"ld-from-{control.name} ld-to-{control.name}"
    canvas.add(f"floatatom {_NUMBER} {y} 9 {ends} 0 - {names} 0")


def _text(canvas: Canvas, x: int, y: int, name: str, width: int) -> None:
    canvas.add(f"symbolatom {x} {y} {width} 0 0 0 - ld-from-{name} ld-to-{name} 0")


def _pads(canvas: Canvas, y: int) -> int:
    """Pure Data has no pad: a fader for each of its axes."""
    for control in controls("pad"):
        for axis in "xy":
            canvas.comment(_LABEL, y, f"{control.label}: {axis}")
            _fader(canvas, y, f"{control.name}-{axis}", control)
            canvas.comment(_TEXT, y, control.brief, 52)
            y += _ROW
    return y


def _switches(canvas: Canvas, y: int) -> int:
    for control in controls("toggle", "choice"):
        canvas.comment(_LABEL, y, control.label)
        names = f"ld-to-{control.name} ld-from-{control.name}"
        look = f"empty 22 8 0 12 {_COLOURS}"
        if control.kind == "toggle":
            canvas.obj(_FADER, y, f"tgl 17 0 {names} {look} 0 1")
        else:
            canvas.obj(_FADER, y, f"hradio 17 1 0 {len(control.choices)} {names} {look} 0")
            canvas.comment(_FADER + 90, y, " ".join(control.choices))
        canvas.comment(_TEXT, y, control.brief, 52)
        y += _ROW
    return y


def _buttons(canvas: Canvas, y: int) -> int:
    names = [control.name for control in controls("button")] + [press.name for press in PRESSES]
    for i, name in enumerate(names):
        _button(canvas, _LABEL + 130 * (i % 6), y + _ROW * (i // 6), name)
    return y + _ROW * ((len(names) + 5) // 6)


def _button(canvas: Canvas, x: int, y: int, name: str) -> None:
    canvas.obj(x, y, f"bng 20 250 50 0 ld-to-{name} empty {name} 26 10 0 12 {_COLOURS}")


def _texts(canvas: Canvas, y: int) -> int:
    for control in controls("text"):
        if control.n is None:  # a prompt's stands beside its weight
            canvas.comment(_LABEL, y, control.label)
            _text(canvas, _FADER, y, control.name, 38)
            canvas.comment(_TEXT, y, control.brief, 52)
            y += _ROW
    return y


def _readouts(canvas: Canvas, y: int) -> None:
    for control in controls("readout"):
        canvas.comment(_READOUTS, y, control.label)
        kind, width = ("floatatom", 10) if control.is_number else ("symbolatom", 46)
        canvas.add(f"{kind} {_READOUTS + 90} {y} {width} 0 0 0 - ld-from-{control.name} - 0")
        if control.is_number:
            canvas.comment(_READOUTS + 190, y, control.brief, 40)
        y += _ROW
