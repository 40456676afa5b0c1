"""The soundcheck from top to bottom. Where a livediffusion plays it is asked, not disturbed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livediffusion import status
from livediffusion.config import Config, load_config, model_name, overridden
from livediffusion.errors import UserError
from livediffusion.soundcheck import audio, disk, headroom, wires
from livediffusion.soundcheck.card import Finding, look_into
from livediffusion.stage import read_patch
from livediffusion.state.patch import Patch
from livediffusion.types import Json, Seconds

PATCH = "patch"
_AUDIO_S: Seconds = 3.0

Advance = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be played; `listen` is how long MIDI is listened to."""

    patch: str = "default"
    config: Path | None = None
    model: str = ""
    output: str | None = None
    listen: Seconds = 4.0


def soundcheck(wanted: Wanted, advance: Advance) -> Iterator[Finding]:
    """One finding after the other, as they are made. Raises UserError for a broken config."""
    logging.getLogger("livediffusion").addHandler(logging.NullHandler())  # findings say it all
    given: dict[str, Any] = {"audio.device": wanted.output}
    config = overridden(load_config(wanted.config), given)
    playing = _playing(config.osc.port)
    read: list[Patch] = []
    yield look_into(PATCH, lambda: _patch(wanted.patch, read))
    patch = read[0] if read else None
    advance("playing", 0.0)
    yield look_into(
        audio.AUDIO,
        lambda: audio.while_playing(playing) if playing else audio.check(config.audio, _AUDIO_S),
    )
    advance("playing", 1.0)
    advance("listening to MIDI: move what you play with", 0.0)
    heard = wires.listen(config.midi.inputs, wanted.listen)
    advance("listening to MIDI", 1.0)
    yield look_into(wires.MIDI, lambda: wires.midi(heard, patch.mappings if patch else ()))
    yield look_into(wires.OSC, lambda: wires.osc(config.osc, bool(playing)))
    yield look_into(wires.CLOCK, lambda: wires.clock(config, heard))
    if playing:
        yield look_into(headroom.HEADROOM, lambda: headroom.while_playing(playing))
    elif patch is not None:
        yield look_into(headroom.HEADROOM, lambda: _headroom(config, patch, wanted.model, advance))
    yield look_into(disk.DISK, lambda: disk.check(config.session))


def _playing(port: int) -> Json:
    """What the daemon of this config says; empty when it does not run."""
    try:
        reports = status.ask()
    except UserError:
        return {}
    return next((report for report in reports if report.get("osc_port") == port), {})


def _patch(name: str, read: list[Patch]) -> Finding:
    patch = read_patch(name)
    read.append(patch)
    prompts = f"{len(patch.prompts)} prompt{'s' if len(patch.prompts) != 1 else ''}"
    scenes = f"{len(patch.scenes)} scene{'s' if len(patch.scenes) != 1 else ''}"
    sentence = f"{patch.name} has {prompts} and {scenes}, at {patch.tempo:g} bpm."
    return Finding(PATCH, "pass", sentence)


def _headroom(config: Config, patch: Patch, model: str, advance: Advance) -> Finding:
    return headroom.check(config, patch, model_name(config, patch.model, model), advance)
