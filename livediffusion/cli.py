"""The command line: exit code 0, or 1 with one sentence that says what to do.

Commands import what they need when they run: `play` and its kin never load torch in this
process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

from livediffusion.errors import UserError

app = typer.Typer(
    help=__doc__.splitlines()[0] if __doc__ else None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
train_app = typer.Typer(no_args_is_help=False, help="Make the pocket model again, or measure it.")
app.add_typer(train_app, name="train")

ConfigOption = Annotated[Path | None, typer.Option("--config", help="config.toml to use.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="a name from [models].")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs to read.")]
OutOption = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]
TempoOption = Annotated[float, typer.Option(min=20, max=300, help="Beats a minute.")]


@app.command()
def play(
    patch: Annotated[str, typer.Argument(help="A patch's name, or its file.")] = "default",
    config: ConfigOption = None,
    model: ModelOption = None,
    output: Annotated[str | None, typer.Option(help="A device's name, null, or FILE.wav.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
) -> None:
    """Play a patch until Ctrl-C."""
    from livediffusion import stage

    stage.play(patch, config=config, model=model, output=output, seconds=seconds, console=_out())


@app.command()
def render(
    prompts: Annotated[list[str] | None, typer.Argument(help="What it should sound like.")] = None,
    output: OutOption = Path("loop.wav"),
    patch: Annotated[str | None, typer.Option(help="Take everything from a patch.")] = None,
    weights: Annotated[str | None, typer.Option(help="One a prompt: 1,0.2")] = None,
    beats: Annotated[int | None, typer.Option(min=4, max=32)] = None,
    tempo: Annotated[float | None, typer.Option(min=20, max=300)] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1)] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=100)] = None,
    model: ModelOption = None,
    image: Annotated[Path | None, typer.Option(help="A seed spectrogram to start from.")] = None,
    config: ConfigOption = None,
) -> None:
    """Render one loop to a WAV or FLAC file."""
    from livediffusion import workshop

    wanted = workshop.Wanted(
        prompts=tuple(prompts or ()),
        patch=patch,
        weights=_weights(weights),
        beats=beats,
        tempo=tempo,
        seed=seed,
        steps=steps,
        model=model,
        image=image,
    )
    workshop.render(wanted, output, config, _out())


@app.command()
def decode(
    image: Annotated[Path, typer.Argument(help="A spectrogram picture (PNG).")],
    output: OutOption = Path("loop.wav"),
    tempo: Annotated[
        float | None, typer.Option(min=20, max=300, help="Beats a minute; the picture's own.")
    ] = None,
) -> None:
    """Turn a spectrogram picture into a loop of sound."""
    from livediffusion import workshop

    workshop.decode(image, output, tempo, _out())


@app.command()
def devices(as_json: JsonOption = False) -> None:
    """List audio outputs, MIDI inputs and MIDI outputs."""
    from livediffusion.control.midi_driver import list_ports
    from livediffusion.player.device import list_devices

    outputs, inputs, lights = list_devices(), list_ports("in"), list_ports("out")
    if as_json:
        _print_json({"audio": outputs, "midi": inputs, "midi_outputs": lights})
        return
    console = _out()
    table = Table("", "audio output", "channels", "rate", box=None)
    for number, device in enumerate(outputs):
        mark = "*" if device.get("default") else ""
        channels, rate = str(device["channels"]), f"{device['sample_rate']:g}"
        table.add_row(mark, f"{number}  {device['name']}", channels, rate)
    console.print(table if outputs else "No audio output: play goes to null, or to FILE.wav.")
    console.print("MIDI inputs: " + (", ".join(inputs) or "none"))
    console.print("MIDI outputs: " + (", ".join(lights) or "none"))


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Patches or config.toml.")] = None,
    config: ConfigOption = None,
) -> None:
    """Say everything that is wrong in config and patches."""
    from livediffusion import stage

    stage.check(files or [], config, _out())


@app.command()
def bench(
    as_json: JsonOption = False,
    seconds: Annotated[float, typer.Option(help="Of playing under load.")] = 60.0,
    config: ConfigOption = None,
    model: ModelOption = None,
) -> None:
    """Measure render time by stage, knob to sound, and underruns under load."""
    from livediffusion.bench import measure, table

    results = measure(config, model, seconds, _err())
    if as_json:
        _print_json(results)
    else:
        _out().print(table(results))


@train_app.callback(invoke_without_command=True)
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

    with _progress() as advance:
        train_recipe(out, workdir, minutes, threads, advance, start_from)
    _out().print(f"The model is in {out}.")


@train_app.command("evaluate")
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
    with _progress() as advance:
        report = evaluation.evaluate(folder or POCKET_FOLDER, workdir, advance, size)
    if as_json:
        _print_json(report.to_json())
    else:
        _out().print(report.table())


@train_app.command("finetune")
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
    with _progress() as advance:
        own.finetune(wanted, _say, advance)


def main() -> None:
    """Run the command line; never a traceback for what the user can mend."""
    try:
        sys.exit(app(standalone_mode=False))
    except (UserError, TyperException) as error:
        _err().print(str(error), highlight=False, soft_wrap=True, markup=False)
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(1)


def _weights(text: str | None) -> tuple[float, ...]:
    if text is None:
        return ()
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"--weights takes numbers like 1,0.2, not {text!r}.") from None


def _out() -> Console:
    return Console()


def _err() -> Console:
    return Console(stderr=True)


def _say(sentence: str) -> None:
    _out().print(sentence, highlight=False, soft_wrap=True, markup=False)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _progress() -> Any:
    from livediffusion.progress import bar

    return bar(_err())
