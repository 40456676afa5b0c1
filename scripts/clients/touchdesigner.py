"""A script for TouchDesigner, which builds a component with a parameter for each control."""

from __future__ import annotations

import json

from clients.surface import HOST, MADE_BY, PORT, PRESSES, Control, controls, number

FEEDBACK_PORT = 9005
_HEAD = '''"""livediffusion from TouchDesigner: paste this into a Text DAT and choose Run Script.

It builds a Base COMP `livediffusion` beside that DAT: its custom parameters send by an OSC Out
DAT, an OSC In DAT moves them by what it hears, and the Parameter CHOP `values` in it has them all
as channels. {made_by}
"""

HOST, PORT, FEEDBACK_PORT = "{host}", {port}, {feedback}

# page, parameter, kind, address, label, lowest, highest, at first (or what to choose from), sends
ROWS = [
'''
_TAIL = '''
# In the component: what a parameter sends when somebody moves it.
MOVED = """
def onValueChange(par, prev):
    heard = me.parent().fetch("heard", {})
    value = par.eval()
    if par.name in heard and heard[par.name] == value:
        return  # it was moved by what was heard
    mod("heard").send(par.name)

def onPulse(par):
    mod("heard").send(par.name)
"""

# In the component: what is heard moves a parameter, without being sent back.
HEARD = """
def rows():
    return me.parent().fetch("rows")

def send(name):
    comp = me.parent()
    page, kind, address, names, argument = rows()[name]
    if kind == "pulse":
        comp.op("osc_out").sendOSC(address, [1 if argument is None else argument])
    elif page != "Out":
        comp.op("osc_out").sendOSC(address, [comp.par[each].eval() for each in names])

def subscribe(always=True):
    comp = me.parent()
    if always or absTime.seconds - comp.fetch("heard_at", 0.0) > 5.0:
        comp.op("osc_out").sendOSC("/ld/subscribe", [comp.fetch("feedback_port")])
    run("args[0].subscribe(False)", me.module, delayMilliSeconds=5000)

def onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer):
    comp = me.parent()
    comp.store("heard_at", absTime.seconds)
    heard = comp.fetch("heard")
    for page, kind, row_address, names, argument in rows().values():
        if row_address == address and kind != "pulse":
            for name, value in zip(names, args[-len(names):]):
                comp.par[name].val = value
                heard[name] = comp.par[name].eval()
"""


def append(page, name, kind, label, low, high, start):
    """Add a custom parameter; the names of all its parts."""
    if kind == "pulse":
        made = page.appendPulse(name, label=label)
    elif kind == "menu":
        made = page.appendMenu(name, label=label)
        made[0].menuNames = made[0].menuLabels = start
    elif kind == "toggle":
        made = page.appendToggle(name, label=label)
    elif kind == "str":
        made = page.appendStr(name, label=label)
    else:
        size = 2 if kind == "float2" else 1
        add = page.appendInt if kind == "int" else page.appendFloat
        made = add(name, label=label, size=size)
        for par in made:
            par.normMin, par.normMax = low, high
            if page.name != "Out":
                par.min, par.max, par.clampMin, par.clampMax = low, high, True, True
                par.default = par.val = start
    return [par.name for par in made]


def set_par(operator, value, *names):
    """Set the parameter by whichever of these names this version of TouchDesigner has."""
    for name in names:
        if operator.par[name] is not None:
            operator.par[name] = value
            return


def build(place):
    """Make the component in a COMP."""
    comp = place.create(baseCOMP, "livediffusion")
    pages, rows = {}, {}
    for page, name, kind, address, label, low, high, start, argument in ROWS:
        if page not in pages:
            pages[page] = comp.appendCustomPage(page)
        names = append(pages[page], name, kind, label, low, high, start)
        for each in names:
            rows[each] = (page, kind, address, names, argument)
    comp.store("rows", rows)
    comp.store("heard", {})
    comp.store("feedback_port", FEEDBACK_PORT)

    out = comp.create(oscoutDAT, "osc_out")
    set_par(out, HOST, "address", "netaddress")
    set_par(out, PORT, "port")
    heard = comp.create(textDAT, "heard")
    heard.text = HEARD
    osc_in = comp.create(oscinDAT, "osc_in")
    set_par(osc_in, heard, "callbacks")
    set_par(osc_in, FEEDBACK_PORT, "port")
    moved = comp.create(parameterexecuteDAT, "moved")
    moved.text = MOVED
    set_par(moved, comp, "op", "ops")
    set_par(moved, "*", "pars")
    for flag in ("custom", "valuechange", "onpulse", "active"):
        set_par(moved, True, flag)
    set_par(moved, False, "builtin")
    values = comp.create(parameterCHOP, "values")
    set_par(values, comp, "ops", "op")
    set_par(values, True, "custom")
    set_par(values, False, "builtin")
    heard.module.subscribe()


build(me.parent())
'''
_KINDS = {
    "fader": "float", "number": "int", "toggle": "toggle", "choice": "menu", "pad": "float2",
    "button": "pulse", "text": "str", "readout": "float",
}  # fmt: skip


def make() -> bytes:
    """The script."""
    rows = "".join(_row(control) for control in controls())
    for press in PRESSES:
        name = press.name.replace("-", "").capitalize()
        cells = f'"Scenes", "{name}", "pulse", "{press.address}", "{press.label}", 0, 1, 0'
        rows += f"    ({cells}, {number(press.value)}),\n"
    head = _HEAD.format(made_by=MADE_BY, host=HOST, port=PORT, feedback=FEEDBACK_PORT)
    return (head + rows + "]\n" + _TAIL).encode()


def _row(control: Control) -> str:
    kind = _KINDS[control.kind]
    if control.kind == "readout" and not control.is_number:
        kind = "str"
    name = control.name.replace("-", "").capitalize()
    start = json.dumps(control.choices) if control.choices else number(control.start)
    text = f'"{control.label}"' if control.row.kind == "request" else None  # a trigger's is 1
    cells = (
        f'"{_page(control)}", "{name}", "{kind}", "{control.address}", "{control.label}"',
        f"{number(control.low)}, {number(control.high)}, {start}, {text}",
    )
    return f"    ({', '.join(cells)}),  # {control.help}\n"


def _page(control: Control) -> str:
    if control.n is not None:
        return "Prompts"
    return {"readout": "Out", "text": "Texts", "button": "Buttons"}.get(control.kind, "Play")
