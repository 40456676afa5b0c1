"""What a surface has: one control for each row of the table that one can play, and read-outs.

A row that is added to the table appears on every surface by itself; the kinds decide how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from livediffusion.state.parameters import TABLE, Parameter

Kind: TypeAlias = Literal["fader", "number", "toggle", "choice", "pad", "button", "text", "readout"]

HOST, PORT = "127.0.0.1", 7770
PROMPTS = 4  # that a surface has room for
SCENES = 8
NUDGE = 0.05  # beats: 25 ms at 120 bpm
MADE_BY = "Made by scripts/make-clients from the parameter table; edit that instead."
ELSEWHERE = (  # the weights are this; files do those themselves; no slip of a finger takes one out
    *("/ld/blend", "/ld/subscribe", "/ld/unsubscribe"),
    "/ld/prompt/{n}/remove",
)


@dataclass(frozen=True, slots=True)
class Control:
    """One fader, button or read-out. `low` and `high` hold for numbers only."""

    kind: Kind
    address: str
    row: Parameter
    n: int | None = None  # the prompt's number

    @property
    def name(self) -> str:
        """ "prompt-1-weight", "seed-morph", "out-beat": unique, and good in any language."""
        return self.address.removeprefix("/ld/").replace("/", "-").replace("_", "-")

    @property
    def label(self) -> str:
        """ "weight 1", "seed morph", "beat": for people."""
        words = self.row.key.replace("prompt.{n}.", "").removeprefix("out.")
        label = words.replace(".", " ").replace("_", " ")
        return f"{label} {self.n}" if self.n else label

    @property
    def low(self) -> float:
        """The lower end."""
        return self.row.low or 0.0

    @property
    def high(self) -> float:
        """The upper end."""
        return 1.0 if self.row.high is None else self.row.high

    @property
    def start(self) -> float:
        """Where it stands until the first feedback."""
        default = self.row.default
        return float(default) if isinstance(default, int | float) else self.low

    @property
    def choices(self) -> tuple[str, ...]:
        """What one can choose from."""
        return self.row.choices

    @property
    def is_number(self) -> bool:
        """Whether its value is one number (a read-out's may be text)."""
        return self.row.types in ("f", "i", "b")

    @property
    def brief(self) -> str:
        """The beginning of the table's line, where there is little room."""
        return re.split("[;:,]", self.row.help.replace("prompt n", f"prompt {self.n}"))[0]

    @property
    def help(self) -> str:
        """The table's line, with its range."""
        text = self.row.help.replace("prompt n", f"prompt {self.n}") if self.n else self.row.help
        return f"{text} [{self.row.unit}]" if self.row.unit else text


@dataclass(frozen=True, slots=True)
class Press:
    """A button that always sends the same value."""

    name: str
    label: str
    address: str
    value: int | float


PRESSES = (
    *(Press(f"scene-{n}", f"scene {n}", "/ld/scene", n) for n in range(1, SCENES + 1)),
    Press("nudge-back", "nudge -", "/ld/nudge", -NUDGE),
    Press("nudge-on", "nudge +", "/ld/nudge", NUDGE),
)


def controls(*kinds: Kind) -> list[Control]:
    """All controls of these kinds, or of every kind, in the table's order."""
    return [control for control in _all() if not kinds or control.kind in kinds]


def addresses() -> dict[str, Control | None]:
    """Every address of the table, with its control, if surfaces have one."""
    found: dict[str, Control | None] = {}
    for row in TABLE:
        for n in range(1, PROMPTS + 1) if row.numbered else (None,):
            kind = _kind(row)
            address = row.address_of(n)
            found[address] = Control(kind, address, row, n) if kind else None
    return found


def number(value: float) -> str:
    """Without needless digits: "1", "-60", "0.75"."""
    return f"{value:.10g}"


def _all() -> Iterator[Control]:
    """Weights first, then texts and the rest: prompts stay together."""
    found = [control for control in addresses().values() if control]
    yield from sorted(found, key=lambda control: (control.n is None, control.kind == "text"))


def _kind(row: Parameter) -> Kind | None:
    if row.address in ELSEWHERE:
        return None
    if row.kind == "readout":
        return "readout"
    if row.kind == "trigger" or (row.kind == "request" and not row.types):
        return "button"
    if row.kind == "request":  # wants a name, which no button has; or see PRESSES
        return None
    if row.choices:
        return "choice"
    kinds: dict[str, Kind] = {
        "f": "fader", "i": "number", "b": "toggle", "ff": "pad", "s": "text",
    }  # fmt: skip
    return kinds[row.types]
