"""From the scheduler's order to the player's hands: one loop at a time, and who holds its slot.

Threading: the control process's main thread only; everything here returns at once.
"""

from __future__ import annotations

from livediffusion.control.leaning import Leaning
from livediffusion.control.slots import Slots
from livediffusion.player.process import Held, Hello, Player
from livediffusion.render.process import LoopReady, Renderer
from livediffusion.timeline.scheduler import Scheduler
from livediffusion.timeline.steps import Rules, Step, Trajectory
from livediffusion.timeline.transport import loop_frames, sounding_tempo
from livediffusion.types import Beats, Seconds


class Delivery:
    """Orders what the scheduler wants, and hands what is ready to the player."""

    def __init__(self, player: Player, renderer: Renderer) -> None:
        self.scheduler = Scheduler()
        self.leaning = Leaning(player)
        self.render_ms = 0.0  # of the last loop that did not come from the cache
        self.held: dict[int, Held] = {}  # which loop is in which slot, for those who look on
        self._player = player
        self._renderer = renderer
        self._slots = Slots()
        self._order: tuple[int, int, Step] | None = None  # id, slot, step
        self._hurrying = False  # the order under way is being cancelled

    def order_next(self, beat: Beats, trajectory: Trajectory, rules: Rules) -> None:
        """Send the most urgent order, unless one is under way or no slot is free."""
        step = self.scheduler.next_order(beat, trajectory, rules)
        if self._order is not None:
            if step is not None and not self._hurrying:
                self._hurrying = self._renderer.cancel()  # an idle render makes room
            return
        if step is None:
            missing = self.leaning.missing(beat, trajectory)
            step = self.scheduler.idle_order(beat, trajectory, missing)
        slot = self._slots.take() if step is not None else None
        if step is None or slot is None:
            return
        self.held.pop(slot, None)
        self._order = (self._renderer.order(step.request, slot), slot, step)
        self._hurrying = False
        self.scheduler.order(step)

    def place(self, ready: LoopReady, beat: Beats, fade_ms: float) -> bool:
        """Give a finished loop to the player, for its beat; True when it is the first."""
        if self._order is None or self._order[0] != ready.id:
            return False
        _, slot, step = self._order
        self._order = None
        self.held[slot] = Held(ready.audio_key, ready.frames, ready.beats, "standing")
        self._learn(ready)
        if step.idle:
            self.scheduler.kept(step)
            if not self.leaning.stand_by(slot, step.request, ready):
                self._slots.give_back(slot)
            return False
        is_first = self.scheduler.sounding is None
        self._slots.fill(slot, step.request)
        placed = self.scheduler.ready(step, slot, beat, ready.audio_key, cold=ready.cold)
        if placed.replaces:
            self._player.drop(placed.replaces)
        sent = self._player.swap(
            slot,
            ready.audio_key,
            ready.frames,
            ready.beats,
            not_before=placed.due if placed.grid > 0.0 or placed.due > beat else None,
            grid=placed.grid,
            fade_ms=fade_ms,
        )
        if not sent:
            self.released(slot)
        return sent and is_first

    def give_up(self, number: int) -> None:
        """The order of this number came to nothing."""
        if self._order is not None and self._order[0] == number:
            self._slots.give_back(self._order[1])
            self._order = None
            self.scheduler.failed()

    def lose_renderer(self) -> None:
        """The renderer is gone, and with it the order, its cache and its phases."""
        if self._order is not None:
            self._slots.give_back(self._order[1])
        self._order = None
        self.scheduler.forget_renderer()

    def swapped(self, slot: int) -> None:
        """The loop in a slot has begun to sound."""
        request = self._slots.request(slot)
        self.leaning.swapped(slot if request else None)
        if request:
            frames = loop_frames(request.beats, request.tempo)
            self.scheduler.swapped(slot, request, sounding_tempo(request.beats, frames))

    def released(self, slot: int) -> None:
        """The player has no more use for a slot."""
        self.scheduler.released(slot)
        self._slots.give_back(slot)

    def meet_player(self, hello: Hello) -> None:
        """The player is there (again): count the slots anew."""
        ours = [self._order[1]] if self._order else []
        self.leaning.meet_player(hello)
        self._slots.keep_only(hello.slots, ours)
        self.held |= hello.slots
        for queued in list(self.scheduler.queued):
            if queued.slot not in hello.slots:
                self.scheduler.released(queued.slot)
        if not any(held.role == "current" for held in hello.slots.values()):
            self.scheduler.sounding = None  # it came back with nothing: render what should sound

    def lean(self, now: Seconds, beat: Beats, trajectory: Trajectory, amount: float) -> None:
        """Lean by `amount` (0..1) towards what is wanted now, with the loops that stand by."""
        if self.leaning.standing:
            wanted = trajectory.request_at(beat)
            self.leaning.lean(now, self.scheduler.sounding, wanted, amount)

    def _learn(self, ready: LoopReady) -> None:
        """Remember how long it took, if it really was rendered."""
        if ready.cached:
            return
        self.render_ms = ready.render_ms
        denoise_s = ready.stages["denoise"] / 1000.0
        self.scheduler.times.add(ready.render_ms / 1000.0, denoise_s, ready.request.steps)
