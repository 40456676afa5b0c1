"""The commands around a performance: is everything ready, how does it go."""

from __future__ import annotations

from typing import Annotated

import typer

from livediffusion.terminal import ConfigOption, JsonOption, out, print_json, progress, say

app = typer.Typer()


@app.command()
def soundcheck(
    patch: Annotated[str, typer.Argument(help="What is to be played.")] = "default",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    model: Annotated[str, typer.Option(help="a name from [models].")] = "",
    output: Annotated[str | None, typer.Option(help="A device's name, or FILE.wav.")] = None,
    listen: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for MIDI.")] = 4.0,
) -> None:
    """Before the show: audio, MIDI, OSC, clock, render time, disk. Exit code 1 if one fails."""
    from livediffusion.soundcheck.card import card, summary
    from livediffusion.soundcheck.check import Wanted, soundcheck

    with progress() as advance:
        findings = list(soundcheck(Wanted(patch, config, model, output, listen), advance))
    if as_json:
        print_json([found.to_json() for found in findings])
        summary(findings)
    else:
        out().print(card(findings))
        say(summary(findings))


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
