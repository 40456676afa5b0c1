"""The table, the README, OSCQuery and every file in patches/clients/ say the same."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import client_files
import pytest
from client_files import FOLDER, SURFACES, TEXTS, addresses_in

from livediffusion.control.oscquery import tree
from livediffusion.control.snapshot import Snapshot
from livediffusion.errors import UserError
from livediffusion.state.parameters import TABLE, Parameter, find
from livediffusion.state.patch import find_patch
from livediffusion.state.values import span
from livediffusion.types import Json

ROOT = Path(__file__).parents[2]
PROMPTS = 4
# Weights say the same; nor are requests that want a name, which no fader has.
ON_NO_SURFACE = {"/ld/blend"}
REMOVERS = {f"/ld/prompt/{n}/remove" for n in range(1, PROMPTS + 1)}  # a slip of a finger
PRESSED = {"/ld/nudge", "/ld/mark"}  # requests that a button can make
BY_ITSELF = {"/ld/subscribe", "/ld/unsubscribe"}


def expected(*kinds: str) -> set[str]:
    """Every address of the table of these kinds, for so many prompts."""
    rows = [row for row in TABLE if row.kind in kinds]
    return {row.address_of(n) for row in rows for n in numbers(row)}


def numbers(row: Parameter) -> Iterator[int | None]:
    yield from range(1, PROMPTS + 1) if row.numbered else (None,)


def is_typed(row: Parameter) -> bool:
    """Whether it takes any text; TouchOSC has nothing to type that in."""
    return row.types == "s" and not row.choices and not row.by_number


def test_the_files_are_what_the_table_gives() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make-clients"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_sends_and_shows_every_row_that_one_can_play(name: str) -> None:
    facts = SURFACES[name]()
    typed = {row.address_of(n) for row in TABLE if is_typed(row) for n in numbers(row)}
    sent = expected("value", "trigger") - ON_NO_SURFACE - REMOVERS | PRESSED
    assert facts.sends - BY_ITSELF == sent - (typed if name == "livediffusion.tosc" else set())
    assert (
        facts.shows - expected("trigger", "request") == expected("value", "readout") - ON_NO_SURFACE
    )


@pytest.mark.parametrize("name", [*SURFACES, "livediffusion-live.maxpat"])
def test_faders_end_where_the_table_says(name: str) -> None:
    read = SURFACES.get(name, lambda: client_files.max_patcher(name))
    ends = read().ends
    floats = {row.address_of(n) for row in TABLE if row.types == "f" for n in numbers(row)}
    assert ends.keys() >= floats & expected("value")
    for address, (low, high) in ends.items():
        found = find(address)
        assert found and (low, high) == pytest.approx((found[0].low, found[0].high)), address


def test_the_device_for_live_has_a_dial_for_each_number_and_shows_the_readouts() -> None:
    facts = client_files.max_patcher("livediffusion-live.maxpat")
    dials = {row.address_of(n) for row in TABLE if row.numeric for n in numbers(row)} - REMOVERS
    assert facts.sends - BY_ITSELF == dials | {"/ld/mark"} and facts.shows == expected("readout")


@pytest.mark.parametrize("name", TEXTS)
def test_snippets_name_every_address_and_no_other(name: str) -> None:
    named = addresses_in(name)
    assert {row.address for row in TABLE if row.kind != "readout"} <= named
    unknown = {address for address in named if not find(address.replace("{n}", "1"))}
    assert not unknown


def test_the_tables_in_snippets_are_the_table() -> None:
    python, javascript = client_files.python_table(), client_files.javascript_table()
    assert list(python) == list(javascript) == [row.address for row in TABLE]
    for row in TABLE:
        assert python[row.address][1:3] == (row.low, row.high), row.address
        assert python[row.address] == tuple(javascript[row.address])
        assert python[row.address][3].startswith(row.help)


def test_the_readme_and_oscquery_say_the_same_ranges() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    cells = {
        match[1]: match[2].strip()
        for match in re.finditer(r"^\| `(/ld/[^`]*)` \|[^|]*\|([^|]*)\|", readme, re.MULTILINE)
    }
    described = dict(methods(tree(Snapshot(PROMPTS))))
    assert set(described) == expected("value", "trigger", "request", "readout")
    assert set(cells) == {row.address for row in TABLE}
    for row in TABLE:
        assert cells[row.address] == (span(row) or row.unit), row.address
        ends = described[row.address_of(next(numbers(row)))].get("RANGE", [{}])[-1]
        if row.types[:1] in ("f", "i"):
            assert (ends.get("MIN"), ends.get("MAX")) == (row.low, row.high), row.address


def test_every_file_is_told_of_and_none_is_taken_for_a_patch() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    files = [path.name for path in FOLDER.iterdir() if path.name != "README.md"]
    assert len(files) == len(SURFACES) + len(TEXTS) + 1
    assert all(f"`{name}`" in told for name in files)
    with pytest.raises(UserError):
        find_patch("livediffusion", [FOLDER.parent])


@pytest.mark.parametrize(
    ("name", "told", "port"),
    [
        ("livediffusion.pd", "**Pure Data**", 9001),
        ("livediffusion.maxpat", "**Max**", 9002),
        ("livediffusion-live.maxpat", "**Ableton Live**", 9003),
        ("livediffusion.csd", "**Csound**", 9004),
        ("touchdesigner.py", "**TouchDesigner**", 9005),
        ("livediffusion.tosc", "**TouchOSC**", 9000),
    ],
)
def test_the_steps_name_the_port_that_a_file_hears_on(name: str, told: str, port: int) -> None:
    content = (FOLDER / name).read_bytes()
    plain = zlib.decompress(content) if name.endswith(".tosc") else content
    assert str(port).encode() in plain
    steps = (ROOT / "docs" / "surfaces.md").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in steps if line.startswith(f"| {told}"))
    assert line.rstrip(" |").endswith(str(port))


def methods(node: Json) -> Iterator[tuple[str, Json]]:
    if "TYPE" in node:
        yield node["FULL_PATH"], node
    for below in node.get("CONTENTS", {}).values():
        yield from methods(below)
