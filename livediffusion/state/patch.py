"""A patch: the prompts, parameters, MIDI mappings, steps and scenes of a set, read from TOML.

Strict (DESIGN.md section 7): everything that is wrong is said together, with file and line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.state import parameters
from livediffusion.state.controls import MidiMapping
from livediffusion.state.journey import Step
from livediffusion.state.mappingfile import read_mappings
from livediffusion.state.sections import (
    Prompt,
    Scene,
    read_loras,
    read_prompts,
    read_scenes,
    read_steps,
    read_top,
)
from livediffusion.state.suggest import did_you_mean, shown
from livediffusion.state.tomlsource import FileProblems, Problem, Source
from livediffusion.state.values import Change
from livediffusion.types import BPM, Value


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch as its file says it; `changes` holds only the parameters that the file names."""

    name: str
    path: Path | None
    prompts: tuple[Prompt, ...]
    beats: int = 8
    model: str = ""  # "" leaves it to the config
    sampler: str = "model"
    decoder: str = ""  # "" leaves it to the config
    loras: tuple[tuple[str, float], ...] = ()  # by name, how much of each at weight 1
    seed_image: Path | None = None
    seed_mask: Path | None = None
    changes: tuple[Change, ...] = ()
    mappings: tuple[MidiMapping, ...] = ()
    steps: tuple[Step, ...] = ()
    scenes: tuple[Scene, ...] = ()
    content: str = field(default="", repr=False, compare=False)  # the file's text

    @property
    def stem(self) -> str:
        """The name that `/ld/patch` knows it by."""
        return self.name if self.path is None else self.path.stem

    @property
    def tempo(self) -> BPM:
        """Beats a minute."""
        return float(self.value("tempo") or 0.0)

    def value(self, key: str) -> Value | None:
        """The first value of a parameter: the file's, else the table's default."""
        given = [change.values[0] for change in self.changes if change.row.key == key]
        return given[-1] if given else parameters.row(key).default


def load_patch(path: Path) -> Patch:
    """Read a patch file. Raises FileProblems (a UserError)."""
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileProblems(str(path), [Problem(1, "This file is not UTF-8 text.")]) from None
    except OSError as error:
        raise UserError(f"The patch {path} cannot be read: {error.strerror}.") from None
    return parse_patch(content, path)


def parse_patch(content: str, path: Path | None = None) -> Patch:
    """A patch from its TOML text; `path` is for messages and for files beside it.

    Raises FileProblems.
    """
    source = Source(content, str(path or "patch"))
    prompts = read_prompts(source)
    settings, changes = read_top(source, len(prompts), path)
    loras, weights = read_loras(source)
    patch = Patch(
        name=settings.get("name", path.stem if path else "patch"),
        path=path,
        prompts=prompts,
        beats=settings.get("beats", 8),
        model=settings.get("model", ""),
        seed_image=settings.get("seed.image"),
        seed_mask=settings.get("seed.mask"),
        sampler=settings.get("sampler", "model"),
        decoder=settings.get("decoder", ""),
        loras=loras,
        changes=(*changes, *weights),
        mappings=read_mappings(source, len(prompts)),
        steps=read_steps(source, len(prompts)),
        scenes=read_scenes(source, len(prompts)),
        content=content,
    )
    source.finish()
    return patch


def find_patch(name: str, folders: Iterable[Path], *, paths: bool = False) -> Path:
    """The patch file of this name: `<folder>/<name>.toml` in the first folder that has it.

    Only with `paths` (the command line; never OSC) may it be a path. Raises UserError.
    """
    if paths and (name.endswith(".toml") or "/" in name or "\\" in name):
        if not Path(name).is_file():
            raise UserError(f"There is no patch file {shown(name)}.")
        return Path(name)
    known = {file.stem: file for folder in reversed([*folders]) for file in folder.glob("*.toml")}
    if name not in known:
        hint = did_you_mean(name, known, f"There are: {', '.join(sorted(known)) or 'none'}.")
        raise UserError(f"There is no patch {shown(name)}.{hint}")
    return known[name]
