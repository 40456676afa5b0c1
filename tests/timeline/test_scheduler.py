"""The scheduler against an offline stage: exact beats, no sleeping."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
from simulation import Glide, Stage, request, weight_of

from livediffusion.render.request import RenderRequest
from livediffusion.timeline.chain import CHAIN_LENGTH
from livediffusion.timeline.steps import Rules


def settled(render_s: float, rules: Rules | None = None) -> Stage:
    """A stage on which the first loop sounds and nothing moves."""
    stage = Stage(render_s, rules or Rules())
    stage.run(render_s + 0.1)
    assert [weight_of(r) for _, r in stage.heard] == [0.0]
    stage.heard.clear()
    return stage


def test_nothing_is_rendered_while_nothing_is_touched() -> None:
    stage = settled(0.3)
    orders = len(stage.orders)
    stage.run(20.0)
    assert len(stage.orders) == orders
    assert stage.heard == []


@pytest.mark.parametrize(("quantise", "place"), [(1.0, 1.0), (4.0, 4.0), (8.0, 8.0)])
def test_a_change_sounds_at_the_first_boundary_at_which_it_is_ready(
    quantise: float, place: float
) -> None:
    stage = settled(0.3, Rules(quantise=quantise))
    stage.run(1.0)
    touched = stage.beat
    stage.trajectory = Glide(end=1.0, revision=1)
    stage.run(10.0)
    [(beat, rendered)] = stage.heard
    assert weight_of(rendered) == 1.0
    assert beat % place == 0.0
    ready = touched + 0.3 * 2.0
    assert beat == math.ceil(ready / place) * place


def test_with_quantise_off_a_change_sounds_as_soon_as_it_is_ready() -> None:
    stage = settled(0.3)
    stage.run(1.0)
    touched = stage.beat
    stage.trajectory = Glide(end=1.0, revision=1)
    stage.run(2.0)
    [(beat, _)] = stage.heard
    assert beat - touched == pytest.approx(0.6, abs=0.03)


def test_a_glide_is_rendered_step_by_step_ahead_of_its_beats() -> None:
    stage = settled(0.25)
    start = math.ceil(stage.beat)
    stage.trajectory = Glide(start, start + 16, 0.0, 1.0, revision=1)
    stage.run(12.0)
    beats = [beat for beat, _ in stage.heard]
    assert beats == [float(b) for b in range(int(beats[0]), start + 17)]
    for beat, rendered in stage.heard:
        assert weight_of(rendered) == pytest.approx((beat - start) / 16, abs=1e-3)
    assert stage.scheduler.late == 0
    assert beats[0] <= start + 2


@pytest.mark.parametrize(("render_s", "stride"), [(0.25, 1.0), (0.5, 2.0), (1.0, 4.0), (2.0, 8.0)])
def test_the_stride_is_the_shortest_with_headroom_over_the_render_time(
    render_s: float, stride: float
) -> None:
    stage = settled(render_s)
    start = math.ceil(stage.beat)
    stage.trajectory = Glide(start, start + 64, 0.0, 1.0, revision=1)
    stage.run(25.0)
    beats = [beat for beat, _ in stage.heard]
    assert {b - a for a, b in itertools.pairwise(beats)} == {stride}


def test_fewer_steps_when_even_a_loop_is_too_short_then_the_full_ones() -> None:
    stage = settled(4.0, Rules(steps_min=2))
    start = math.ceil(stage.beat)
    stage.trajectory = Glide(start, start + 32, 0.0, 1.0, revision=1)
    stage.run(60.0)
    moving = [r.steps for beat, r in stage.heard if beat < start + 32]
    assert moving
    assert set(moving) == {2}
    assert stage.heard[-1][1].steps == 4
    assert weight_of(stage.heard[-1][1]) == 1.0


@pytest.mark.parametrize("quantise", [0.0, 1.0])
def test_a_fast_lfo_cannot_silence_the_changes(quantise: float) -> None:
    stage = settled(0.4, Rules(quantise=quantise))

    def lfo(stage: Stage) -> None:
        value = 0.5 + 0.5 * math.sin(2 * math.pi * 49.3 * stage.now_s + 0.1)
        stage.trajectory = Glide(end=value, revision=stage.trajectory.revision + 1)

    stage.run(10.0, lfo)
    beats = [beat for beat, _ in stage.heard]
    longest = max(b - a for a, b in itertools.pairwise(beats))
    assert longest <= max(2 * 0.4 * 2.0, 2 * quantise) + 0.05
    assert len({weight_of(r) for _, r in stage.heard}) > 5


def test_a_new_gesture_replaces_what_an_older_one_queued_for_later() -> None:
    stage = settled(0.25, Rules(ahead=4))
    start = math.ceil(stage.beat)
    stage.trajectory = Glide(start, start + 32, 0.0, 1.0, revision=1)
    stage.run(4.0)
    turned = stage.beat
    stage.trajectory = Glide(turned, turned, 0.0, 0.0, revision=2)
    stage.run(6.0)
    after = [(beat, weight_of(r)) for beat, r in stage.heard if beat > turned]
    first = next(beat for beat, weight in after if weight == 0.0)
    assert first <= turned + 2 * 0.25 * 2.0 + 0.05
    assert [weight for beat, weight in after if beat >= first] == [0.0]


def test_a_new_tempo_takes_over_where_any_change_may() -> None:
    """The running loop has been bent to it meanwhile."""
    stage = settled(0.3, Rules(quantise=1.0))
    stage.run(1.3)
    stage.trajectory = Glide(tempo=140.0, revision=1)
    stage.run(8.0)
    [(beat, rendered)] = stage.heard
    assert beat == 5.0
    assert rendered.tempo == 140.0
    assert stage.scheduler.tempo == 140.0


class Shorter(Glide):
    """Loops of four beats."""

    def request_at(self, beat: float) -> RenderRequest:
        return dataclasses.replace(super().request_at(beat), beats=4)


def test_another_length_waits_for_the_loop_boundary() -> None:
    stage = settled(0.3)
    stage.run(1.3)
    stage.trajectory = Shorter(revision=1)
    stage.run(8.0)
    [(beat, rendered)] = stage.heard
    assert (beat, rendered.beats) == (8.0, 4)


def test_phases_are_handed_on_and_start_cold_after_a_chain() -> None:
    stage = settled(0.1)
    start = math.ceil(stage.beat)
    stage.trajectory = Glide(start, start + 60, 0.0, 1.0, revision=1)
    stage.run(32.0)
    starts = [step.request.phase_from for _, step in stage.orders]
    assert starts[0] is None
    cold = [i for i, phase in enumerate(starts) if phase is None]
    assert {b - a for a, b in itertools.pairwise(cold)} == {CHAIN_LENGTH}
    for (_, before), (_, after) in zip(stage.orders, stage.orders[1:], strict=False):
        assert after.request.phase_from in (None, before.request.audio_key())


def test_eta_counts_down_to_the_change_and_is_zero_once_heard() -> None:
    stage = settled(0.3, Rules(quantise=8.0))
    stage.trajectory = Glide(end=1.0, revision=1)
    seen: list[float] = []

    def look(stage: Stage) -> None:
        rules, glide = stage.rules, stage.trajectory
        if stage.beat < 7.9:
            seen.append(stage.scheduler.eta(stage.beat, glide, rules) + stage.beat)

    stage.run(3.9, look)
    assert seen
    assert all(abs(beat - 8.0) < 0.02 for beat in seen)
    stage.run(1.0)
    assert stage.scheduler.eta(stage.beat, stage.trajectory, stage.rules) == 0.0


def test_a_dead_renderer_is_forgotten_and_asked_again() -> None:
    stage = settled(0.3)
    stage.trajectory = Glide(end=1.0, revision=1)
    stage.run(0.1)
    assert stage.scheduler.in_flight
    stage.scheduler.forget_renderer()
    stage.run(1.0)
    assert [weight_of(r) for _, r in stage.heard] == [1.0]
    assert stage.orders[-1][1].request.phase_from is None


def test_idle_time_renders_the_neighbours_once() -> None:
    stage = settled(0.3)
    scheduler, glide = stage.scheduler, stage.trajectory
    idle = scheduler.idle_order(stage.beat, glide)
    assert idle is not None
    assert idle.idle
    assert weight_of(idle.request) == 1.0, "the first prompt alone is what sounds"
    scheduler.order(idle)
    assert scheduler.idle_order(stage.beat, glide) is None, "one render at a time"
    scheduler.kept(idle)
    assert scheduler.idle_order(stage.beat, glide) is None, "both are there now"
    assert scheduler.queued == []


def test_a_gesture_does_not_wait_for_an_idle_render() -> None:
    stage = settled(0.3)
    idle = stage.scheduler.idle_order(stage.beat, stage.trajectory)
    assert idle is not None
    stage.scheduler.order(idle)
    assert stage.scheduler.next_order(stage.beat, stage.trajectory, stage.rules) is None
    stage.trajectory = Glide(end=0.5, revision=1)
    wanted = stage.scheduler.next_order(stage.beat, stage.trajectory, stage.rules)
    assert wanted is not None
    assert weight_of(wanted.request) == 0.5


@pytest.mark.parametrize(("render_s", "heard"), [(0.3, 16.0), (2.0, 16.0), (4.0, 20.0)])
def test_what_changes_all_at_once_at_a_beat_to_come_is_rendered_before_it(
    render_s: float, heard: float
) -> None:
    stage = settled(render_s, Rules(quantise=4.0))
    stage.run(max(0.0, 4.6 - stage.now_s))
    ordered = len(stage.orders)
    stage.trajectory = Glide(16.0, 16.0, 0.0, 1.0, revision=1)
    stage.run(8.0)
    assert [(beat, weight_of(r)) for beat, r in stage.heard] == [(heard, 1.0)]
    assert len(stage.orders) == ordered + 1
    assert stage.orders[-1][0] < 14.0, "at once, and not when its beat has come"
    assert stage.scheduler.late == 0, "nobody was promised a beat"


def test_a_glide_to_come_is_rendered_from_its_beat_on() -> None:
    stage = settled(0.25, Rules(quantise=4.0, ahead=2))
    stage.run(1.5)
    stage.trajectory = Glide(16.0, 32.0, 0.0, 1.0, revision=1)
    stage.run(16.0)
    beats = [beat for beat, _ in stage.heard]
    assert beats == [20.0, 24.0, 28.0, 32.0]
    assert [weight_of(r) for _, r in stage.heard] == [0.25, 0.5, 0.75, 1.0]
    assert stage.scheduler.late == 0


def test_eta_knows_what_waits_for_its_beat() -> None:
    stage = settled(0.3, Rules(quantise=4.0))
    stage.trajectory = Glide(16.0, 16.0, 0.0, 1.0, revision=1)
    seen: list[float] = []

    def look(stage: Stage) -> None:
        if stage.beat < 15.9:
            eta = stage.scheduler.eta(stage.beat, stage.trajectory, stage.rules)
            seen.append(eta + stage.beat)

    stage.run(8.5, look)
    assert {round(beat, 6) for beat in seen} == {16.0}
    assert stage.scheduler.eta(stage.beat, stage.trajectory, stage.rules) == 0.0


def test_what_was_called_off_before_its_beat_is_not_heard() -> None:
    stage = settled(0.3, Rules(quantise=4.0))
    stage.trajectory = Glide(16.0, 16.0, 0.0, 1.0, revision=1)
    stage.run(4.0)
    assert [q.due for q in stage.scheduler.queued] == [16.0]
    stage.trajectory = Glide(revision=2)
    stage.run(8.0)
    assert all(weight_of(rendered) == 0.0 for _, rendered in stage.heard)


def test_a_step_that_has_much_time_lets_an_idle_render_be_finished() -> None:
    stage = settled(0.3)  # 0.6 beats
    idle = stage.scheduler.idle_order(stage.beat, stage.trajectory)
    assert idle is not None
    stage.scheduler.order(idle)
    for start, waits in ((1.2, False), (4.0, True)):
        stage.trajectory = Glide(start, start + 8.0, 0.0, 0.5, revision=1)
        wanted = stage.scheduler.next_order(stage.beat, stage.trajectory, stage.rules)
        assert (wanted is None) is waits
    assert 0.5 < stage.beat < 1.0


def test_neighbours_that_are_all_there_are_not_looked_at_again() -> None:
    stage = settled(0.3)
    both = stage.trajectory.neighbours(0.0)

    class Same(Glide):
        def neighbours(self, beat: float) -> list[RenderRequest]:
            return both

    stage.trajectory = Same()
    idle = stage.scheduler.idle_order(stage.beat, stage.trajectory)
    assert idle is not None
    stage.scheduler.order(idle)
    stage.scheduler.kept(idle)
    assert stage.scheduler.idle_order(stage.beat, stage.trajectory) is None
    both.append(request(0.5))
    assert stage.scheduler.idle_order(stage.beat, stage.trajectory) is None
    stage.scheduler.forget_renderer()
    assert stage.scheduler.idle_order(stage.beat, stage.trajectory) is not None


def test_what_is_to_stand_by_is_fetched_first_even_if_it_was_rendered_before() -> None:
    stage = settled(0.3)
    scheduler, glide, missing = stage.scheduler, stage.trajectory, [request(0.25), request(0.0)]
    found = []
    while missing:
        idle = scheduler.idle_order(stage.beat, glide, missing)
        assert idle is not None
        assert idle.idle
        scheduler.order(idle)
        assert scheduler.idle_order(stage.beat, glide, missing) is None, "one render at a time"
        scheduler.kept(idle)
        found.append(weight_of(missing.pop(0)))
        assert weight_of(idle.request) == found[-1]
    assert found == [0.25, 0.0]
    then = scheduler.idle_order(stage.beat, glide, missing)
    assert then is not None
    assert weight_of(then.request) == 1.0, "then the neighbours that were not rendered yet"
    scheduler.sounding = None
    assert scheduler.idle_order(stage.beat, glide, [request(0.25)]) is None
