"""An offline stage: a scheduler with a pretend renderer and player, and a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from livediffusion.render.request import RenderRequest, normalise
from livediffusion.timeline.scheduler import Scheduler
from livediffusion.timeline.steps import Rules, Step
from livediffusion.timeline.transport import next_boundary


def request(weight: float = 0.0, **changes: object) -> RenderRequest:
    """A request whose only variable is the weight of the second of two prompts."""
    prompts = normalise([("house", 1.0 - weight), ("drum and bass", weight)])
    values: dict[str, object] = {"prompts": prompts, "seeds": ((1, 1.0),), "tempo": 120.0}
    return RenderRequest(**(values | {"steps": 4} | changes))  # type: ignore[arg-type]


def weight_of(rendered: RenderRequest) -> float:
    """The weight that `request` was given."""
    return dict(rendered.prompts).get("drum and bass", 0.0)


@dataclass
class Glide:
    """A trajectory that moves the weight from `start` to `end` between two beats, or at one."""

    start_beat: float = 0.0
    end_beat: float = 0.0
    start: float = 0.0
    end: float = 0.0
    revision: int = 0
    tempo: float = 120.0

    @property
    def moving_until(self) -> float:
        return self.end_beat

    def still_until(self, now: float) -> float:
        return max(now, self.start_beat)

    def neighbours(self, beat: float) -> list[RenderRequest]:
        return [request(0.0, tempo=self.tempo), request(1.0, tempo=self.tempo)]

    def alone(self, beat: float) -> list[RenderRequest]:
        return self.neighbours(beat)

    def request_at(self, beat: float) -> RenderRequest:
        span = self.end_beat - self.start_beat
        place = (beat - self.start_beat) / span if span > 0.0 else float(beat >= self.end_beat)
        place = min(max(place, 0.0), 1.0)
        return request(self.start + (self.end - self.start) * place, tempo=self.tempo)


@dataclass
class Stage:
    """Runs a scheduler against renders of fixed length, in ticks of 5 ms."""

    render_s: float
    rules: Rules = field(default_factory=Rules)
    trajectory: Glide = field(default_factory=Glide)
    scheduler: Scheduler = field(default_factory=Scheduler)
    now_s: float = 0.0
    beat: float = 0.0
    heard: list[tuple[float, RenderRequest]] = field(default_factory=list)
    orders: list[tuple[float, Step]] = field(default_factory=list)
    batches: list[tuple[float, list[Step]]] = field(default_factory=list)
    each_more: float = 1.0  # of `render_s`, for each further loop that is rendered at once
    _done_at: float = 0.0
    _slots: dict[int, tuple[float, float, RenderRequest]] = field(default_factory=dict)
    _next_slot: int = 0

    def run(self, seconds: float, gesture: Callable[[Stage], None] | None = None) -> None:
        """Let so much time pass; `gesture` is called at each tick, as a performer would act."""
        for _ in range(round(seconds / 0.005)):
            if gesture is not None:
                gesture(self)
            self._tick()
            self.now_s += 0.005
            self.beat += 0.005 * (self.scheduler.tempo or 120.0) / 60.0

    def _tick(self) -> None:
        self._play_due()
        scheduler = self.scheduler
        if scheduler.in_flight and self.now_s >= self._done_at:
            count = len(scheduler.in_flight)
            spent, steps = self._takes(count), scheduler.in_flight[0].request.steps
            scheduler.times.add(spent, spent / 2, steps, count)
            for step in scheduler.in_flight:
                self._finish(step)
        first = scheduler.next_order(self.beat, self.trajectory, self.rules)
        if first is not None:
            batch = [first, *scheduler.company(first, self.beat, self.trajectory, self.rules)]
            scheduler.order(*batch)
            self.batches.append((self.beat, batch))
            self.orders += [(self.beat, step) for step in batch]
            self._done_at = self.now_s + self._takes(len(batch))

    def _takes(self, count: int) -> float:
        """Seconds to render so many loops at once."""
        return self.render_s * (1.0 + self.each_more * (count - 1))

    def _finish(self, step: Step) -> None:
        slot, self._next_slot = self._next_slot, self._next_slot + 1
        key, cold = step.request.audio_key(), step.request.phase_from is None
        placed = self.scheduler.ready(step, slot, self.beat, key, cold=cold)
        for old in placed.replaces:
            del self._slots[old]
        self._slots[slot] = (placed.due, placed.grid, step.request)

    def _play_due(self) -> None:
        due = [
            (when, slot) for slot, (when, _, _) in self._slots.items() if when <= self.beat + 1e-9
        ]
        if not due:
            return
        _, newest = max(due)
        when, grid, rendered = self._slots[newest]
        assert next_boundary(when, grid) == when
        for _, slot in due:
            del self._slots[slot]
            if slot != newest:
                self.scheduler.released(slot)
        self.scheduler.swapped(newest, rendered, rendered.tempo)
        self.heard.append((when, rendered))
