"""Putting a set on stage: config and patch are read, the three processes started and watched."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

import livediffusion
from livediffusion.config import FILE_NAME as CONFIG_NAME
from livediffusion.config import Config, load_config, overridden, user_folder
from livediffusion.control.settings import ControlSettings
from livediffusion.daemon import Child, Supervisor, make_run_dir
from livediffusion.errors import UserError
from livediffusion.player.process import PlayerSettings
from livediffusion.render.settings import RendererSettings, model_source
from livediffusion.state.patch import Patch, find_patch, load_patch
from livediffusion.statusline import StatusLine
from livediffusion.types import Seconds

_CONTROL_HANGS_S = 3.0
_PLAYER_HANGS_S = 3.0
_RENDERER_HANGS_S = 30.0  # a step of a large model on a slow CPU takes its time


def play(
    patch: str,
    *,
    config: Path | None,
    model: str | None,
    output: str | None,
    seconds: Seconds | None,
    console: Console,
) -> None:
    """Play a patch until Ctrl-C, SIGTERM or so many seconds; UserError when it cannot start."""
    settings = overridden(load_config(config), {"render.model": model, "audio.device": output})
    path = find_patch(patch, patch_folders(), paths=True)
    loaded = load_patch(path)
    run_dir = make_run_dir()
    try:
        with StatusLine(console) as line, _told_to_stop() as stop:
            supervisor = supervise(run_dir, settings, path, loaded, model, line.say)
            ends = time.monotonic() + seconds if seconds else float("inf")
            supervisor.run(
                lambda: stop.is_set() or time.monotonic() >= ends,
                lambda: line.show(supervisor.arena.read_transport(), supervisor.status()),
            )
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def supervise(
    run_dir: Path,
    config: Config,
    patch_path: Path,
    patch: Patch,
    model: str | None,
    say: Callable[[str], None],
) -> Supervisor:
    """A supervisor over player, renderer and control, ready to run."""
    name = model or patch.model or config.render.model
    model_source(name, config.models)  # a model that is not there is said before anything starts
    render, audio = config.render, config.audio
    player = PlayerSettings(
        run_dir=run_dir,
        output=audio.device or None,
        sample_rate=audio.sample_rate,
        blocksize=audio.blocksize,
        channels=audio.channels,
    )
    renderer = RendererSettings(
        run_dir=run_dir,
        model=name,
        models=dict(config.models),
        device=render.device,
        dtype=render.dtype,
        threads=render.threads,
        cache_mb=render.cache_mb,
    )
    control = ControlSettings(
        run_dir=run_dir,
        config=config.path.resolve() if config.path else None,
        patch=patch_path.resolve(),
        model=model or "",
        patch_folders=tuple(folder.resolve() for folder in patch_folders()),
    )
    children = [
        Child("player", "livediffusion.player.process", player, _PLAYER_HANGS_S),
        Child("renderer", "livediffusion.render.worker", renderer, _RENDERER_HANGS_S),
        Child("control", "livediffusion.control.process", control, _CONTROL_HANGS_S),
    ]
    return Supervisor(run_dir, children, say)


def patch_folders() -> list[Path]:
    """Where patches are looked for: here, the user's own, then those that come with us."""
    package = Path(livediffusion.__file__).parent
    return [
        Path("patches"),
        user_folder() / "patches",
        package / "patches",
        package.parent / "patches",
    ]


def read_patch(name: str) -> Patch:
    """A patch by name or file."""
    return load_patch(find_patch(name, patch_folders(), paths=True))


def check(files: list[Path], config: Path | None, console: Console) -> None:
    """Read config and patches; say everything that is wrong, or what is well."""
    problems: list[str] = []
    wanted: list[Path | None] = [*files] or [config, *sorted(Path("patches").glob("*.toml"))]
    for file in wanted:
        is_config = file is None or file.name == CONFIG_NAME
        try:
            _ = load_config(file) if is_config or file is None else load_patch(file)
            console.print(f"{file or 'config'}: well", highlight=False)
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in kept:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
