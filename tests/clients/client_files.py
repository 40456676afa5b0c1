"""What the files of patches/clients/ say, read by what their formats are and not by who made them.

Each reader answers with what a file sends, what it shows, and the ends of its faders.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import py2tosc

FOLDER = Path(__file__).parents[2] / "patches" / "clients"
_ADDRESS = re.compile(r"/ld/[a-z0-9_/{}]*[a-z0-9_}]")


@dataclass
class Facts:
    """Addresses that are sent, addresses that are shown, and (low, high) by address."""

    sends: set[str] = field(default_factory=set)
    shows: set[str] = field(default_factory=set)
    ends: dict[str, tuple[float, float]] = field(default_factory=dict)


def addresses_in(name: str) -> set[str]:
    """Everything in a file of text that looks like an address."""
    return set(_ADDRESS.findall((FOLDER / name).read_text(encoding="utf-8")))


def pure_data() -> Facts:
    """Objects by their names: what a control called NAME sends goes to ld-to-NAME."""
    facts, named = Facts(), {}
    text = (FOLDER / "livediffusion.pd").read_text(encoding="utf-8")
    for line in text.replace("\n", " ").split(";"):
        words = line.split()
        if "oscformat" in words:
            steps = words[words.index("ld") :]
            facts.sends.add(address := "/" + "/".join(steps))
            named["-".join(steps[1:]).replace("_", "-")] = address
        if "hsl" in words:
            low, high, to = words[7], words[8], words[11]
            name = re.sub(r"^ld-to-|(?<=xy)-[xy]$", "", to)
            facts.ends[name] = (float(low), float(high))
    shown = set(
        re.findall(r"(?:hsl|tgl|hradio|symbolatom|floatatom) .*? ld-from-([a-z0-9-]+)", text)
    )
    heard = set(re.findall(r"obj \d+ \d+ s ld-from-([a-z0-9-]+);", text))
    facts.shows = {re.sub(r"(?<=xy)-[xy]$", "", name) for name in shown & heard} - {"heard"}
    facts.ends = {named[name]: ends for name, ends in facts.ends.items()}
    facts.shows = {named.get(name, f"/ld/{_path(name)}") for name in facts.shows}
    return facts


def max_patcher(name: str) -> Facts:
    """What is prepended or stands in a message is sent; what is routed to a control is shown."""
    patcher = json.loads((FOLDER / name).read_text(encoding="utf-8"))["patcher"]
    boxes = {box["box"]["id"]: box["box"] for box in patcher["boxes"]}
    cords: dict[str, list[str]] = {}
    for line in patcher["lines"]:
        (source, _), (target, _) = line["patchline"]["source"], line["patchline"]["destination"]
        assert source in boxes and target in boxes
        cords.setdefault(source, []).append(target)
    facts = Facts()
    for box in boxes.values():
        words = box.get("text", "").split()
        if words[:1] == ["route"] and words[1].startswith("/ld/"):
            assert _reaches_a_control(box["id"], boxes, cords), box
            facts.shows.add(words[1])
        elif words[:1] == ["prepend"] and words[1].startswith("/ld/"):
            facts.sends.add(words[1])
        elif box["maxclass"] == "message" and words and words[0].startswith("/ld/"):
            facts.sends.add(words[0])
        if ends := _max_ends(box):
            (address,) = _sent_by(box["id"], boxes, cords)
            facts.ends[address] = ends
    return facts


def touch_osc() -> Facts:
    """By py2tosc, which reads what TouchOSC writes."""
    document, facts = py2tosc.load(FOLDER / "livediffusion.tosc"), Facts()
    assert not document.validate(), document.validate()
    for control in document.root.walk():
        for message in control.messages:
            (path,) = message.path
            if message.send:
                facts.sends.add(path.value)
            if message.receive:
                facts.shows.add(path.value)
            if control.control_type in ("FADER", "XY"):
                for argument in message.arguments:
                    facts.ends[path.value] = (argument.scale_min, argument.scale_max)
    return facts


def open_stage_control() -> Facts:
    """Widgets with an address; all of them show what they hear."""
    session = json.loads((FOLDER / "open-stage-control.json").read_text(encoding="utf-8"))
    assert (session["type"], session["content"]["type"]) == ("session", "root")
    facts, ids = Facts(), set()
    for widget in session["content"]["widgets"]:
        assert widget["id"] not in ids
        ids.add(widget["id"])
        if address := widget["address"]:
            if not widget.get("bypass"):
                facts.sends.add(address)
            facts.shows.add(address)
            for ends in (widget.get("range"), widget.get("rangeX")):
                if ends:
                    facts.ends[address] = (ends["min"], ends["max"])
    return facts


def touch_designer() -> Facts:
    """The script's rows."""
    facts = Facts()
    for page, _name, kind, address, _label, low, high, _start, _argument in touch_designer_rows():
        if kind != "pulse":
            facts.shows.add(address)
        if page != "Out":
            facts.sends.add(address)
        if page != "Out" and kind.startswith("float"):
            facts.ends[address] = (low, high)
    return facts


def touch_designer_rows() -> list[tuple[Any, ...]]:
    """As they stand in the script."""
    for statement in ast.parse((FOLDER / "touchdesigner.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "ROWS":
            rows: list[tuple[Any, ...]] = ast.literal_eval(statement.value)
            return rows
    raise AssertionError("the script has no rows")


def python_table() -> dict[str, tuple[str, float | None, float | None, str]]:
    """Of the Python snippet: types, lowest, highest and help by address."""
    content = (FOLDER / "livediffusion_osc.py").read_text(encoding="utf-8")
    for statement in ast.parse(content).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "TABLE":
            return dict(ast.literal_eval(statement.value))
    raise AssertionError("the snippet has no table")


def javascript_table() -> dict[str, list[Any]]:
    """Of the Node.js snippet: the same."""
    content = (FOLDER / "livediffusion.js").read_text(encoding="utf-8")
    body = content.partition("const TABLE = {")[2].partition("\n};")[0].rstrip().rstrip(",")
    return dict(json.loads("{" + body + "}"))


def _path(name: str) -> str:
    """From out-render-ms to out/render_ms."""
    return name.replace("-", "/", 1).replace("-", "_")


def _max_ends(box: dict[str, Any]) -> tuple[float, float] | None:
    if box["maxclass"] == "slider":
        return box["min"], box["min"] + box["size"]
    if box["maxclass"] == "live.dial":
        attributes = box["saved_attribute_attributes"]["valueof"]
        return attributes["parameter_mmin"], attributes["parameter_mmax"]
    return None


def _reaches_a_control(start: str, boxes: dict[str, Any], cords: dict[str, list[str]]) -> bool:
    shows = ("slider", "flonum", "number", "toggle", "message", "textedit")
    return any(boxes[name]["maxclass"] in shows for name in _below(start, cords))


def _sent_by(start: str, boxes: dict[str, Any], cords: dict[str, list[str]]) -> set[str]:
    texts = (boxes[name].get("text", "") for name in _below(start, cords))
    return {text.split()[1] for text in texts if text.startswith("prepend /ld/")}


def _below(start: str, cords: dict[str, list[str]]) -> Iterator[str]:
    """Every box that cords lead to, once."""
    found, waiting = {start}, [start]
    while waiting:
        for target in cords.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
                yield target


SURFACES: dict[str, Callable[[], Facts]] = {
    "livediffusion.pd": pure_data,
    "livediffusion.maxpat": lambda: max_patcher("livediffusion.maxpat"),
    "livediffusion.tosc": touch_osc,
    "open-stage-control.json": open_stage_control,
    "touchdesigner.py": touch_designer,
}
TEXTS = ("livediffusion.scd", "livediffusion.csd", "livediffusion_osc.py", "livediffusion.js")
