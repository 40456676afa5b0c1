"""The commands between sound and spectrogram pictures: `livediffusion encode` and `decode`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from livediffusion.errors import UserError
from livediffusion.terminal import out

app = typer.Typer()


@app.command()
def decode(
    image: Annotated[Path, typer.Argument(help="A spectrogram picture (PNG).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")] = Path(
        "loop.wav"
    ),
    tempo: Annotated[
        float | None, typer.Option(min=20, max=300, help="Beats a minute; the picture's own.")
    ] = None,
    phase: Annotated[
        str, typer.Option(help="How phase is found: fast, reference or peaks; else the best way.")
    ] = "model",
) -> None:
    """Turn a spectrogram picture into a loop of sound."""
    from livediffusion import pictures
    from livediffusion.spectrogram.params import PHASES, PhaseChoice

    if phase not in ("model", *PHASES):
        raise UserError(f"--phase must be one of {', '.join(PHASES)}.")
    pictures.decode(image, output, tempo, out(), cast(PhaseChoice, phase))


@app.command()
def encode(
    audio: Annotated[Path, typer.Argument(help="A sound file: WAV, FLAC, MP3, OGG ...")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The PNG to write.")] = Path(
        "loop.png"
    ),
    stereo: Annotated[bool, typer.Option("--stereo", help="Keep left and right apart.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Its end meets its beginning.")] = False,
    beats: Annotated[
        int | None, typer.Option(min=1, max=64, help="Of a loop; else as its length suggests.")
    ] = None,
) -> None:
    """Turn sound into a spectrogram picture, as Riffusion's models know them."""
    from livediffusion import pictures

    pictures.encode(audio, output, out(), stereo=stereo, loop=loop, beats=beats)
