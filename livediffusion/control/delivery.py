"""From the scheduler's order to the player's hands: one order at a time, and who holds its slots.

Threading: the control process's main thread only; everything here returns at once.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        self._orders: dict[int, tuple[int, Step]] = {}  # those under way: slot and step by id
        self._bill = _Bill(1)  # what they take together
        self._hurrying = False  # the order under way is being cancelled

    def order_next(self, beat: Beats, trajectory: Trajectory, rules: Rules) -> None:
        """Send the most urgent order, unless one is under way or no slot is free."""
        step = self.scheduler.next_order(beat, trajectory, rules)
        if self._orders:
            if step is not None and not self._hurrying:
                self._hurrying = self._renderer.cancel()  # what is idle or overtaken makes room
            return
        if step is None:
            missing = self.leaning.missing(beat, trajectory)
            step = self.scheduler.idle_order(beat, trajectory, missing)
        if step is not None:
            self._send([step, *self.scheduler.company(step, beat, trajectory, rules)])

    def _send(self, steps: list[Step]) -> None:
        """Order steps to be rendered at once, as many as there are free slots for."""
        placed = list[tuple[int, Step]]()
        for step in steps:
            if (slot := self._slots.take()) is None:
                break
            self.held.pop(slot, None)
            placed.append((slot, step))
        if not placed:
            return
        wanted = [(step.request, slot) for slot, step in placed]
        self._orders = dict(zip(self._renderer.order_all(wanted), placed, strict=True))
        self._bill = _Bill(len(placed))
        self._hurrying = False
        self.scheduler.order(*(step for _, step in placed))

    def place(self, ready: LoopReady, beat: Beats, fade_ms: float) -> bool:
        """Give a finished loop to the player, for its beat; True when it is the first."""
        if ready.id not in self._orders:
            return False
        slot, step = self._orders.pop(ready.id)
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
        if number in self._orders:
            slot, step = self._orders.pop(number)
            self._slots.give_back(slot)
            self.scheduler.failed(step)

    def lose_renderer(self) -> None:
        """The renderer is gone, and with it all orders, its cache and its phases."""
        for slot, _ in self._orders.values():
            self._slots.give_back(slot)
        self._orders.clear()
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
        ours = [slot for slot, _ in self._orders.values()]
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
        if not ready.cached:
            self.render_ms = ready.render_ms
        self._bill.charge(ready)
        if self._bill.is_paid:
            total, denoise = self._bill.total_ms / 1000.0, self._bill.denoise_ms / 1000.0
            self.scheduler.times.add(total, denoise, ready.request.steps, self._bill.count)


@dataclass(slots=True)
class _Bill:
    """What loops that are rendered at once take together."""

    count: int
    rendered: int = 0
    total_ms: float = 0.0
    denoise_ms: float = 0.0

    def charge(self, ready: LoopReady) -> None:
        """Add a loop that was rendered with all the others, not found or made by itself."""
        if not ready.cached and ready.request.batch == self.count:
            self.rendered += 1
            self.total_ms += ready.render_ms
            self.denoise_ms += ready.stages["denoise"]

    @property
    def is_paid(self) -> bool:
        """Whether all of them were rendered."""
        return self.rendered == self.count
