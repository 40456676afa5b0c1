"""The commands about recorded performances: `livediffusion replay` and `session info`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livediffusion.terminal import ConfigOption, JsonOption, out, print_json, progress, say

app = typer.Typer()
session_app = typer.Typer(no_args_is_help=True, help="What is in a recorded performance.")
app.add_typer(session_app, name="session")

SessionArgument = Annotated[Path, typer.Argument(help="The folder of a recorded session.")]


@app.command("replay")
def replay(
    session: SessionArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The WAV or FLAC file to write.")
    ] = Path("replay.wav"),
    steps: Annotated[
        int | None, typer.Option(min=1, max=100, help="Render better than on stage.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Render a recorded performance again: the same samples, or better ones."""
    from livediffusion.config import load_config
    from livediffusion.session.recorded import open_session
    from livediffusion.session.replay import replay as play_again
    from livediffusion.workshop import check_output

    check_output(output)
    opened = open_session(session)
    with progress() as advance:
        compared = play_again(opened, output, load_config(config), steps, say, advance)
    say(f"{output}: {opened.time(opened.end):.1f} s.")
    if compared is not None:
        say(compared.sentence())


@session_app.command("info")
def info(
    session: SessionArgument,
    picture: Annotated[
        Path | None, typer.Option(help="The PNG to write; set.png in the session.")
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Words only.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what happened when, and draw the set."""
    from livediffusion.session.info import summary, table
    from livediffusion.session.recorded import open_session

    opened = open_session(session)
    found = summary(opened)
    if not no_picture:
        from livediffusion.session.picture import draw

        path = picture or session / "set.png"
        draw(opened, path)
        found["picture"] = str(path)
    if as_json:
        print_json(found)
        return
    out().print(table(found))
