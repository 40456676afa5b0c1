"""What the passing of time does to a performance: the journey, a scene that waits, slow knobs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from livediffusion.state.cast import cast_changes
from livediffusion.state.effects import PlayerSet
from livediffusion.state.history import as_it_is
from livediffusion.state.journey import JOURNEY, untouched, visits
from livediffusion.state.scenes import addresses, begin
from livediffusion.types import Beats

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance

_JUMP: Beats = 1.0  # that the song has gone back: a stop, and no jitter


def pass_time(self: Performance, now: Beats) -> list[str]:
    """Walk on to song beat `now`; the addresses that have moved."""
    _keep_time(self, now)
    moved: list[str] = []
    for visit in visits(self.patch.steps, self.journey_at, now):
        changes = untouched(cast_changes(self, visit.step.changes), self.touched)
        glide = self.values["glide"] if visit.step.glide is None else visit.step.glide
        self.effects += self.play(changes, visit.beat, JOURNEY, float(glide))
        moved += [change.address for change in changes]
    self.journey_at = max(self.journey_at, now)
    if self.waiting is not None and now >= self.waiting.at:
        moved += _begin_scene(self)
    for name, ramp in list(self.knobs.items()):
        self.effects.append(PlayerSet(name, ramp.at(now)[0]))
        if now >= ramp.end:
            del self.knobs[name]
    return moved


def _begin_scene(self: Performance) -> list[str]:
    assert self.waiting is not None
    launch, self.waiting = self.waiting, None
    moved = addresses(self, launch.scene)
    self.history.whole(as_it_is(self, moved, launch.at))
    self.effects += begin(self, launch)
    self.outlook.refresh()
    return moved


def _keep_time(self: Performance, now: Beats) -> None:
    """When the song goes back, what is on its way goes on from there."""
    back, self.now = self.now - now, now
    if back < _JUMP:
        return
    self.trajectory.later(-back)
    self.knobs = {name: ramp.later(-back) for name, ramp in self.knobs.items()}
    self.journey_at = now
    if self.waiting is not None:
        self.waiting = dataclasses.replace(self.waiting, at=now)
    self.outlook.refresh()
