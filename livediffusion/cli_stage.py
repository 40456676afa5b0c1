"""The commands around a performance: is everything ready, how does it go."""

from __future__ import annotations

import typer

from livediffusion.terminal import JsonOption, out, print_json

app = typer.Typer()


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Say how the livediffusion that is playing on this machine is."""
    from livediffusion import status as asking

    reports = asking.ask()
    if as_json:
        print_json(reports)
        return
    for report in reports:
        out().print(asking.shown(report))
