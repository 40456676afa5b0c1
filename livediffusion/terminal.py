"""What every command of the command line shares: options, and where it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ConfigOption = Annotated[Path | None, typer.Option("--config", help="config.toml to use.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs to read.")]


def out() -> Console:
    """Standard output."""
    return Console()


def err() -> Console:
    """Standard error."""
    return Console(stderr=True)


def say(sentence: str) -> None:
    """Print a sentence as it is."""
    out().print(sentence, highlight=False, soft_wrap=True, markup=False)


def print_json(value: object) -> None:
    """Print a value for programs to read."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def progress() -> AbstractContextManager[Callable[[str, float], None]]:
    """A progress bar on standard error, and the function that moves it."""
    from livediffusion.progress import bar

    return bar(err())
