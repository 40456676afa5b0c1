"""Several steps that are due are ordered at once, where that is faster and nobody waits for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation import Glide, Stage, request, weight_of

from livediffusion.render.request import BEFORE
from livediffusion.timeline.chain import CHAIN_LENGTH
from livediffusion.timeline.estimate import RenderTimes
from livediffusion.timeline.steps import Rules


def playing(render_s: float, batch: int, each_more: float = 0.3, ahead: int = 4) -> Stage:
    """A stage on which one loop sounds."""
    rules = Rules(quantise=1.0, ahead=ahead, batch=batch)
    stage = Stage(render_s, rules, each_more=each_more)
    stage.run(render_s + 0.6)
    assert stage.scheduler.sounding is not None
    stage.orders.clear()
    stage.batches.clear()
    stage.heard.clear()
    return stage


def test_the_first_after_a_gesture_goes_alone_and_the_others_at_once() -> None:
    stage = playing(0.1, batch=4, ahead=5)
    stage.trajectory = Glide(stage.beat, stage.beat + 16.0, 0.0, 1.0, revision=1)
    stage.run(1.0)
    sizes = [len(batch) for _, batch in stage.batches]
    assert sizes[0] == 1, "who moved something shall hear it soon"
    assert sizes[1] == 4, "the rest of five that are kept ready"
    batch = stage.batches[1][1]
    assert [step.due for step in batch] == sorted({step.due for step in batch})
    assert [step.request.phase_from == BEFORE for step in batch] == [False, True, True, True]
    assert len({weight_of(step.request) for step in batch}) == 4


def test_a_new_gesture_does_not_wait_for_what_was_ordered_at_once() -> None:
    stage = playing(0.1, batch=4, ahead=5)
    stage.trajectory = Glide(stage.beat, stage.beat + 16.0, 0.0, 1.0, revision=1)
    while len(stage.scheduler.in_flight) < 2:
        stage.run(0.005)
    scheduler, rules = stage.scheduler, stage.rules
    assert scheduler.next_order(stage.beat, stage.trajectory, rules) is None
    stage.trajectory = Glide(stage.beat, stage.beat + 8.0, 1.0, 0.0, revision=2)
    wanted = scheduler.next_order(stage.beat, stage.trajectory, rules)
    assert wanted is not None and wanted.revision == 2
    scheduler.order(wanted)
    stage.trajectory = Glide(stage.beat, stage.beat + 8.0, 0.5, 0.0, revision=3)
    assert scheduler.next_order(stage.beat, stage.trajectory, rules) is None, "one is soon there"


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_a_knob_that_keeps_moving_is_never_rendered_in_batches(batch: int) -> None:
    stage = playing(0.1, batch)

    def turn(stage: Stage) -> None:
        revision = stage.trajectory.revision + 1
        stage.trajectory = Glide(
            stage.beat, stage.beat + 4.0, 0.0, 0.1 + revision % 80 / 100, revision
        )

    stage.run(3.0, turn)
    assert len(stage.batches) > 5
    assert all(len(steps) == 1 for _, steps in stage.batches)


def test_what_does_not_leave_the_first_in_time_is_not_ordered_with_it() -> None:
    """Four at once take 0.8 s, of which it would be late; two take 0.4 s."""
    stage = playing(0.2, batch=4, each_more=1.0)
    stage.trajectory = Glide(stage.beat, stage.beat + 32.0, 0.0, 1.0, revision=1)
    late = stage.scheduler.late
    stage.run(8.0)
    for beat, batch in stage.batches:
        assert batch[0].due is not None
        assert beat + 0.2 * len(batch) * 2.0 <= batch[0].due + 1e-9 or len(batch) == 1
    alone = playing(0.2, batch=1, each_more=1.0)
    alone.trajectory = stage.trajectory
    before = alone.scheduler.late
    alone.run(8.0)
    assert stage.scheduler.late - late <= alone.scheduler.late - before


@settings(max_examples=20)  # each is up to a minute, tick by tick, twice
@given(
    st.floats(0.05, 1.2), st.integers(1, 6), st.floats(0.1, 1.0), st.integers(1, 6),
    st.floats(4.0, 16.0),
)  # fmt: skip
def test_what_is_heard_is_what_would_be_heard_one_by_one(
    render_s: float, batch: int, each_more: float, ahead: int, length: float
) -> None:
    """Every loop begins on its step of the glide, none later than without batches."""
    found = []
    for most in (1, batch):
        stage = playing(render_s, most, each_more, ahead)
        start = stage.beat
        stage.trajectory = Glide(start, start + length, 0.0, 1.0, revision=1)
        stage.run(length / 2.0 + 6.0 * render_s + 3.0)
        found.append(stage)
    single, several = found
    assert weight_of(several.heard[-1][1]) == 1.0
    assert several.scheduler.late <= single.scheduler.late
    assert len(several.heard) >= len(single.heard) - 1
    for beat, rendered in several.heard:
        wanted = several.trajectory.request_at(beat)
        assert weight_of(rendered) == pytest.approx(weight_of(wanted), abs=1e-9)


def test_loops_of_one_batch_never_make_a_chain_that_is_too_long() -> None:
    stage = playing(0.05, batch=6, ahead=8)
    stage.trajectory = Glide(stage.beat, stage.beat + 200.0, 0.0, 1.0, revision=1)
    stage.run(20.0)
    length = longest = 0
    for _, step in stage.orders:
        length = length + 1 if step.request.phase_from is not None else 1
        longest = max(longest, length)
    assert longest == CHAIN_LENGTH


def test_a_lost_batch_is_ordered_again() -> None:
    stage = playing(0.1, batch=4)
    stage.trajectory = Glide(stage.beat, stage.beat + 16.0, 0.0, 1.0, revision=1)
    while len(stage.scheduler.in_flight) < 2:
        stage.run(0.005)
    lost = list(stage.scheduler.in_flight)
    for step in lost:
        stage.scheduler.failed(step)
    assert stage.scheduler.in_flight == []
    stage.run(10.0)
    assert weight_of(stage.heard[-1][1]) == 1.0


def test_only_what_is_rendered_alike_goes_together() -> None:
    alone = request(0.5).company_key()
    assert request(0.7).company_key() == alone, "another weight"
    assert request(0.5, seeds=((2, 1.0),), tempo=90.0).company_key() == alone
    assert request(0.5, guidance=3.0).company_key() == request(0.7, guidance=4.0).company_key()
    others: list[dict[str, object]] = [
        {"steps": 5}, {"beats": 16}, {"sampler": "euler"}, {"guidance": 3.0}, {"model": "b"},
        {"prompts": (("house", 1.0),)}, {"seed_image": "a.png"}, {"loras": (("a", 0.5),)},
    ]  # fmt: skip
    assert len({request(0.5, **other).company_key() for other in others} | {alone}) == 9


def test_what_was_never_tried_is_thought_to_gain_nothing() -> None:
    times = RenderTimes()
    times.add(0.5, 0.4, 4)
    assert times.p95(4, 3) == pytest.approx(1.5)
    times.add(9.0, 8.0, 4, 3)
    assert times.p95(4, 3) == pytest.approx(1.5), "the first of a new shape says nothing"
    assert times.gains(4, 3)
    times.add(0.7, 0.4, 4, 3)
    assert times.p95(4, 3) == pytest.approx(0.7)
    assert times.p95(8, 3) == pytest.approx(1.1)
    times.add(1.6, 0.4, 4, 3)
    assert not times.gains(4, 3), "slower than one by one"
    assert times.p95(4) == pytest.approx(0.5), "what one takes is known from one"
