"""A progress bar for long work, on stderr; quiet where there is no terminal to draw on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


@contextmanager
def bar(console: Console) -> Iterator[Callable[[str, float], None]]:
    """A function `advance(text, fraction)`, fraction 0..1, that moves one bar a stage.

    A stage's name is its text up to a colon; what follows may change as it goes on.
    """
    columns = (TextColumn("{task.description:24}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        stages: dict[str, TaskID] = {}

        def advance(text: str, fraction: float) -> None:
            stage = text.partition(":")[0]
            if stage not in stages:
                stages[stage] = progress.add_task(text, total=1.0)
                if not console.is_terminal:
                    console.print(stage)
            progress.update(stages[stage], completed=fraction, description=text)

        yield advance
