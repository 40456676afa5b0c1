"""What an accepted change does to the performance: one short function a kind of row.

Each returns the effects that others must carry out, and raises Refused where the value fits the
table but not the present patch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from livediffusion.state.blend import Weights, xy_weights
from livediffusion.state.cast import newcomer, remove
from livediffusion.state.effects import (
    Effect,
    FindImage,
    Learn,
    Listen,
    LoadModel,
    LoadPatch,
    Mark,
    Nudge,
    PlayerDo,
    PlayerSet,
    Record,
    SaveScene,
    SendState,
    Tap,
    Unlearn,
    UseOutput,
)
from livediffusion.state.history import undo
from livediffusion.state.parameters import Refused, rows
from livediffusion.state.ramp import Ramp, Ramps
from livediffusion.state.scenes import find_scene, launch_of, next_scenes
from livediffusion.state.values import Change
from livediffusion.types import Beats

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance

LORA_KEYS = [row.key for row in rows("value") if row.key.startswith("lora.")]
PLAYER_VALUES = ("filter", "gain", "hold", "mute")


def set_plain(self: Performance, change: Change, now: Beats) -> list[Effect]:
    """Values that only need to be known."""
    self.values[change.row.key] = change.values[0]
    return []


def _set_player(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.values[change.row.key] = change.values[0]
    self.knobs.pop(change.row.key, None)
    return [PlayerSet(change.row.key, change.values[0])]


def _do(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [PlayerDo(change.row.key)]


def _glide(self: Performance) -> Beats:
    return float(self.values["glide"])


def _set_text(self: Performance, change: Change, now: Beats) -> list[Effect]:
    """A prompt's words; the number after the last one adds a prompt of weight 0."""
    assert change.n is not None
    texts, index = list(self.trajectory.texts), change.n - 1
    if index > len(texts):
        raise Refused(f"There are {len(texts)} prompts; the next one is number {len(texts) + 1}.")
    if index == len(texts):
        texts.append("")
        self.cast = (*self.cast, newcomer(self.cast))
        self.trajectory.weights = Ramps((*self.trajectory.weights.each, Ramp((0.0,))))
    texts[index] = str(change.values[0])
    self.trajectory.texts = tuple(texts)
    return []


def _remove(self: Performance, change: Change, now: Beats) -> list[Effect]:
    assert change.n is not None
    remove(self, change.n, now, _glide(self))
    return []


def _set_weight(self: Performance, change: Change, now: Beats) -> list[Effect]:
    assert change.n is not None
    count = len(self.trajectory.texts)
    if change.n > count:
        raise Refused(f"There are {count} prompts; {change.address} has no prompt to weigh.")
    self.trajectory.move_weight(change.n - 1, float(change.values[0]), now, _glide(self))
    return []


def _set_blend(self: Performance, change: Change, now: Beats) -> list[Effect]:
    given, count = [float(value) for value in change.values], len(self.trajectory.texts)
    if len(given) > count:
        raise Refused(f"There are {count} prompts; /ld/blend got {len(given)} weights.")
    target: Weights = tuple(given + [0.0] * (count - len(given)))
    self.trajectory.move_weights(target, now, _glide(self))
    return []


def _set_xy(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.xy = (float(change.values[0]), float(change.values[1]))
    self.trajectory.move_weights(xy_weights(*self.xy, self.places), now, _glide(self))
    return []


def _set_seed(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.trajectory.anchor_seeds(now)
    seed = int(change.values[0])
    walk = self.trajectory.seeds
    is_a = change.row.key == "seed.a"
    self.trajectory.seeds = replace(walk, a=seed) if is_a else replace(walk, b=seed)
    return []


def _set_image(self: Performance, change: Change, now: Beats) -> list[Effect]:
    name = str(change.values[0])
    if name not in self.images:
        return [FindImage(name)]
    self.use_image(name)
    return []


def _set_morph(self: Performance, change: Change, now: Beats) -> list[Effect]:
    trajectory = self.trajectory
    trajectory.anchor_seeds(now)
    target = (float(change.values[0]),)
    trajectory.morph = trajectory.morph.towards(target, now, _glide(self))
    return []


def _set_drift(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.trajectory.anchor_seeds(now, drift=float(change.values[0]))
    return set_plain(self, change, now)


def _set_guidance(self: Performance, change: Change, now: Beats) -> list[Effect]:
    trajectory = self.trajectory
    known = trajectory.defaults.guidance if trajectory.defaults else float(change.values[0])
    here = trajectory.guidance or Ramp((known,))
    trajectory.guidance = here.towards((float(change.values[0]),), now, _glide(self))
    return set_plain(self, change, now)


def _set_strength(self: Performance, change: Change, now: Beats) -> list[Effect]:
    strength = self.trajectory.strength
    self.trajectory.strength = strength.towards((float(change.values[0]),), now, _glide(self))
    return set_plain(self, change, now)


def _set_steps(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.trajectory.steps = int(change.values[0])
    return set_plain(self, change, now)


def _set_lora(self: Performance, change: Change, now: Beats) -> list[Effect]:
    index = LORA_KEYS.index(change.row.key)
    self.trajectory.lora_weights = self.trajectory.lora_weights.with_one(
        index, float(change.values[0]), now, _glide(self)
    )
    return set_plain(self, change, now)


def _set_negative(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.trajectory.negative = str(change.values[0])
    return set_plain(self, change, now)


def _set_tempo(self: Performance, change: Change, now: Beats) -> list[Effect]:
    if self.led is not None:
        return []  # its tempo counts
    self.trajectory.tempo, self.trajectory.pace = float(change.values[0]), None
    return set_plain(self, change, now)


def _tap(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [Tap()]


def _nudge(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [Nudge(float(change.values[0]))]


def _load_patch(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [LoadPatch(str(change.values[0]))]


def _load_model(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [LoadModel(str(change.values[0]))]


def _launch(self: Performance, change: Change, now: Beats) -> list[Effect]:
    scene = find_scene(self.patch.scenes, change.values[0])
    beats = float(change.values[1]) if len(change.values) > 1 else None
    self.wait_for(launch_of(self, scene, beats, now))
    return []


def _launch_next(self: Performance, change: Change, now: Beats) -> list[Effect]:
    find_scene(self.patch.scenes, 1)  # refused without scenes
    self.wait_for(launch_of(self, next_scenes(self)[0], None, now))
    return []


def _save_scene(self: Performance, change: Change, now: Beats) -> list[Effect]:
    name = str(change.values[0])
    if not name:
        raise Refused("/ld/scene/save needs the scene's name.")
    return [SaveScene(name)]


def _undo(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return undo(self, now)


def _listen(self: Performance, change: Change, now: Beats) -> list[Effect]:
    host = str(change.values[1]) if len(change.values) > 1 else None
    port = int(change.values[0]) if change.values else None
    return [Listen(port, host, change.row.key == "subscribe")]


def _learn(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [Learn(str(change.values[0]))]


def _unlearn(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [Unlearn(str(change.values[0]))]


def _use_output(self: Performance, change: Change, now: Beats) -> list[Effect]:
    name = str(change.values[0])
    if name.lower().endswith((".wav", ".flac")):
        raise Refused("/ld/audio/device takes devices, no files: start with --output FILE.wav.")
    return [UseOutput(name)]


def _record(self: Performance, change: Change, now: Beats) -> list[Effect]:
    self.values["record"] = change.values[0]
    return [Record(bool(change.values[0]))]


def _mark(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [Mark(str(change.values[0]) if change.values else "")]


def _send_state(self: Performance, change: Change, now: Beats) -> list[Effect]:
    return [SendState()]


Handler: TypeAlias = Callable[["Performance", Change, Beats], list[Effect]]
HANDLERS: dict[str, Handler] = {
    "prompt.{n}.text": _set_text,
    "prompt.{n}.weight": _set_weight,
    "prompt.{n}.remove": _remove,
    "blend": _set_blend,
    "xy": _set_xy,
    "seed.a": _set_seed,
    "seed.b": _set_seed,
    "seed.image": _set_image,
    "seed.morph": _set_morph,
    "drift": _set_drift,
    "guidance": _set_guidance,
    "strength": _set_strength,
    "steps": _set_steps,
    "negative": _set_negative,
    **dict.fromkeys(LORA_KEYS, _set_lora),
    "tempo": _set_tempo,
    "tap": _tap,
    "nudge": _nudge,
    "patch": _load_patch,
    "model": _load_model,
    "scene": _launch,
    "scene.next": _launch_next,
    "scene.save": _save_scene,
    "undo": _undo,
    "subscribe": _listen,
    "unsubscribe": _listen,
    "learn": _learn,
    "unlearn": _unlearn,
    "audio.device": _use_output,
    "state": _send_state,
    "record": _record,
    "mark": _mark,
    "play": _do,
    "stop": _do,
    "panic": _do,
    **dict.fromkeys(PLAYER_VALUES, _set_player),
}
