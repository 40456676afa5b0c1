"""What a soundcheck found: a verdict and one sentence on each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rich.table import Table
from rich.text import Text

from livediffusion.errors import UserError
from livediffusion.types import Json

Verdict: TypeAlias = Literal["pass", "warn", "fail"]
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one thing; `figures` are for programs."""

    what: str
    verdict: Verdict
    sentence: str
    figures: Json = field(default_factory=dict)

    def to_json(self) -> Json:
        """For programs to read."""
        return {
            "what": self.what,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "figures": self.figures,
        }


def look_into(what: str, check: Callable[[], Finding]) -> Finding:
    """A check's finding; one that cannot even be made has failed, in a sentence."""
    try:
        return check()
    except UserError as error:
        return Finding(what, "fail", str(error))
    except Exception as error:  # noqa: BLE001 - the other checks are wanted all the same
        said = str(error).splitlines()
        why = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
        return Finding(what, "fail", f"This cannot be checked ({why}).")


def card(findings: Iterable[Finding]) -> Table:
    """The findings for people."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for found in findings:
        verdict = Text(found.verdict, _COLOURS[found.verdict])
        table.add_row(verdict, Text(found.what), Text(found.sentence))
    return table


def summary(findings: Iterable[Finding]) -> str:
    """One sentence on all of it. Raises UserError with it when something has failed."""
    by_verdict: dict[str, list[str]] = {"pass": [], "warn": [], "fail": []}
    for found in findings:
        by_verdict[found.verdict].append(found.what)
    if by_verdict["fail"]:
        raise UserError(f"Not ready: {', '.join(by_verdict['fail'])}.")
    if by_verdict["warn"]:
        return f"Ready, but look at {', '.join(by_verdict['warn'])}."
    return "Ready."
