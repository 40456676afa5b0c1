"""Loops that are ordered at once: their slots, their answers, and what is learned of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paper_stage import Stage

from livediffusion.control.delivery import Delivery
from livediffusion.ipc.arena import SLOTS
from livediffusion.render.process import LoopReady
from livediffusion.timeline.steps import Rules
from livediffusion.timeline.transport import loop_frames

RULES = Rules(ahead=5, batch=4, quantise=4.0)


def gliding() -> Stage:
    """A stage whose first loop after a long glide's beginning is ready: four more are due."""
    stage = Stage()
    stage.idle()
    stage.send("/ld/glide", 64.0)
    stage.send("/ld/blend", 0.2, 0.8, 0.0)
    stage.delivery.scheduler.times.add(0.1, 0.05, 4)
    order(stage)
    answer(stage, only=1)
    return stage


def order(stage: Stage) -> int:
    """Let control order; how many loops at once it wants."""
    before = len(stage.renderer.orders)
    stage.delivery.order_next(1.0, stage.performance.outlook, RULES)
    return len(stage.renderer.orders) - before


def ready(stage: Stage, number: int, ms: float = 100.0) -> LoopReady:
    """The renderer's answer to an order that was one of the last batch."""
    slot, request = stage.renderer.orders[number - 1]
    count = len(under_way(stage.delivery))
    request = replace(request, batch=max(count, request.batch), phase_from=None)
    frames = loop_frames(request.beats, request.tempo)
    stages = {"denoise": ms / 2.0}
    return LoopReady(
        number, slot, frames, request.beats, request.tempo, request, request.cache_key(),
        request.audio_key(), False, True, ms, stages, 0.5, -16.0,
    )  # fmt: skip


def answer(stage: Stage, only: int | None = None) -> None:
    """All orders that are under way are ready, or so many of them."""
    answers = [ready(stage, number) for number in under_way(stage.delivery)]
    for loop in answers[:only]:
        stage.delivery.place(loop, 1.0, 60.0)


def under_way(delivery: Delivery) -> list[int]:
    return sorted(delivery._orders)


def test_they_have_slots_of_their_own_and_each_is_placed() -> None:
    stage = gliding()
    assert order(stage) == 4
    slots = [slot for slot, _ in stage.renderer.orders[-4:]]
    assert len(set(slots)) == 4
    assert order(stage) == 0, "one order is under way"
    before = len(stage.player.swaps)
    answer(stage, only=1)
    assert stage.player.swaps[before:] == slots[:1], "the first does not wait for the others"
    assert order(stage) == 0, "three are still under way"
    answer(stage)
    assert stage.player.swaps[before:] == slots
    assert [queued.slot for queued in stage.delivery.scheduler.queued][-4:] == slots


def test_what_they_take_is_learned_once_all_are_there() -> None:
    stage = gliding()
    times = stage.delivery.scheduler.times
    assert order(stage) == 4
    guess = times.p95(4, 4)
    assert guess == pytest.approx(4 * times.p95(4))
    placed = list(stage.delivery._orders.values())
    loops = [ready(stage, number, 50.0) for number in under_way(stage.delivery)]
    for loop in loops:
        assert times.p95(4, 4) == guess
        stage.delivery.place(loop, 1.0, 60.0)
    assert times.p95(4, 4) == guess, "the first of a shape is not believed"
    stage.delivery._send([replace(step, due=None) for _, step in placed])
    for loop in [ready(stage, number, 50.0) for number in under_way(stage.delivery)]:
        stage.delivery.place(loop, 1.0, 60.0)
    assert times.p95(4, 4) == pytest.approx(0.2)


def test_one_that_came_out_of_the_cache_teaches_nothing() -> None:
    stage = gliding()
    order(stage)
    guess = stage.delivery.scheduler.times.p95(4, 4)
    for number, loop in enumerate([ready(stage, one) for one in under_way(stage.delivery)]):
        stage.delivery.place(replace(loop, cached=number == 1), 1.0, 60.0)
    assert stage.delivery.scheduler.times.p95(4, 4) == guess


@pytest.mark.parametrize("arrived", [0, 1, 2, 3])
def test_those_that_fail_give_their_slots_back_and_are_ordered_again(arrived: int) -> None:
    stage = gliding()
    free = len(stage.delivery._slots._free)
    order(stage)
    numbers = under_way(stage.delivery)
    loops = [ready(stage, number) for number in numbers]
    for loop in loops[:arrived]:
        stage.delivery.place(loop, 1.0, 60.0)
    for number in numbers[arrived:]:
        stage.delivery.give_up(number)
    assert len(stage.delivery._slots._free) == free - arrived
    assert stage.delivery.scheduler.in_flight == []
    assert order(stage) == 1, "after a failure the next one goes alone"


def test_a_renderer_that_dies_takes_all_of_them_with_it() -> None:
    stage = gliding()
    free = len(stage.delivery._slots._free)
    order(stage)
    stage.delivery.lose_renderer()
    assert len(stage.delivery._slots._free) == free
    assert stage.delivery.scheduler.in_flight == []
    assert order(stage) >= 1


def test_where_slots_are_short_fewer_are_ordered() -> None:
    stage = gliding()
    held = [stage.delivery._slots.take() for _ in range(SLOTS)]
    free = [slot for slot in held if slot is not None]
    for slot in free[:2]:
        stage.delivery._slots.give_back(slot)
    assert order(stage) == 2
