"""The commands that make, teach and measure models: `livediffusion train` and its kin.

The pocket model again, a model of one's own loops, or figures of either. They import torch and
the composer only when they run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from livediffusion.terminal import ConfigOption, JsonOption, out, print_json, progress, say

app = typer.Typer(no_args_is_help=False, help="Make the pocket model again, or measure it.")


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The model folder to write.")] = Path("pocket"),
    workdir: Annotated[Path, typer.Option(help="For data and checkpoints.")] = Path("training"),
    minutes: Annotated[float, typer.Option(help="How long the denoiser learns.")] = 90.0,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    start_from: Annotated[
        Path | None, typer.Option(help="An earlier pocket model to begin from.")
    ] = None,
) -> None:
    """Train the pocket model from nothing; run again to go on where it stopped."""
    if context.invoked_subcommand is not None:
        return
    from livediffusion.training.recipe import train as train_recipe

    with progress() as advance:
        train_recipe(out, workdir, minutes, threads, advance, start_from)
    say(f"The model is in {out}.")


@app.command("evaluate")
def evaluate(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[MODEL]", help="A model folder; the pocket model.")
    ] = None,
    workdir: Annotated[Path, typer.Option(help="For data and checkpoints.")] = Path("training"),
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer loops of everything.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every pair of genres; takes long.")] = False,
) -> None:
    """Measure how well a model plays what it is asked for."""
    from livediffusion.render.settings import POCKET_FOLDER
    from livediffusion.training import evaluation

    size = evaluation.QUICK if quick else evaluation.FULL if full else evaluation.NORMAL
    with progress() as advance:
        report = evaluation.evaluate(folder or POCKET_FOLDER, workdir, advance, size)
    if as_json:
        print_json(report.to_json())
        return
    console = out()
    console.print(report.by_genre())
    console.print(report.tables())


@app.command("finetune")
def finetune(
    folder: Annotated[Path, typer.Argument(help="Loops: WAV, FLAC, MP3 or OGG.")],
    name: Annotated[str, typer.Option(help="The word that will call the style.")],
    model: Annotated[str, typer.Option(help="The model to start from.")] = "pocket",
    out: Annotated[Path | None, typer.Option(help="Another place for the model folder.")] = None,
    tempo: Annotated[
        float | None, typer.Option(min=20, max=300, help="Of all files, in beats a minute.")
    ] = None,
    captions: Annotated[Path | None, typer.Option(help="A CSV file: file,caption.")] = None,
    minutes: Annotated[float, typer.Option(help="How long it learns.")] = 5.0,
    threads: Annotated[int, typer.Option(min=0, help="0: all.")] = 0,
    overwrite: Annotated[bool, typer.Option(help="Replace a model of that name.")] = False,
    config: ConfigOption = None,
) -> None:
    """Teach a model the style of your own loops: `play --model NAME` then plays it."""
    from livediffusion.config import load_config
    from livediffusion.render.settings import model_source
    from livediffusion.training.own import finetune as own

    source = model_source(model, load_config(config).models)
    wanted = own.Wanted(
        folder=folder,
        name=name,
        model=model,
        source=source,
        out=out,
        tempo=tempo,
        captions=captions,
        minutes=minutes,
        threads=threads or os.cpu_count() or 1,
        overwrite=overwrite,
    )
    with progress() as advance:
        own.finetune(wanted, say, advance)
