"""Scenes: which one is meant, where it begins, what it does, and what is kept of the present one.

A scene begins at the next boundary of the quantise and takes its beats from there: weights, morph,
guidance, strength, tempo, gain and filter glide, texts and seeds cross over, all else changes where
it begins. Until then it waits, and a newer launch takes its place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livediffusion.state.cast import cast_changes, numbers_in_file
from livediffusion.state.effects import Effect, PlayerSet
from livediffusion.state.journey import group
from livediffusion.state.parameters import TABLE, Refused
from livediffusion.state.ramp import Ramp
from livediffusion.state.sections import Scene
from livediffusion.state.suggest import did_you_mean, shown
from livediffusion.timeline.transport import next_boundary, to_beats
from livediffusion.types import Beats, Value

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance

SCENE = "scene"  # the source of what a scene moves
GLIDING_KNOBS = ("gain", "filter")  # of the player's values, those that a scene can turn slowly
_HANDOVER_S = 0.05  # a boundary nearer than this cannot be reached any more
_ALWAYS_KEPT = frozenset({"blend", "seed.a", "seed.b", "seed.morph", "drift"})
_NEVER_KEPT = frozenset({"glide", "xy", "prompt.{n}.weight"})  # the blend says what the pad made
_OF_THE_HAND = frozenset({"gain", "filter", "hold", "mute"})


@dataclass(frozen=True, slots=True)
class Launch:
    """A scene that begins at song beat `at` and takes so many beats."""

    scene: Scene
    at: Beats
    beats: Beats


def find_scene(scenes: Sequence[Scene], which: Value) -> Scene:
    """The scene of this name, or of this number from 1. Raises Refused."""
    if not scenes:
        raise Refused(
            "This patch has no scenes: add a [[scene]], or send /ld/scene/save and a name."
        )
    if isinstance(which, str):
        named = [scene for scene in scenes if scene.name == which]
        if named:
            return named[0]
        if not which.isdecimal():
            names = [scene.name for scene in scenes]
            hint = did_you_mean(which, names, f"There are: {', '.join(names)}.")
            raise Refused(f"There is no scene {shown(which)}.{hint}")
    number = int(which)
    if not 1 <= number <= len(scenes):
        raise Refused(f"There is no scene {number}: they are numbered from 1 to {len(scenes)}.")
    return scenes[number - 1]


def next_scenes(self: Performance) -> tuple[Scene, ...]:
    """All scenes, beginning with the one after that which was launched last, round and round."""
    names = [scene.name for scene in self.patch.scenes]
    here = self.waiting.scene.name if self.waiting else self.scene
    start = names.index(here) + 1 if here in names else 0
    return self.patch.scenes[start:] + self.patch.scenes[:start]


def launch_of(self: Performance, scene: Scene, beats: Beats | None, now: Beats) -> Launch:
    """Where a scene begins that is launched now, and how long it takes.

    Without beats the scene's own glide holds, else /ld/glide. While the song stands at its
    beginning there is nothing to wait for.
    """
    own = float(self.values["glide"]) if scene.glide is None else scene.glide
    soonest = now + to_beats(_HANDOVER_S, self.trajectory.tempo)
    waits = self.quantise > 0.0 and now > 0.0
    at = next_boundary(soonest, self.quantise) if waits else now
    return Launch(scene, at, own if beats is None else beats)


def begin(self: Performance, launch: Launch) -> list[Effect]:
    """Let a scene act from its beat on; what the player must do for it at once."""
    at, beats = launch.at, launch.beats
    before = dataclasses.replace(self.trajectory)
    knobs = {name: self.knob_at(name, at) for name in GLIDING_KNOBS}
    effects = self.play(cast_changes(self, launch.scene.changes), at, SCENE, beats)
    self.trajectory.cross_over(before, at, beats)
    self.scene = launch.scene.name
    if beats <= 0.0:
        return effects
    slow = [e for e in effects if isinstance(e, PlayerSet) and e.name in GLIDING_KNOBS]
    for effect in slow:
        target, origin = (float(effect.value),), (knobs[effect.name],)
        self.knobs[effect.name] = Ramp(target, origin, at, at + beats)
    return [effect for effect in effects if effect not in slow]


def addresses(self: Performance, scene: Scene) -> list[str]:
    """What a scene moves; all that moves the weights is `/ld/blend`."""
    changes = cast_changes(self, scene.changes)
    return list(dict.fromkeys(group(change.address) for change in changes))


def to_save(self: Performance, now: Beats) -> dict[str, Value | list[Value]]:
    """The present state by the keys of a patch file, so that launching it comes back here.

    Blend and seeds always; of all else what differs from the top of the patch, or what another
    scene moves. What belongs to the hand (gain, filter, hold, mute) only if another scene moves
    it.
    """
    moved = {change.row.key for scene in self.patch.scenes for change in scene.changes}
    fresh = type(self)(self.patch, self.model)
    usual, found = fresh.everything(now), dict[str, Value | list[Value]]()
    numbers = numbers_in_file(self)
    goal = dict(zip(numbers, self.trajectory.goal(now), strict=True))
    blend = tuple(goal.get(n, 0.0) for n in range(1, max(*numbers, len(self.patch.prompts)) + 1))
    state = self.everything(now) | {"/ld/blend": blend}
    for row in TABLE:
        if not row.in_files or row.key in _NEVER_KEPT:
            continue
        wanted = row.key in _ALWAYS_KEPT or row.key in moved
        for here, n in enumerate(numbers, start=1) if row.numbered else ((None, None),):
            values = state.get(row.address_of(here), ())
            differs = row.key not in _OF_THE_HAND and values != usual.get(row.address_of(n), ())
            if values and (wanted or differs):
                kept = [_written(value) for value in values]
                found[row.key_of(n)] = kept if row.types == "f*" else kept[0]
    return found


def _written(value: Value) -> Value:
    """As it stands in a file that people read: six digits are more than anybody hears."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
