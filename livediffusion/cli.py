"""The command line: exit code 0, or 1 with one sentence that says what to do.

Commands import what they need when they run: `play` and its kin never load torch in this
process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from typer.exceptions import TyperException

from livediffusion.cli_models import app as models_app
from livediffusion.cli_models import exports as export_app
from livediffusion.cli_pictures import app as pictures_app
from livediffusion.cli_session import app as session_app
from livediffusion.cli_stage import app as stage_app
from livediffusion.cli_training import app as train_app
from livediffusion.errors import UserError
from livediffusion.terminal import ConfigOption, JsonOption, err, out, print_json, say

app = typer.Typer(
    help=__doc__.splitlines()[0] if __doc__ else None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(stage_app)
app.add_typer(session_app)
app.add_typer(pictures_app)
app.add_typer(models_app, name="models")
app.add_typer(export_app)
app.add_typer(train_app, name="train")

ModelOption = Annotated[str | None, typer.Option("--model", help="a name from [models].")]
OutOption = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]
TempoOption = Annotated[float, typer.Option(min=20, max=300, help="Beats a minute.")]


@app.command()
def play(
    patch: Annotated[str, typer.Argument(help="A patch's name, or its file.")] = "default",
    config: ConfigOption = None,
    model: ModelOption = None,
    output: Annotated[str | None, typer.Option(help="A device's name, null, or FILE.wav.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
    no_web: Annotated[bool, typer.Option("--no-web", help="No OSCQuery, whatever config says.")] = (
        False
    ),
    verbose: Annotated[bool, typer.Option("--verbose", help="The log as engineers want it.")] = (
        False
    ),
) -> None:
    """Play a patch until Ctrl-C."""
    from livediffusion import stage

    overrides = {"audio.device": output or None, "web.serve": False if no_web else None}
    stage.play(
        patch,
        config=config,
        model=model,
        overrides=overrides,
        seconds=seconds,
        console=out(),
        verbose=verbose,
    )


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
    workshop.render(wanted, output, config, out())


@app.command()
def devices(as_json: JsonOption = False) -> None:
    """List audio outputs, MIDI inputs and MIDI outputs."""
    from livediffusion.control.midi_driver import list_ports
    from livediffusion.player.device import list_devices

    outputs, inputs, lights = list_devices(), list_ports("in"), list_ports("out")
    if as_json:
        print_json({"audio": outputs, "midi": inputs, "midi_outputs": lights})
        return
    console = out()
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

    stage.check(files or [], config, out())


@app.command()
def bench(
    as_json: JsonOption = False,
    seconds: Annotated[float, typer.Option(help="Of playing under load.")] = 60.0,
    full_size: Annotated[
        bool, typer.Option("--full-size", help="Stable Diffusion 1.5's size, random weights.")
    ] = False,
    scaled_down: Annotated[
        bool, typer.Option("--scaled-down", help="The same with narrow networks, for a CPU.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="What it costs that somebody has the page open.")
    ] = False,
    config: ConfigOption = None,
    model: ModelOption = None,
) -> None:
    """Measure render time by stage, knob to sound, and underruns under load."""
    from livediffusion.bench import measure, table

    if full_size or scaled_down:
        results = measure.measure_architecture(config, err(), full_size=full_size)
        shown = table.architecture_table(results)
    elif page:
        results = measure.measure_page_open(config, model, err())
        shown = table.page_table(results)
    else:
        results = measure.measure(config, model, seconds, err())
        shown = table.table(results)
    if as_json:
        print_json(results)
    else:
        out().print(shown)


@app.command()
def learn(
    target: Annotated[str, typer.Argument(help="gain, seed.morph ...; else what you touch.")] = "",
    config: ConfigOption = None,
) -> None:
    """Map a MIDI control: touch a parameter, move a knob (livediffusion must be playing)."""
    from livediffusion.control import remote

    remote.learn(target, config, say)


@app.command()
def unlearn(
    target: Annotated[str, typer.Argument(help="gain, seed.morph ...")],
    config: ConfigOption = None,
) -> None:
    """Let no MIDI control move a parameter any more."""
    from livediffusion.control import remote

    remote.unlearn(target, config, say)


def main() -> None:
    """Run the command line; never a traceback for what the user can mend."""
    try:
        sys.exit(app(standalone_mode=False))
    except (UserError, TyperException) as error:
        err().print(str(error), highlight=False, soft_wrap=True, markup=False)
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
