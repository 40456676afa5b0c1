"""What to render for when (DESIGN.md section 5).

The scheduler is pure: it is asked at each tick what to order, and told what became ready, what
sounds and what time it is. It owns no clock, no socket and no thread.

While nothing moves, one step is wanted: the present values, as soon as the quantise allows; what
changes all at once at a beat to come is wanted from that beat on. While a value moves, a step is
wanted at each of the coming `ahead` step boundaries, each with the values that will hold there. One
order is in flight at a time; whatever is most urgent when it ends goes next, so a newer value
replaces what is queued and never what is in flight. Where the renderer is faster so, an order may
be for several steps that are due: not the first after a gesture, which shall be heard soon.
"""

from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict
from collections.abc import Iterable

from livediffusion.render.request import RenderRequest
from livediffusion.timeline.chain import Chain
from livediffusion.timeline.estimate import RenderTimes
from livediffusion.timeline.steps import Placed, Queued, Rules, Step, Trajectory
from livediffusion.timeline.transport import next_boundary, to_beats
from livediffusion.types import BPM, Beats

_HEADROOM = 1.5  # a step is at least so many p95 render times long
_UNHURRIED = 3.0  # p95 render times before it is due, a step can let an idle one be finished
_HANDOVER_S = 0.03  # from here to the player and into its next block
_REMEMBERED_KEYS = 4096
_COUNTS = (8, 4, 2)  # loops at once; each count is another shape to be compiled and learned


class Scheduler:
    """Decides what to render next, and where a finished loop goes.

    Threading: one thread, the control process's main one.
    """

    def __init__(self) -> None:
        self.times = RenderTimes()
        self.sounding: RenderRequest | None = None
        self.tempo: BPM = 0.0  # that sounds; 0 before the first loop
        self.in_flight: list[Step] = []
        self._were_several = False  # ordered at once
        self._ordered: int | None = None  # the latest revision that a step was ordered for
        self.queued: list[Queued] = []
        self.lead: Beats = 0.0
        self.late = 0
        self._chain = Chain()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._all_known: object = None  # the neighbours that were all found there

    def next_order(self, now: Beats, trajectory: Trajectory, rules: Rules) -> Step | None:
        """The most urgent step that is neither sounding nor queued, if nothing urgent is in flight.

        What is rendered in idle time is not urgent, nor are several at once that a new gesture has
        overtaken: let them go, and order this. Only a step that has much time waits for their end.
        """
        if self.in_flight and not self._gives_way(trajectory):
            return None
        is_idle = bool(self.in_flight)
        arriving = self._arriving(None)
        for step in self.plan(now, trajectory, rules):
            key = step.request.cache_key()
            if step.due is None:
                return None if key == arriving else self._chain.with_phase(step)
            if self._is_queued(step):
                continue
            if key != self._arriving(step.due):
                render = to_beats(self.times.p95(step.request.steps), self.tempo)
                waits = is_idle and step.due - now > _UNHURRIED * render
                return None if waits else self._chain.with_phase(step)
        return None

    def idle_order(
        self, now: Beats, trajectory: Trajectory, missing: Iterable[RenderRequest] = ()
    ) -> Step | None:
        """When nothing is urgent, what should stand by and is missing, be it in the cache or not.

        Else a neighbour of where the performer is that was not rendered.
        """
        if self.in_flight or self.sounding is None:
            return None
        for request in missing:
            return self._in_idle_time(request, trajectory)
        neighbours = trajectory.neighbours(now)
        if neighbours is self._all_known:
            return None
        for request in neighbours:
            if not self._is_known(request):
                return self._chain.with_phase(
                    Step(None, 0.0, request, trajectory.revision, idle=True)
                )
        self._all_known = neighbours
        return None

    def company(self, first: Step, now: Beats, trajectory: Trajectory, rules: Rules) -> list[Step]:
        """Steps that are missing, too, to be rendered at once with the most urgent one.

        As many as leave that one in time.
        """
        is_alone = first.due is None or first.idle or first.revision != self._ordered
        if is_alone or self._is_known(first.request):
            return []
        fitting = self._fitting(first, self.plan(now, trajectory, rules))
        steps = first.request.steps
        for count in _COUNTS:
            if count > min(rules.batch, 1 + len(fitting)) or not self.times.gains(steps, count):
                continue
            takes = to_beats(self.times.p95(steps, count) + _HANDOVER_S, self.tempo)
            if first.due is not None and now + takes <= first.due:
                return self._chain.behind(first, fitting[: count - 1])
        return []

    def plan(self, now: Beats, trajectory: Trajectory, rules: Rules) -> list[Step]:
        """The steps wanted from now on, most urgent first."""
        until = trajectory.moving_until
        if self.sounding is None or until <= now:
            return [self._rest_step(trajectory, rules, now)]
        start = max(now, trajectory.still_until(now))
        if start >= until:
            return [dataclasses.replace(self._rest_step(trajectory, rules, now), not_before=until)]
        grid, steps = self._stride(trajectory.request_at(start), rules)
        render = to_beats(self.times.p95(steps), self.tempo)
        soonest = next_boundary(start, grid)
        is_known = self._is_known(_with_steps(trajectory.request_at(soonest), steps))
        due = soonest if is_known else next_boundary(max(now + render, start), grid)
        planned: list[Step] = []
        while len(planned) < rules.ahead:
            request = _with_steps(trajectory.request_at(due), steps)
            planned.append(Step(due, self._grid(request, grid), request, trajectory.revision))
            if due >= until:
                break
            due += grid
        return planned

    def order(self, *steps: Step) -> None:
        """Note that steps have been sent to the renderer, to be rendered at once."""
        self.in_flight = list(steps)
        self._were_several = len(steps) > 1
        if not steps[0].idle:
            self._ordered = steps[0].revision

    def ready(self, step: Step, slot: int, now: Beats, audio_key: str, *, cold: bool) -> Placed:
        """Queue the finished loop; say where it goes and which slots it replaces.

        `audio_key` is the renderer's name for it, `cold` whether its phase began from nothing.
        What an older gesture had queued for the same beat or later is replaced. What it queued
        for earlier is kept: dropping it would silence every change while a knob keeps moving.
        """
        self._land(step)
        self._know(step.request)
        self._chain.remember(step.request, audio_key, cold=cold)
        soonest = now + to_beats(_HANDOVER_S, self.tempo) if step.grid > 0.0 else now
        wanted = step.not_before if step.due is None else step.due
        due = next_boundary(max(soonest, wanted), step.grid)
        self.late += step.due is not None and due > step.due
        self.lead = due - now
        stale = [q for q in self.queued if q.due >= due]
        if step.due is not None:
            stale = [q for q in stale if q.revision < step.revision or q.due == due]
        self.queued = [q for q in self.queued if q not in stale]
        self.queued.append(Queued(due, step.revision, step.request.cache_key(), slot))
        return Placed(due, step.grid, tuple(q.slot for q in stale))

    def kept(self, step: Step) -> None:
        """A loop that was rendered in idle time is in the cache now."""
        self._land(step)
        self._know(step.request)

    def failed(self, step: Step) -> None:
        """A render in flight came to nothing; the next goes alone."""
        self._land(step)
        self._ordered = None

    def swapped(self, slot: int, request: RenderRequest, tempo: BPM) -> None:
        """A loop has begun to sound."""
        self.released(slot)
        self.sounding, self.tempo = request, tempo

    def sounds_at(self, tempo: BPM) -> None:
        """What sounds is bent to a tempo, or follows a clock; 0 while it stands."""
        if tempo > 0.0 and self.sounding is not None:
            self.tempo = round(tempo, 3)

    def released(self, slot: int) -> None:
        """The player will not play what was queued in a slot (any more)."""
        self.queued = [q for q in self.queued if q.slot != slot]

    def forget_renderer(self) -> None:
        """The renderer died: nothing is in flight, cached or held as phase any more."""
        self.in_flight, self._ordered, self._all_known = [], None, None
        self._chain.forget()
        self._known.clear()

    def eta(self, now: Beats, trajectory: Trajectory, rules: Rules) -> Beats:
        """Beats until the performer's last gesture is heard; 0 once it is."""
        planned = self.plan(now, trajectory, rules)
        sounds = self.sounding.cache_key() if self.sounding is not None else None
        keys = [step.request.cache_key() for step in planned]
        index = next((i for i, key in enumerate(keys) if key != sounds), None)
        if index is None:
            return 0.0
        wanted, key = planned[index], keys[index]
        for queued in self.queued:
            if queued.cache_key == key or queued.revision == trajectory.revision:
                return max(0.0, queued.due - now)
        render = 0.0 if key in self._known else self.times.p95(wanted.request.steps)
        soonest = max(now + to_beats(render, self.tempo), wanted.due or now, wanted.not_before)
        return max(0.0, next_boundary(soonest, wanted.grid) - now)

    def _rest_step(self, trajectory: Trajectory, rules: Rules, now: Beats) -> Step:
        until = trajectory.moving_until
        request = trajectory.request_at(max(now, until) if math.isfinite(until) else now)
        return Step(None, self._grid(request, rules.quantise), request, trajectory.revision)

    def _grid(self, request: RenderRequest, grid: Beats) -> Beats:
        """Another length takes over at a loop boundary only; another tempo is bent to already."""
        sounding = self.sounding
        if sounding is None:
            return 0.0
        return grid if sounding.beats == request.beats else float(sounding.beats)

    def _stride(self, request: RenderRequest, rules: Rules) -> tuple[Beats, int]:
        """Beats from step to step, and the diffusion steps that fit into them."""
        render = to_beats(self.times.p95(request.steps), self.tempo)
        strides = (1.0, 2.0, float(rules.beats_per_bar), float(rules.beats))
        fitting = [s for s in strides if s >= _HEADROOM * render and s >= rules.quantise]
        if fitting:
            return min(fitting), request.steps
        loop_s = rules.beats * 60.0 / self.tempo
        steps = self.times.affordable_steps(loop_s / _HEADROOM, request.steps, rules.steps_min)
        return float(rules.beats), steps

    def _arriving(self, due: Beats | None) -> str | None:
        """Key of what will sound just before `due`, or in the end when None."""
        before = [q for q in self.queued if due is None or q.due < due]
        if before:
            return max(before, key=lambda q: q.due).cache_key
        return self.sounding.cache_key() if self.sounding is not None else None

    def _is_queued(self, step: Step) -> bool:
        """Whether this very loop waits for this very beat."""
        key = step.request.cache_key()
        return any((queued.cache_key, queued.due) == (key, step.due) for queued in self.queued)

    def _in_idle_time(self, request: RenderRequest, trajectory: Trajectory) -> Step:
        step = Step(None, 0.0, request, trajectory.revision, idle=True)
        return self._chain.with_phase(step)

    def _gives_way(self, trajectory: Trajectory) -> bool:
        """Whether what is in flight may be dropped for something urgent.

        What is rendered in idle time, and several at once for a gesture that was not the last.
        """
        first = self.in_flight[0]
        is_old = first.revision < trajectory.revision
        return first.idle or (self._were_several and is_old)

    def _land(self, step: Step) -> None:
        """A step is not in flight any more."""
        self.in_flight = [one for one in self.in_flight if one is not step]

    def _fitting(self, first: Step, planned: Iterable[Step]) -> list[Step]:
        """What of the plan can be rendered at once with the first: what is not there already.

        What was rendered before comes out of the cache.
        """
        company, before = first.request.company_key(), first.request.cache_key()
        found = []
        for step in planned:
            key = step.request.cache_key()
            is_later = step.due is not None and first.due is not None and step.due > first.due
            is_there = key == before or self._is_queued(step) or self._is_known(step.request)
            if is_later and not is_there and step.request.company_key() == company:
                found.append(step)
            before = key
        return found

    def _know(self, request: RenderRequest) -> None:
        self._known[request.cache_key()] = None
        if len(self._known) > _REMEMBERED_KEYS:
            self._known.popitem(last=False)

    def _is_known(self, request: RenderRequest) -> bool:
        return request.cache_key() in self._known


def _with_steps(request: RenderRequest, steps: int) -> RenderRequest:
    return request if steps == request.steps else dataclasses.replace(request, steps=steps)
