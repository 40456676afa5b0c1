"""What the scheduler sees of a performance: where it is going, waiting scene included.

Until a waiting scene's beat the performance stays on its way, from that beat on it is what the
scene makes of it; so the scene's loop is rendered before its beat. So it is with a change that was
announced for a time to come.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from livediffusion.render.request import RenderRequest
from livediffusion.state.scenes import Launch, begin, next_scenes
from livediffusion.types import Beats, ModelDefaults

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance
    from livediffusion.state.sections import Scene
    from livediffusion.state.trajectory import Trajectory

_MOST_SCENES = 8  # rendered in idle time
_MOST_PASSING = 2  # scenes of which another loop will be needed soon, because the seeds drift
_JUST_BEFORE: Beats = 1e-3
_FAR: Beats = 1000.0


class Outlook:
    """A `timeline.steps.Trajectory`."""

    def __init__(self, performance: Performance) -> None:
        self._performance = performance
        self._later: Trajectory | None = None  # from the waiting scene's beat on, once asked for
        self._announced: tuple[Beats, Trajectory] | None = None
        self._neighbours: list[RenderRequest] = []
        self._alone: list[RenderRequest] = []
        self._alone_from: tuple[int, ModelDefaults | None] | None = None
        self._seen_from: tuple[int, str, ModelDefaults | None, int | None] | None = None

    def refresh(self) -> None:
        """The present state has changed, and with it what the waiting scene will make of it."""
        self._later = None

    def announce(self, change: tuple[Beats, Trajectory] | None) -> None:
        """Tell of a change to come: from its beat on, the performance will be going there."""
        self._announced = change

    @property
    def revision(self) -> int:
        """Grows with each gesture of the performer."""
        return self._performance.trajectory.revision

    @property
    def moving_until(self) -> Beats:
        """The beat from which nothing changes any more; infinite while something drifts."""
        turn = self._turn()
        if turn is None:
            return self._performance.trajectory.moving_until
        return max(turn[0], turn[1].moving_until)

    def still_until(self, now: Beats) -> Beats:
        """The beat until which nothing changes: the next turn's, else `now`."""
        turn = self._turn()
        resting = self._performance.trajectory.moving_until <= now
        return turn[0] if turn is not None and resting else now

    def request_at(self, beat: Beats) -> RenderRequest:
        """What should sound at a beat, now or to come."""
        turn = self._turn()
        if turn is not None and beat >= turn[0]:
            return turn[1].request_at(beat)
        return self._performance.trajectory.request_at(beat)

    def neighbours(self, beat: Beats) -> list[RenderRequest]:
        """What a performer might want next: the next scenes, then each prompt alone.

        While something moves only scenes, whose loops would be the same until the present one's
        end. The same list as long as nothing has changed, so that it is cheap to ask for.
        """
        performance, trajectory = self._performance, self._performance.trajectory
        moves = trajectory.moving_until > beat
        loop = math.floor(beat / trajectory.beats) if moves else None
        seen_from = (self.revision, performance.scene, trajectory.defaults, loop)
        if seen_from != self._seen_from:
            self._seen_from = seen_from
            scenes = next_scenes(performance)[:_MOST_SCENES]
            here = [self._after_scene(scene, beat) for scene in scenes]
            if loop is None:
                self._neighbours = [*here, *trajectory.neighbours(beat)]
            else:
                end = (loop + 1) * trajectory.beats - _JUST_BEFORE
                later = [self._after_scene(scene, end) for scene in scenes]
                far = [self._after_scene(scene, end + _FAR) for scene in scenes]
                self._neighbours = _lasting(here, later, far)
        return self._neighbours

    def _after_scene(self, scene: Scene, beat: Beats) -> RenderRequest:
        return _after(self._performance, Launch(scene, beat, 0.0)).request_at(beat)

    def alone(self, beat: Beats) -> list[RenderRequest]:
        """Each prompt alone, all else as it is; while something moves, as it was before.

        The same list as long as nothing but the blend has changed.
        """
        trajectory = self._performance.trajectory
        seen_from = (trajectory.revision, trajectory.defaults)
        if trajectory.moving_until <= beat and seen_from != self._alone_from:
            self._alone_from = seen_from
            found = trajectory.neighbours(beat)
            self._alone = self._alone if found == self._alone else found
        return self._alone

    def _turn(self) -> tuple[Beats, Trajectory] | None:
        """Where the next scene or announced change takes over, and what is from there on."""
        waiting = self._performance.waiting
        if waiting is not None and self._later is None:
            self._later = _after(self._performance, waiting)
        scene = (waiting.at, self._later) if waiting and self._later else None
        turns = [turn for turn in (scene, self._announced) if turn is not None]
        return min(turns, key=lambda turn: turn[0]) if turns else None


def _lasting(
    here: Sequence[RenderRequest], later: Sequence[RenderRequest], far: Sequence[RenderRequest]
) -> list[RenderRequest]:
    """What will be the same later; of what will be another far from here only the first few."""
    passing, found = 0, []
    for request, then, at_last in zip(here, later, far, strict=True):
        passing += request != at_last
        if request == then and (request == at_last or passing <= _MOST_PASSING):
            found.append(request)
    return found


def _after(performance: Performance, launch: Launch) -> Trajectory:
    """Where a performance would be going after a launch."""
    twin = performance.twin()
    begin(twin, launch)
    return twin.trajectory
