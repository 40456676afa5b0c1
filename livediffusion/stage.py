"""Putting a set on stage: config and patch are read, the three processes started and watched."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

import livediffusion
from livediffusion.config import FILE_NAME as CONFIG_NAME
from livediffusion.config import Config, load_config, model_name, overridden, user_folder
from livediffusion.control.settings import ControlSettings
from livediffusion.daemon import Child, Supervisor
from livediffusion.errors import UserError
from livediffusion.invitation import Invitation
from livediffusion.ipc.runs import make_run_dir, token_of
from livediffusion.logbook import kept_log
from livediffusion.player.settings import PlayerSettings
from livediffusion.render.engines.hub import lost, unusable
from livediffusion.render.settings import RendererSettings, model_source
from livediffusion.state.patch import Patch, find_patch, load_patch
from livediffusion.state.vocabulary import of_model, remark
from livediffusion.statusline import StatusLine
from livediffusion.types import Seconds

_HANGS_S = 3.0
_CONTROL_HANGS_S = 6.0  # nobody hears it pause, and a machine at its limit makes it pause
_RENDERER_HANGS_S = 30.0  # a step of a large model on a slow CPU takes its time


def play(
    patch: str,
    *,
    config: Path | None,
    model: str | None,
    overrides: Mapping[str, Any],
    seconds: Seconds | None,
    console: Console,
    verbose: bool = False,
) -> None:
    """Play a patch until Ctrl-C, SIGTERM or so many seconds; UserError when it cannot start.

    `overrides` are as `config.overridden` takes them.
    """
    path = find_patch(patch, patch_folders(), paths=True)
    staged = Staged(load_config(config), path, load_patch(path), model or "", dict(overrides))
    with run_folder() as run_dir, StatusLine(console) as line, _told_to_stop() as stop:
        supervisor = staged.supervisor(run_dir, line.say)
        supervisor.verbose, supervisor.kept_log = verbose, kept_log()
        web = overridden(staged.config, staged.overrides).web
        invitation = Invitation(web, token_of(run_dir))
        for said in invitation.lines():
            line.say(said)
        ends = time.monotonic() + seconds if seconds else float("inf")

        def tick() -> None:
            status = supervisor.status()
            line.show(supervisor.arena.read_transport(), status)
            for said in invitation.look(status):
                line.say(said)

        supervisor.run(lambda: stop.is_set() or time.monotonic() >= ends, tick)


@contextmanager
def run_folder() -> Iterator[Path]:
    """A folder for one run, gone afterwards."""
    run_dir = make_run_dir()
    try:
        yield run_dir
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Staged:
    """A set, ready to be started: what was read, and what the command line wants otherwise."""

    config: Config  # as the file says it
    patch_path: Path
    patch: Patch
    model: str = ""  # the command line's
    overrides: dict[str, Any] = field(default_factory=dict)

    def supervisor(self, run_dir: Path, say: Callable[[str], None]) -> Supervisor:
        """A supervisor over player, renderer and control; UserError for an unknown model."""
        config = overridden(self.config, self.overrides)
        model = model_name(config, self.patch.model, self.model)
        model_source(model, config.models)
        renderer = _renderer(run_dir, config, model)
        children = [
            Child("player", "livediffusion.player.worker", _player(run_dir, config), _HANGS_S),
            Child("renderer", "livediffusion.render.worker", renderer, _RENDERER_HANGS_S),
            Child(
                "control",
                "livediffusion.control.process",
                self._control(run_dir),
                _CONTROL_HANGS_S,
            ),
        ]
        return Supervisor(run_dir, children, say)

    def _control(self, run_dir: Path) -> ControlSettings:
        path = self.config.path
        return ControlSettings(
            run_dir=run_dir,
            config=path.resolve() if path else None,
            patch=self.patch_path.resolve(),
            model=self.model,
            overrides=self.overrides,
            patch_folders=tuple(folder.resolve() for folder in patch_folders()),
        )


def _player(run_dir: Path, config: Config) -> PlayerSettings:
    audio = config.audio
    return PlayerSettings(
        run_dir=run_dir,
        output=audio.device or None,
        sample_rate=audio.sample_rate,
        blocksize=audio.blocksize,
        channels=audio.channels,
    )


def _renderer(run_dir: Path, config: Config, model: str) -> RendererSettings:
    render = config.render
    return RendererSettings(
        run_dir=run_dir,
        model=model,
        models=dict(config.models),
        device=render.device,
        dtype=render.dtype,
        phase=render.phase,
        threads=render.threads,
        cache_mb=render.cache_mb,
        compile=render.compile,
        batch=render.batch,
        addons=config.addons,
        decoder=render.decoder,
    )


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
    """Read config and patches; say everything that is wrong, or what is well.

    Words in a patch's prompts that its model never learned are a remark, no mistake.
    """
    problems: list[str] = []
    wanted: list[Path | None] = [*files] or [config, *sorted(Path("patches").glob("*.toml"))]
    for file in wanted:
        try:
            if file is None or file.name == CONFIG_NAME:
                read = load_config(file)
                wrong = [*lost(read.addons), *unusable(read.addons, (), read.render.decoder)]
                lines = [f"{file or 'config'}: well"]
            else:
                patch = load_patch(file)
                wrong = _unusable(patch, config)
                lines = [f"{file}: well", *_remarks(patch, config)]
            if wrong:
                problems += [f"{file or 'config'}: {sentence}" for sentence in wrong]
                continue
            for line in lines:
                console.print(line, highlight=False, soft_wrap=True, markup=False)
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))


def _unusable(patch: Patch, config_path: Path | None) -> list[str]:
    """What a patch wants to wear and cannot; nothing where the config is not well."""
    try:
        addons = load_config(config_path).addons
    except UserError:
        return []
    return unusable(addons, (name for name, _ in patch.loras), patch.decoder)


def _remarks(patch: Patch, config_path: Path | None) -> list[str]:
    """What is to be said of a patch that is well; nothing where the config is not."""
    try:
        config = load_config(config_path)
    except UserError:
        return []
    vocabulary = of_model(model_name(config, patch.model), config.models)
    texts = [prompt.text for prompt in patch.prompts]
    sentence = remark(vocabulary, texts, config.addons.embeddings)
    return [f"  {sentence}"] if sentence else []


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM and a terminal that is closed set."""
    stop = threading.Event()
    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    kept = {number: signal.getsignal(number) for number in numbers if number is not None}
    for number in kept:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
