"""Hours of drift, on a clock that jumps: always new, never off the prompt, and no bigger."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

import pytest

from livediffusion.control.journal import Journal
from livediffusion.render.request import RenderRequest
from livediffusion.state.history import DEPTH
from livediffusion.state.parameters import MAX_SEED
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret
from livediffusion.timeline.scheduler import Scheduler
from livediffusion.timeline.steps import Rules
from livediffusion.types import ModelDefaults

HOUR = 120 * 60  # beats, at 120 bpm
LOOP = 8
PATCH = """
tempo = 120
glide = 4
{more}
[[prompt]]
text = "ambient pads"
weight = 0.7
[[prompt]]
text = "dub"
weight = 0.3
[seed]
a = {seed}
b = {next}
"""
DEFAULTS = ModelDefaults("pocket", "hash", 4, 1.0, "lcm", 120.0)


def drifting(drift: float, seed: int = 42) -> Performance:
    text = PATCH.format(more=f"drift = {drift}", seed=seed, next=(seed + 1) % (MAX_SEED + 1))
    performance = Performance(parse_patch(text, Path("night.toml")), "pocket")
    performance.trajectory.defaults = DEFAULTS
    return performance


def loops(performance: Performance, hours: float) -> list[RenderRequest]:
    trajectory = performance.trajectory
    return [trajectory.request_at(float(b)) for b in range(0, round(hours * HOUR), LOOP)]


def step(before: RenderRequest, after: RenderRequest) -> float:
    """The angle between two slerped noises, whose seeds are as good as orthogonal; radians."""
    one, two = ({s: math.sin(w * math.pi / 2) for s, w in r.seeds} for r in (before, after))
    norms = math.hypot(*one.values()) * math.hypot(*two.values())
    product = sum(weight * two.get(seed, 0.0) for seed, weight in one.items())
    return math.acos(min(1.0, product / norms))


@pytest.mark.parametrize("drift", [0.01, 0.1, 1 / 3, 1.0])
def test_ten_hours_never_repeat_and_never_leave_the_prompt(drift: float) -> None:
    night = loops(drifting(drift), 10.0)
    assert len({request.seeds for request in night}) == len(night)
    assert {request.prompts for request in night} == {night[0].prompts}
    assert {(r.guidance, r.steps, r.negative, r.tempo) for r in night} == {(1.0, 4, "", 120.0)}
    for request in night:
        request.check()
        assert all(0 <= seed <= MAX_SEED for seed, _ in request.seeds)
        assert math.hypot(*(weight for _, weight in request.seeds)) > 0.5


@pytest.mark.parametrize("drift", [0.01, 0.1, 1 / 3])
def test_each_loop_is_a_small_step_from_the_last_also_where_the_walk_turns(drift: float) -> None:
    steps = [step(a, b) for a, b in pairwise(loops(drifting(drift), 3.0))]
    assert max(steps) < drift * math.pi / 2 * 1.01 + 1e-3
    assert min(steps) > drift * math.pi / 2 * 0.3, "it never stands still either"


def test_the_walk_goes_round_the_last_seed() -> None:
    night = loops(drifting(0.5, seed=MAX_SEED - 3), 0.5)
    seeds = {seed for request in night for seed, _ in request.seeds}
    assert {MAX_SEED, 0, 1} <= seeds
    for request in night:
        request.check()
    assert len({request.seeds for request in night}) == len(night)


def test_a_control_process_that_comes_back_at_night_drifts_on(tmp_path: Path) -> None:
    before = drifting(0.07)
    at = 5.3 * HOUR + 3.25
    Journal(tmp_path).remember(1.0, at, before, [], True)
    memory = Journal(tmp_path).recall(at)
    assert memory is not None
    again = memory.performance
    again.trajectory.defaults = DEFAULTS
    for beats in (0, 1, 4, 8, 80, 8000):
        one = dict(before.trajectory.request_at(at + beats).seeds)
        two = dict(again.trajectory.request_at(at + beats).seeds)
        assert two == pytest.approx(one, abs=1e-6)


GESTURES = (
    ("/ld/prompt/1/weight", (0.0, 1.0)),
    ("/ld/prompt/2/weight", (0.0, 1.0)),
    ("/ld/seed/morph", (0.0, 1.0)),
    ("/ld/drift", (0.0, 0.5)),
    ("/ld/gain", (-12.0, 0.0)),
    ("/ld/glide", (0.0, 32.0)),
    ("/ld/tempo", (118.0, 126.0)),
)


def test_a_night_of_gestures_makes_nothing_bigger(tmp_path: Path) -> None:
    performance, rng, sizes = drifting(0.05), random.Random(1), []
    journal, file = Journal(tmp_path), tmp_path / "journal.json"
    for beat in range(0, 8 * HOUR, 16):
        seconds = beat / 2.0
        address, (low, high) = rng.choice(GESTURES)
        for change in interpret(address, (rng.uniform(low, high),), 2):
            performance.apply(change, float(beat), f"osc 127.0.0.1:{rng.randrange(9)}", seconds)
        if rng.random() < 0.1:
            performance.apply(interpret("/ld/undo", (), 2)[0], float(beat), "osc x", seconds)
        performance.advance(float(beat))
        performance.take_effects()
        if beat % (HOUR // 4) == 0:
            journal.remember(seconds, float(beat), performance, [], True)
            sizes.append(file.stat().st_size)
    early, late = max(sizes[2:6]), max(sizes[-4:])
    assert late < 1.1 * early, sizes
    assert len(performance.history.entries) <= DEPTH
    assert len(performance.sources) < 20 and len(performance.touched) < 20
    assert performance.moved == [] and performance.effects == []


def test_the_scheduler_stays_small_through_a_night_of_drift(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livediffusion.timeline.scheduler._REMEMBERED_KEYS", 100)
    performance, scheduler, rules = drifting(0.1), Scheduler(), Rules(ahead=4)
    scheduler.times.add(0.3, 0.15, 4)
    slot, waiting, swapped = 0, dict[int, tuple[float, RenderRequest]](), 0
    for tick in range(HOUR // 2):
        beat = float(tick)
        due = sorted((at, s) for s, (at, _) in waiting.items() if at <= beat)
        for _, ready_slot in due:
            _, request = waiting.pop(ready_slot)
            scheduler.swapped(ready_slot, request, 120.0)
            swapped += 1
        for _ in range(rules.ahead + 1):
            order = scheduler.next_order(beat, performance.outlook, rules)
            if order is None:
                break
            scheduler.order(order)
            placed = scheduler.ready(
                order, slot, beat, order.request.audio_key(), cold=order.request.phase_from is None
            )
            waiting[slot], slot = (placed.due, order.request), slot + 1
            for old in placed.replaces:
                waiting.pop(old, None)
        assert len(scheduler.queued) <= rules.ahead + 1
    assert scheduler.late == 0
    assert swapped >= HOUR // 2 // LOOP - 1, "each loop was another"
    assert len(scheduler._known) == 100
