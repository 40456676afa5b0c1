"""What the scheduler sees of a performance: where it is going, waiting scene included.

Until a waiting scene's beat the performance stays on its way, from that beat on it is what the
scene makes of it; so the scene's loop is rendered before its beat. So it is with a change that was
announced for a time to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livediffusion.render.request import RenderRequest
from livediffusion.state.scenes import Launch, begin, next_scenes
from livediffusion.types import Beats, ModelDefaults

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance
    from livediffusion.state.trajectory import Trajectory

_MOST_SCENES = 8  # rendered in idle time


class Outlook:
    """A `timeline.steps.Trajectory`."""

    def __init__(self, performance: Performance) -> None:
        self._performance = performance
        self._later: Trajectory | None = None  # from the waiting scene's beat on, once asked for
        self._announced: tuple[Beats, Trajectory] | None = None
        self._neighbours: list[RenderRequest] = []
        self._seen_from: tuple[int, str, ModelDefaults | None] | None = None

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

        The same list as long as nothing has changed, so that it is cheap to ask for.
        """
        performance = self._performance
        resting = performance.trajectory.moving_until <= beat
        seen_from = (self.revision, performance.scene, performance.trajectory.defaults)
        if not resting or seen_from != self._seen_from:
            self._seen_from = seen_from if resting else None
            scenes = [
                _after(performance, Launch(scene, beat, 0.0)).request_at(beat)
                for scene in next_scenes(performance)[:_MOST_SCENES]
            ]
            self._neighbours = [*scenes, *performance.trajectory.neighbours(beat)]
        return self._neighbours

    def _turn(self) -> tuple[Beats, Trajectory] | None:
        """Where the next scene or announced change takes over, and what is from there on."""
        waiting = self._performance.waiting
        if waiting is not None and self._later is None:
            self._later = _after(self._performance, waiting)
        scene = (waiting.at, self._later) if waiting and self._later else None
        turns = [turn for turn in (scene, self._announced) if turn is not None]
        return min(turns, key=lambda turn: turn[0]) if turns else None


def _after(performance: Performance, launch: Launch) -> Trajectory:
    """Where a performance would be going after a launch."""
    twin = performance.twin()
    begin(twin, launch)
    return twin.trajectory
