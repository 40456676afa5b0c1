"""Reads the sections of a patch file: its top, [[prompt]], [[step]] and [[scene]].

Everything that is wrong is noted in the Source, with its line; nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livediffusion.render.request import LORA_MOST, SAMPLERS
from livediffusion.state import blend, parameters
from livediffusion.state.checks import choice, list_of, number, text, whole
from livediffusion.state.journey import Step
from livediffusion.state.parameters import MAX_LORAS, MAX_MORPH, Refused
from livediffusion.state.suggest import did_you_mean, shown
from livediffusion.state.tomlsource import Check, Place, Source, flatten
from livediffusion.state.values import Change, coerce_exactly, interpret
from livediffusion.types import Beats

BEATS_PER_BAR = 4
_LISTS = ("prompt", "lora", "midi", "step", "scene")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One `[[prompt]]`; a weight or position of None is left to blend.py."""

    text: str
    weight: float | None = None
    position: blend.Position | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One `[[scene]]`: a named state; `glide` (beats) is None where /ld/glide holds."""

    name: str
    changes: tuple[Change, ...]
    glide: Beats | None = None


_POSITION = list_of(number(0, 1), 2)
_PROMPT: dict[str, Check] = {
    "text": text(empty=False),
    "weight": number(0, 1),
    "position": _POSITION,
}


def read_prompts(source: Source) -> tuple[Prompt, ...]:
    entries = source.tables("prompt")
    if source.values.get("prompt", []) == []:
        source.say((), "A patch needs at least one [[prompt]] with a text.")
    if len(entries) > parameters.MAX_PROMPTS:
        source.say(entries[-1][0], f"A patch has at most {parameters.MAX_PROMPTS} prompts.")
    prompts = []
    for place, entry in entries:
        found = source.read(entry, place, _PROMPT)
        if "text" not in entry:
            source.say(place, "This [[prompt]] needs a text.")
        prompts.append(Prompt(found.get("text", ""), found.get("weight"), found.get("position")))
    return tuple(prompts)


_LORA: dict[str, Check] = {
    "name": text(200, empty=False),
    "weight": number(0, 1),
    "most": number(-LORA_MOST, LORA_MOST),
}


def read_loras(source: Source) -> tuple[tuple[tuple[str, float], ...], tuple[Change, ...]]:
    """The LoRAs by name with what weight 1 means for each, and the weights as changes."""
    entries, loras, changes = source.tables("lora"), list[tuple[str, float]](), list[Change]()
    if len(entries) > MAX_LORAS:
        source.say(entries[-1][0], f"A patch has at most {MAX_LORAS} LoRAs.")
    for n, (place, entry) in enumerate(entries[:MAX_LORAS], start=1):
        found = source.read(entry, place, _LORA)
        if "name" not in entry:
            source.say(place, "This [[lora]] needs a name, one of [loras] in the config.")
        elif found.get("name") in dict(loras):
            source.say(place, f"The LoRA {shown(found['name'])} is there already.")
        loras.append((found.get("name", ""), found.get("most", 1.0)))
        changes += interpret(f"/ld/lora/{n}/weight", (found.get("weight", 1.0),), 1)
    return tuple(loras), tuple(changes)


def _beside(path: Path | None) -> Check:
    """A file's name, relative to the patch."""

    def check(value: object) -> Path:
        file: Path = (path.parent if path else Path()) / text(empty=False)(value)
        if not file.is_file():
            raise ValueError(f"must be a file that exists, not {shown(str(value))}")
        return file

    return check


def read_top(
    source: Source, prompts: int, path: Path | None
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """The top of the file: the patch's own settings by key, and changes of parameters."""
    checks: dict[str, Check] = {
        "name": text(200, empty=False),
        "model": text(200, empty=False),
        "sampler": choice(SAMPLERS),
        "decoder": text(200, empty=False),
        "beats": whole(BEATS_PER_BAR, 32, BEATS_PER_BAR),
        "seed.image": _beside(path),
        "seed.mask": _beside(path),
    }
    top = {key: value for key, value in source.values.items() if key not in _LISTS}
    settings: dict[str, Any] = {}
    changes: list[Change] = []
    for place, value in flatten(top):
        key = ".".join(map(str, place))
        if key not in checks:
            changes += _change(source, place, key, value, prompts, [*checks, *_LISTS])
            continue
        try:
            settings[key] = checks[key](value)
        except ValueError as error:
            source.say(place, f"{key} {error}.")
    if "seed.mask" in settings and "seed.image" not in settings:
        source.say(("seed", "mask"), "seed.mask needs a seed.image to mask.")
    return settings, tuple(changes)


def _change(
    source: Source, place: Place, key: str, value: object, prompts: int, others: Iterable[str] = ()
) -> list[Change]:
    """The change that one parameter's key asks for; none, with what is wrong noted."""
    try:
        found = parameters.find(parameters.address_of(key))
        if found is None or not found[0].in_files:
            hint = did_you_mean(key, [*parameters.file_keys(), *others])
            raise Refused(f"There is no key {shown(key)}.{hint}")
        row, n = found
        values = coerce_exactly(row, value if isinstance(value, list) else [value], key)
        return interpret(row.address_of(n), values, prompts)
    except Refused as refusal:
        source.say(place, str(refusal))
        return []


def _read_changes(
    source: Source, at: Place, table: Mapping[str, object], prompts: int
) -> tuple[Change, ...]:
    changes: list[Change] = []
    for place, value in flatten(table):
        changes += _change(source, (*at, *place), ".".join(map(str, place)), value, prompts)
    return tuple(changes)


_STEP: dict[str, Check] = {"beats": number(1, 4096), "glide": number(0, 64)}


def read_steps(source: Source, prompts: int) -> tuple[Step, ...]:
    steps = []
    for place, entry in source.tables("step"):
        own = {key: value for key, value in entry.items() if key in _STEP}
        rest = {key: value for key, value in entry.items() if key not in _STEP}
        found = source.read(own, place, _STEP)
        if "beats" not in entry:
            source.say(place, "This [[step]] needs beats: how long to stay.")
        changes = _read_changes(source, place, rest, prompts)
        steps.append(Step(found.get("beats", 1.0), changes, found.get("glide")))
    return tuple(steps)


_SCENE: dict[str, Check] = {"glide": number(0, MAX_MORPH)}


def read_scenes(source: Source, prompts: int) -> tuple[Scene, ...]:
    scenes: list[Scene] = []
    for place, entry in source.tables("scene"):
        rest = {key: value for key, value in entry.items() if key not in ("name", *_SCENE)}
        own = {key: value for key, value in entry.items() if key in _SCENE}
        found, name = source.read(own, place, _SCENE), entry.get("name")
        if not isinstance(name, str) or not name.strip():
            source.say((*place, "name"), "This [[scene]] needs a name in quotes.")
        elif name in [scene.name for scene in scenes]:
            source.say((*place, "name"), f"There is a scene {shown(name)} already.")
        changes = _read_changes(source, place, rest, prompts)
        scenes.append(Scene(str(name), changes, found.get("glide")))
    return tuple(scenes)
