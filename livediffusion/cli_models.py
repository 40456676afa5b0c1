"""The commands about models: what is there, what is fetched, what is turned into ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from livediffusion.terminal import ConfigOption, JsonOption, out, print_json, progress, say

app = typer.Typer(no_args_is_help=False, help="List models, and fetch them.")
exports = typer.Typer()


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List models, LoRAs, embeddings, decoders: where they are, size, licence, what runs them."""
    if context.invoked_subcommand is not None:
        return
    from livediffusion import catalogue
    from livediffusion.config import load_config

    read = load_config(config)
    found = [*catalogue.models(read), *catalogue.addons(read)]
    if as_json:
        print_json([model.to_json() for model in found])
        return
    table = Table("name", "kind", "is", "size", "licence", "runs on", box=None)
    for model in found:
        size = f"{model.bytes / 1e6:,.0f} MB" if model.bytes else ""
        runs = f"{model.backend}, {model.device}, {model.dtype}" if model.device else ""
        licence = model.licence or ("not said" if model.path else "")
        table.add_row(model.name, model.kind, model.place, size, licence, runs)
    out().print(table)
    for model in found:
        if model.wrong:
            say(model.wrong)
        elif not model.path:
            say(f"`livediffusion models pull {model.name}` fetches {model.source}.")


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A name from the config, or riffusion-seeds.")],
    config: ConfigOption = None,
) -> None:
    """Fetch a model, or what is put upon one; run again to go on where it stopped."""
    from livediffusion import catalogue
    from livediffusion.config import load_config

    with progress() as advance:
        sentence = catalogue.pull(name, load_config(config), advance)
    say(sentence)


@exports.command()
def export(
    model: Annotated[str, typer.Argument(help="A name from [models], or a folder.")],
    folder: Annotated[Path, typer.Argument(help="Where to write it.")],
    config: ConfigOption = None,
) -> None:
    """Write a model as ONNX, checked against torch: then it runs without torch's kernels."""
    from livediffusion import catalogue
    from livediffusion.config import load_config

    for line in catalogue.export(model, folder, load_config(config), say):
        say(line)
