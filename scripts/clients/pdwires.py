"""The wires of the Pure Data patch: controls to OSC, OSC to controls, and the connection."""

from __future__ import annotations

from typing import TypeAlias

from clients.pdwriter import Canvas
from clients.surface import PRESSES, Control, controls, number

FEEDBACK_PORT = 9001  # a fixed one, so that opening the patch again is no new subscriber
_PATIENCE_MS = 5000  # of silence, before it subscribes again
_ROW = 26

_Tree: TypeAlias = "dict[str, Control | _Tree]"


def wires(panel: Canvas, x: int, y: int) -> None:
    """Put them into a subpatch."""
    inner = Canvas(1200, 900)
    _connection(inner)
    y_send = 260
    for control in controls():
        if control.kind != "readout":
            _send(inner, y_send, control)
            y_send += _ROW * (len(control.choices) or 1)
    _presses(inner, y_send)
    _hear(inner)
    panel.subpatch(x, y, "wires", inner)


def _connection(canvas: Canvas) -> None:
    """Subscribe as soon as there is a socket, and again when nothing is heard any more."""
    net = canvas.obj(10, 60, "netsend -u -b")
    for name, x in (("ld-net", 10), ("ld-packets", 100)):
        canvas.chain(canvas.obj(x, 10, f"r {name}"), net)
    canvas.chain(net, canvas.obj(10, 90, "select 1"), canvas.obj(10, 120, "s ld-subscribe"))
    split = canvas.obj(250, 90, "trigger bang bang")
    canvas.chain(canvas.obj(250, 60, "r ld-subscribe"), split)
    canvas.chain(split, canvas.obj(250, 120, "oscformat ld subscribe"), _to_net(canvas, 250, 150))
    silence = canvas.obj(450, 120, f"delay {_PATIENCE_MS}")
    canvas.connect(split, silence, outlet=1)
    lost = canvas.obj(450, 150, "trigger bang bang")
    canvas.chain(silence, lost, canvas.obj(450, 180, "s ld-subscribe"))
    heard = canvas.obj(600, 210, "s ld-from-heard")
    unheard = canvas.msg(600, 180, "set 0")
    canvas.connect(lost, unheard, outlet=1)
    canvas.chain(unheard, heard)
    parse = canvas.obj(700, 60, "oscparse")
    canvas.connect(net, parse, outlet=1)
    sign = canvas.obj(700, 90, "trigger anything bang")
    canvas.chain(parse, sign, canvas.obj(700, 120, "s ld-heard"))
    canvas.connect(sign, silence, outlet=1)
    here = canvas.msg(680, 180, "set 1")
    canvas.connect(sign, here, outlet=1)
    canvas.chain(here, heard)


def _to_net(canvas: Canvas, x: int, y: int) -> int:
    return canvas.obj(x, y, "s ld-packets")


def _send(canvas: Canvas, y: int, control: Control) -> None:
    """From a control to a packet."""
    whole = "-f i " if control.kind in ("number", "toggle") else ""
    format_ = canvas.obj(420, y, f"oscformat {whole}{control.address[1:].replace('/', ' ')}")
    canvas.chain(format_, _to_net(canvas, 700, y))
    if control.kind == "pad":
        canvas.chain(_pad(canvas, y, control), format_)
        return
    came = canvas.obj(10, y, f"r ld-to-{control.name}")
    if control.kind == "choice":
        _choose(canvas, y, control, came, format_)
        return
    canvas.chain(came, format_)
    if control.kind in ("fader", "number"):  # the number follows the fader, and the other way
        back = canvas.msg(230, y, "set \\$1")
        canvas.chain(came, back, canvas.obj(300, y, f"s ld-from-{control.name}"))


def _choose(canvas: Canvas, y: int, control: Control, came: int, format_: int) -> None:
    numbers = " ".join(str(i) for i in range(len(control.choices)))
    select = canvas.obj(150, y, f"select {numbers}")
    canvas.chain(came, select)
    for i, choice in enumerate(control.choices):
        message = canvas.msg(280, y + _ROW * i, f"symbol {choice}")
        canvas.connect(select, message, outlet=i)
        canvas.chain(message, format_)


def _pad(canvas: Canvas, y: int, control: Control) -> int:
    """Both axes go out when one has moved; what is heard is kept for the next move."""
    both = canvas.obj(250, y, "trigger bang bang")
    pack = canvas.obj(380, y, "pack f f")
    for i, axis in enumerate("xy"):
        split = canvas.obj(150, y, "trigger bang float")
        canvas.chain(canvas.obj(10, y, f"r ld-to-{control.name}-{axis}"), split, both)
        kept = canvas.obj(320, y, "float")
        canvas.connect(split, kept, outlet=1, inlet=1)
        canvas.connect(both, kept, outlet=i)
        canvas.connect(kept, pack, inlet=i)
        canvas.connect(canvas.obj(320, y, f"r ld-kept-{control.name}-{axis}"), kept, inlet=1)
    return pack


def _presses(canvas: Canvas, y: int) -> None:
    for press in PRESSES:
        came = canvas.obj(10, y, f"r ld-to-{press.name}")
        path = press.address[1:].replace("/", " ")
        letter = "i" if isinstance(press.value, int) else "f"
        format_ = canvas.obj(420, y, f"oscformat -f {letter} {path}")
        canvas.chain(came, canvas.msg(230, y, number(press.value)), format_)
        canvas.chain(format_, _to_net(canvas, 700, y))
        y += _ROW


def _hear(canvas: Canvas) -> None:
    """From packets to controls, one step of the address at a time."""
    tree: _Tree = {}
    for control in controls():
        if control.kind != "button":
            *steps, last = control.address.strip("/").split("/")
            place = tree
            for step in steps:
                below = place.setdefault(step, {})
                assert isinstance(below, dict), f"{control.address} is below a value"
                place = below
            place[last] = control
    trim = canvas.obj(900, 90, "list trim")
    canvas.chain(canvas.obj(900, 60, "r ld-heard"), trim)
    _route(canvas, trim, 0, tree, 120)


def _route(canvas: Canvas, source: int, outlet: int, tree: _Tree, y: int) -> int:
    steps = list(tree)
    if steps[0].isdecimal():
        source, outlet = _lettered(canvas, source, outlet, y), 0
        steps = [f"n{step}" for step in steps]
    route = canvas.obj(1100, y, f"route {' '.join(steps)}")
    canvas.connect(source, route, outlet=outlet)
    for i, below in enumerate(tree.values()):
        y += _ROW
        if isinstance(below, dict):
            y = _route(canvas, route, i, below, y)
        else:
            _show(canvas, route, i, below, y)
    return y


def _lettered(canvas: Canvas, source: int, outlet: int, y: int) -> int:
    """From "1 weight 0.5" to "n1 weight 0.5": [route] cannot tell the symbol 1 from the number."""
    split = canvas.obj(700, y, "list split 1")
    canvas.connect(source, split, outlet=outlet)
    first = canvas.chain(split, canvas.obj(800, y, "makefilename n%s"))
    joined = canvas.obj(930, y, "list append")
    canvas.connect(split, joined, outlet=1, inlet=1)
    return canvas.chain(first, joined, canvas.obj(1020, y, "list trim"))


def _show(canvas: Canvas, route: int, outlet: int, control: Control, y: int) -> None:
    if control.kind == "pad":
        unpack = canvas.obj(1000, y, "unpack f f")
        canvas.connect(route, unpack, outlet=outlet)
        for i, axis in enumerate("xy"):
            canvas.connect(
                unpack, canvas.obj(1400, y, f"s ld-kept-{control.name}-{axis}"), outlet=i
            )
            _set(canvas, unpack, i, f"{control.name}-{axis}", y)
    elif control.kind == "choice":
        unpack = canvas.obj(1000, y, "unpack s")
        select = canvas.obj(1080, y, f"select {' '.join(control.choices)}")
        canvas.connect(route, unpack, outlet=outlet)
        canvas.chain(unpack, select)
        for i, _ in enumerate(control.choices):
            message = canvas.msg(1250 + 50 * i, y, str(i))
            canvas.connect(select, message, outlet=i)
            _set(canvas, message, 0, control.name, y)
    elif control.row.types == "ss":  # a word and a sentence: the sentence
        unpack = canvas.obj(1000, y, "unpack s s")
        canvas.connect(route, unpack, outlet=outlet)
        _set(canvas, unpack, 1, control.name, y)
    else:
        _set(canvas, route, outlet, control.name, y)


def _set(canvas: Canvas, source: int, outlet: int, name: str, y: int) -> None:
    prepend = canvas.obj(1080, y, "list prepend set")
    canvas.connect(source, prepend, outlet=outlet)
    canvas.chain(
        prepend, canvas.obj(1200, y, "list trim"), canvas.obj(1290, y, f"s ld-from-{name}")
    )
