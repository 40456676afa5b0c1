"""What an evaluation finds: figures with the bars that they should pass, as JSON or as a table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

NAME_WIDTH, VALUE_WIDTH = 38, 10  # so that sections line up, and 80 columns hold a verdict


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `least` and `most` are the bars; a figure without any is only told."""

    name: str
    value: float
    unit: str = ""  # "%" shows a share as per cent
    least: float | None = None
    most: float | None = None

    @property
    def passes(self) -> bool | None:
        """Whether it keeps to its bars; None where there are none. NaN keeps to nothing."""
        if self.least is None and self.most is None:
            return None
        low = -math.inf if self.least is None else self.least
        high = math.inf if self.most is None else self.most
        return low <= self.value <= high

    def shown(self, value: float | None) -> str:
        """A value in this figure's unit, for people."""
        if value is None:
            return ""
        if self.unit == "%":
            return f"{100.0 * value:.1f} %"
        return f"{value:.4g} {self.unit}".strip()

    def bar(self) -> str:
        """Its bars, for people."""
        marks = (("at least", self.least), ("at most", self.most))
        return ", ".join(
            f"{word} {self.shown(value)}" for word, value in marks if value is not None
        )

    def to_json(self) -> dict[str, Any]:
        """Value, bars where there are some, and whether it passes them."""
        found: dict[str, Any] = {"value": self.value if math.isfinite(self.value) else None}
        if self.unit:
            found["unit"] = "share" if self.unit == "%" else self.unit
        bars = {"least": self.least, "most": self.most}
        found |= {name: value for name, value in bars.items() if value is not None}
        return found if self.passes is None else found | {"passes": self.passes}


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together, a note on how they were found, and details for JSON only."""

    title: str
    figures: list[Figure]
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def table(self) -> Table:
        """Figures, their bars and whether they pass."""
        shown = Table(box=None, show_header=False, padding=(0, 1))
        shown.add_column(min_width=NAME_WIDTH)
        shown.add_column(justify="right", min_width=VALUE_WIDTH, no_wrap=True)
        shown.add_column()
        marks = {None: "", True: "[green]passes[/green]", False: "[red]fails[/red]"}
        for figure in self.figures:
            bar = f"{figure.bar()}: {marks[figure.passes]}" if figure.bar() else ""
            shown.add_row(figure.name, figure.shown(figure.value), bar)
        return shown

    def to_json(self) -> dict[str, Any]:
        """Figures by name, the note, and the details."""
        found: dict[str, Any] = {"note": self.note} if self.note else {}
        found["figures"] = {figure.name: figure.to_json() for figure in self.figures}
        return found | ({"details": self.details} if self.details else {})


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one evaluation found."""

    about: dict[str, Any]  # model, machine, size, time taken
    sections: list[Section]

    def to_json(self) -> dict[str, Any]:
        """For programs to read."""
        return {**self.about, "sections": {s.title: s.to_json() for s in self.sections}}

    def failed(self) -> list[str]:
        """Names of the figures that do not pass their bars."""
        pairs = [(s.title, f) for s in self.sections for f in s.figures]
        return [f"{title}: {figure.name}" for title, figure in pairs if figure.passes is False]

    def tables(self) -> Group:
        """For people: a table for each section, under its title and how it was found."""
        parts: list[RenderableType] = []
        for section in self.sections:
            parts += ["", Text(section.title, "bold")]
            parts += [Text(section.note, "dim")] if section.note else []
            parts.append(section.table())
        about = [f"{name}: {value}" for name, value in self.about.items()]
        return Group(*parts, "", *(Text(line, "dim") for line in about))

    def by_genre(self) -> Table:
        """A line for each genre, a column for each section that looked at them one by one."""
        columns = [s for s in self.sections if "by genre" in s.details]
        shown = Table(box=None)
        shown.add_column("genre", no_wrap=True)
        for section in columns:
            shown.add_column(section.title, justify="right")
        genres = dict.fromkeys(genre for s in columns for genre in s.details["by genre"])
        for genre in genres:
            values = (section.details["by genre"].get(genre) for section in columns)
            shown.add_row(genre, *("" if value is None else f"{value:.2f}" for value in values))
        return shown
