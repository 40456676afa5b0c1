"""A TouchOSC layout (.tosc), written by py2tosc, which knows the format.

Controls bind by address in both directions, and TouchOSC does not send on what it receives. A
script subscribes when the surface starts, and again when nothing is heard any more.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

import py2tosc
from py2tosc import ButtonType, OscMessage, Partial, Trigger

from clients.surface import MADE_BY, PRESSES, Control, controls, number

FEEDBACK_PORT = 9000  # TouchOSC's own proposal
_WIDTH, _HEIGHT = 1280, 800  # a tablet held across
_ROW, _GAP, _LABEL = 36, 4, 110
_COLUMN = 420
_COLOUR = (0.25, 0.55, 0.6, 1.0)
_SCRIPT = f"""-- {MADE_BY}
local heard = 0
local function subscribe()
  heard = getMillis()
  sendOSC({{ '/ld/subscribe', {{ {{ tag = 'i', value = {FEEDBACK_PORT} }} }} }})
end
function init()
  subscribe()
end
function update()
  if getMillis() - heard > 5000 then
    subscribe()
  end
end
function onReceiveOSC()
  heard = getMillis()
end
"""


def make() -> bytes:
    """The layout file."""
    children = [
        *_column(controls("fader", "number"), 0, _HEIGHT),
        *_switches(_COLUMN),
        *_buttons(_COLUMN),
        *_column(controls("text", "readout"), 2 * _COLUMN, _HEIGHT),
    ]
    frame = (0, 0, _WIDTH, _HEIGHT)
    root = py2tosc.group(children=children, name="livediffusion", script=_SCRIPT, frame=frame)
    document = py2tosc.Document(root=root)
    for place, control in enumerate(root.walk()):
        control.id = str(uuid5(NAMESPACE_URL, f"livediffusion {place}"))
    return zlib.compress(document.dumps().encode(), 9)


def _column(found: list[Control], x: int, height: int) -> Iterator[py2tosc.Control]:
    """Rows that share the height: a name, and what is moved or shown."""
    row = min(_ROW, height // len(found))
    for place, control in enumerate(found):
        y = place * row
        yield _label(control.label, (x, y, _LABEL, row - _GAP))
        frame = (x + _LABEL, y, _COLUMN - _LABEL - _GAP, row - _GAP)
        if control.kind in ("text", "readout"):
            yield _shown(control, frame)
        else:
            width = frame[2] - 90
            yield _fader(control, (frame[0], y, width, frame[3]))
            yield _shown(control, (frame[0] + width + _GAP, y, 90 - _GAP, frame[3]))


def _switches(x: int) -> Iterator[py2tosc.Control]:
    """The pad, the toggles, and a button for each choice."""
    half = _COLUMN // 2
    for control in controls("pad"):
        arguments = [_value("x", control), _value("y", control)]
        triggers = [Trigger("x"), Trigger("y")]
        message = _message(control.address, arguments, triggers)
        frame = (x, 0, half, half)
        yield py2tosc.xy(name=control.name, frame=frame, color=_COLOUR, messages=[message])
        yield _label(control.label, (x, half, half, 20))
    for place, control in enumerate(controls("toggle")):
        frame = (x + half + _GAP, place * 50, 90, 46)
        message = _message(control.address, [Partial("VALUE", "INTEGER", "x", 0, 1)])
        yield _button(control.name, frame, message, ButtonType.TOGGLE_PRESS)
        yield _label(control.label, (frame[0] + 94, frame[1], 90, 46))
    y = half + 30
    for control in controls("choice"):
        yield _label(control.label, (x, y, _LABEL, _ROW))
        yield _shown(control, (x + _LABEL, y, 200, _ROW))
        width = _COLUMN // len(control.choices)
        for i, choice in enumerate(control.choices):
            frame = (x + i * width, y + _ROW + _GAP, width - _GAP, 50)
            yield from _trigger(control.address, frame, choice, Partial(value=choice))
        y += _ROW + 60


def _buttons(x: int) -> Iterator[py2tosc.Control]:
    """Four in a row; the scenes below."""
    width, height, y = _COLUMN // 4, 56, 436
    for place, control in enumerate(controls("button")):
        frame = (x + width * (place % 4), y + height * (place // 4), width - _GAP, height - _GAP)
        yield from _trigger(control.address, frame, control.label)
    y = 620
    for place, press in enumerate(PRESSES):
        frame = (x + width * (place % 4), y + height * (place // 4), width - _GAP, height - _GAP)
        conversion = "INTEGER" if isinstance(press.value, int) else "FLOAT"
        value = Partial("CONSTANT", conversion, number(press.value))
        yield from _trigger(press.address, frame, press.label, value)


def _fader(control: Control, frame: tuple[int, ...]) -> py2tosc.Control:
    conversion = "INTEGER" if control.kind == "number" else "FLOAT"
    message = _message(control.address, [_value("x", control, conversion)])
    return py2tosc.fader(
        name=control.name,
        frame=frame,
        color=_COLOUR,
        orientation=py2tosc.Orientation.EAST,
        messages=[message],
    )


def _shown(control: Control, frame: tuple[int, ...]) -> py2tosc.Control:
    """A label that shows what is heard; of several values the last."""
    arguments = [Partial("VALUE", "STRING", "text")] * len(control.row.types)
    message = _message(control.address, arguments, [Trigger("text")], send=False)
    return py2tosc.label(
        name=f"{control.name}-shown", frame=frame, text_size=12, messages=[message]
    )


def _label(text: str, frame: tuple[int, ...]) -> py2tosc.Control:
    value = py2tosc.Value("text", default=text)
    return py2tosc.label(name=text, frame=frame, background=False, outline=False, values=[value])


def _trigger(
    address: str, frame: tuple[int, ...], text: str, *arguments: Partial
) -> Iterator[py2tosc.Control]:
    """A button that sends when it goes down, and its name above it."""
    message = _message(address, list(arguments), [Trigger("x", "RISE")], receive=False)
    yield _button(f"{address} {text}", frame, message, ButtonType.MOMENTARY)
    yield _label(text, frame)


def _button(
    name: str, frame: tuple[int, ...], message: OscMessage, kind: ButtonType
) -> py2tosc.Control:
    return py2tosc.button(
        name=name, frame=frame, color=_COLOUR, button_type=kind, messages=[message]
    )


def _value(key: str, control: Control, conversion: str = "FLOAT") -> Partial:
    return Partial("VALUE", conversion, key, control.low, control.high)


def _message(
    address: str,
    arguments: list[Partial],
    triggers: list[Trigger] | None = None,
    *,
    send: bool = True,
    receive: bool = True,
) -> OscMessage:
    return OscMessage(
        send=send,
        receive=receive,
        triggers=triggers or [Trigger("x")],
        path=[Partial(value=address)],
        arguments=arguments,
    )
