"""The address space as OSCQuery describes it: a tree of JSON objects, made from the table.

After the OSCQuery Proposal (Vidvox): an HTTP path is an OSC address, a query string the name of
one attribute. Pure: nothing here knows of sockets or threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from livediffusion.control.snapshot import Snapshot
from livediffusion.state.parameters import TABLE, Parameter, find
from livediffusion.types import Json, Value

NAME = "livediffusion"
ATTRIBUTES = (
    "FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT",
    "CLIPMODE", "OVERLOADS",
)  # fmt: skip
EXTENSIONS = (
    "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "OVERLOADS", "LISTEN", "IGNORE",
    "PATH_CHANGED", "PATH_ADDED", "PATH_REMOVED",
)  # fmt: skip
_ACCESS = {"r": 1, "w": 2, "rw": 3}
_UNITS = {"bpm": "time.bpm", "ms": "time.ms", "dB": "gain.db", "dBFS": "gain.db-raw"}
_IMPULSE = "I"  # the type of what has no value and only happens
_CONTAINERS = {
    "/": "livediffusion, an instrument that plays what its prompts say",
    "/ld": "everything that can be played",
    "/ld/prompt": "the prompts, from 1",
    "/ld/lora": "the LoRAs that the patch names, from 1",
    "/ld/seed": "where the noise comes from",
    "/ld/out": "read-outs",
}
_PROMPT = re.compile(r"/ld/prompt/(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Host:
    """Where messages may be sent: OSC over UDP, and the WebSocket of this server."""

    osc_ip: str
    osc_port: int
    web_ip: str
    web_port: int

    def info(self) -> Json:
        """HOST_INFO."""
        return {
            "NAME": NAME,
            "EXTENSIONS": dict.fromkeys(EXTENSIONS, True),
            "OSC_IP": self.osc_ip,
            "OSC_PORT": self.osc_port,
            "OSC_TRANSPORT": "UDP",
            "WS_IP": self.web_ip,
            "WS_PORT": self.web_port,
        }


def answer(path: str, query: str, snapshot: Snapshot, host: Host) -> tuple[HTTPStatus, Json]:
    """Status and content for the GET of a path with a query string; {} is no content."""
    attribute = query.partition("&")[0].rstrip("=")
    if attribute == "HOST_INFO":
        return HTTPStatus.OK, host.info()
    if attribute and attribute not in ATTRIBUTES:
        known = ", ".join((*ATTRIBUTES, "HOST_INFO"))
        return HTTPStatus.BAD_REQUEST, {"ERROR": f"There is no such attribute; there are {known}."}
    found = node(path, snapshot)
    if found is None:
        return HTTPStatus.NOT_FOUND, {"ERROR": "There is no such address."}
    if not attribute:
        return HTTPStatus.OK, found
    if attribute not in found:
        return HTTPStatus.NO_CONTENT, {}
    return HTTPStatus.OK, {attribute: found[attribute]}


def node(path: str, snapshot: Snapshot) -> Json | None:
    """The object for an address or a container, with everything below; None if nothing is there."""
    found: Json | None = tree(snapshot)
    for name in path.strip("/").split("/") if path.strip("/") else ():
        if found is None or "CONTENTS" not in found:
            return None
        found = found["CONTENTS"].get(name)
    return found


def tree(snapshot: Snapshot) -> Json:
    """The whole address space."""
    root = _container("/")
    for row, n in _present(snapshot.prompts):
        address, place = row.address_of(n), root
        *containers, name = address.strip("/").split("/")
        for depth, step in enumerate(containers, start=1):
            path = "/" + "/".join(containers[:depth])
            place = place["CONTENTS"].setdefault(step, _container(path))
            place.setdefault("CONTENTS", {})  # a method may have others below it
        place["CONTENTS"][name] = {**place["CONTENTS"].get(name, {}), **_method(row, n, snapshot)}
    return root


def exists(path: str) -> bool:
    """Whether an address or container may be there, whatever the number of prompts."""
    if path in ("/", "/ld") or find(path) or _PROMPT.fullmatch(path):
        return True
    return path[:1] == "/" and any(row.address.startswith(path + "/") for row in TABLE)


def _present(prompts: int) -> Iterator[tuple[Parameter, int | None]]:
    for row in TABLE:
        numbers = range(1, prompts + 1) if row.numbered else (None,)
        yield from ((row, n) for n in numbers)


def _container(path: str) -> Json:
    made: Json = {"FULL_PATH": path, "ACCESS": 0, "CONTENTS": {}}
    if match := _PROMPT.fullmatch(path):
        return made | {"DESCRIPTION": f"prompt {match[1]}"}
    return made | ({"DESCRIPTION": _CONTAINERS[path]} if path in _CONTAINERS else {})


def _method(row: Parameter, n: int | None, snapshot: Snapshot) -> Json:
    address = row.address_of(n)
    values = snapshot.values.get(address, ())
    types = _types(row, snapshot.prompts)
    made: Json = {
        "FULL_PATH": address,
        "ACCESS": _ACCESS[row.access],
        "TYPE": _tags(types, values) or _IMPULSE,
        "DESCRIPTION": row.help.replace("prompt n", f"prompt {n}") if n else row.help,
    }
    if values and row.kind in ("value", "readout"):
        made["VALUE"] = list(values)
    ranges = [_range(row, letter, snapshot.choices.get(address, row.choices)) for letter in types]
    if any(ranges):
        made["RANGE"] = ranges
        made["CLIPMODE"] = ["both" if "MIN" in limits else "none" for limits in ranges]
    if row.unit and types and not row.optional:
        made["UNIT"] = [_UNITS.get(row.unit, row.unit)] * len(types)
    if overloads := _overloads(row, types):
        made["OVERLOADS"] = [{"TYPE": other} for other in overloads]
    return made


def _types(row: Parameter, prompts: int) -> str:
    """One letter of the table a value: what is sent and taken at the least."""
    if row.types == "f*":
        return "f" * prompts
    return row.types or row.optional[:1]


def _tags(types: str, values: tuple[Value, ...]) -> str:
    """OSC type tags; a bool's says what it is at the moment, as the proposal has it."""
    told = "".join("T" if value else "F" for value in values)
    return "".join(
        (told[i] if i < len(told) else "T") if letter == "b" else letter
        for i, letter in enumerate(types)
    )


def _range(row: Parameter, letter: str, choices: tuple[str, ...]) -> Json:
    if letter == "s":
        return {"VALS": list(choices)} if choices else {}
    if letter == "b" or row.low is None or row.high is None:
        return {}
    as_type = int if letter == "i" else float
    return {"MIN": as_type(row.low), "MAX": as_type(row.high)}


def _overloads(row: Parameter, types: str) -> list[str]:
    """The other ways in which a row takes values."""
    longest = row.types + row.optional if row.types != "f*" else types
    found = [longest[:count] for count in range(len(types) + 1, len(longest) + 1)]
    if getattr(row, "by_number", False):
        found += ["i" + other[1:] for other in (types, *found)]
    return found


def path_changes(before: Snapshot, after: Snapshot) -> list[tuple[str, str]]:
    """What to tell those who know the tree: (command, path), in the order to be told."""
    old, new = before.prompts, after.prompts
    told = [("PATH_REMOVED", f"/ld/prompt/{n}") for n in range(old, new, -1)]
    told += [("PATH_ADDED", f"/ld/prompt/{n}") for n in range(old + 1, new + 1)]
    if old != new:
        told.append(("PATH_CHANGED", "/ld/blend"))
    if before.loras != after.loras:
        told.append(("PATH_CHANGED", "/ld/lora"))
    changed = {a for a in (*before.choices, *after.choices) if _differ(a, before, after)}
    return told + [("PATH_CHANGED", address) for address in sorted(changed)]


def _differ(address: str, before: Snapshot, after: Snapshot) -> bool:
    return before.choices.get(address) != after.choices.get(address)
