"""Undo: what a gesture is, in which order they are taken back, and that nothing is left over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.state.effects import Effect, PlayerSet, ReturnTo
from livediffusion.state.history import DEPTH, History, go_back
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret

PATCH = (
    'quantise = "bar"\n[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n'
    '[[scene]]\nname = "drop"\nblend = [0, 1]\nseed.a = 9\ngain = -6\n'
)
OSC = "osc 127.0.0.1:9000"


class Stage:
    """A performance and a hand with a watch; one beat is half a second."""

    def __init__(self, text: str = PATCH, path: Path | None = None) -> None:
        self.performance = Performance(parse_patch(text, path), "pocket")
        self.time = 100.0

    def send(self, address: str, *values: object, after: float = 2.0, bundle: int = 0) -> None:
        """Send so many seconds after the last."""
        self.time += after
        self.performance.advance(self.time * 2.0)
        for change in interpret(address, values, len(self.performance.trajectory.texts)):
            self.performance.apply(change, self.time * 2.0, OSC, self.time, bundle)

    def undo(self) -> list[Effect]:
        """What others must do."""
        (change,) = interpret("/ld/undo", (), 2)
        return self.performance.apply(change, self.time * 2.0, OSC, self.time)

    def values(self, *addresses: str) -> list[tuple[object, ...]]:
        return [self.performance.at_address(address) for address in addresses]


def test_a_sweep_without_a_pause_is_one_gesture() -> None:
    stage = Stage()
    for step in range(20):
        stage.send("/ld/seed/morph", step / 20, after=0.4)
    stage.send("/ld/seed/morph", 1.0, after=0.5)
    stage.undo()
    assert stage.values("/ld/seed/morph") == [(0.95,)]
    stage.undo()
    assert stage.values("/ld/seed/morph") == [(0.0,)]
    with pytest.raises(Refused, match="nothing to undo"):
        stage.undo()


def test_two_knobs_at_once_are_two_gestures_and_the_later_goes_first() -> None:
    stage = Stage()
    for step in range(10):
        stage.send("/ld/gain", -float(step), after=0.1)
        stage.send("/ld/filter", step / 10, after=0.1)
    assert stage.undo() == [PlayerSet("filter", 0.0)]
    assert stage.values("/ld/gain", "/ld/filter") == [(-9.0,), (0.0,)]
    assert stage.undo() == [PlayerSet("gain", 0.0)]


def test_blend_pad_and_weights_are_one_parameter() -> None:
    stage = Stage()
    stage.send("/ld/prompt/2/weight", 0.5)
    stage.send("/ld/xy", 0.9, 0.2, after=0.1)
    stage.send("/ld/blend", 0.1, 0.2, after=0.1)
    stage.undo()
    assert stage.values("/ld/blend", "/ld/xy") == [(1.0, 0.0), (0.5, 0.5)]


def test_what_came_in_one_bundle_goes_back_together() -> None:
    stage = Stage()
    for number in (1, 2, 3):
        stage.send("/ld/gain", -float(number), after=0.1, bundle=number)
        stage.send("/ld/seed/a", number, after=0.0, bundle=number)
    stage.send("/ld/seed/b", 5, after=0.0)
    stage.undo()
    assert stage.values("/ld/gain", "/ld/seed/a", "/ld/seed/b") == [(-3.0,), (3,), (1,)]
    stage.undo()
    assert stage.values("/ld/gain", "/ld/seed/a") == [(0.0,), (0,)]


def test_a_scene_goes_back_as_a_whole_and_one_that_waits_is_called_off() -> None:
    stage = Stage()
    stage.send("/ld/blend", 0.25, 0.75)
    stage.send("/ld/scene", "drop", 0.0)
    stage.undo()
    assert stage.performance.waiting is None
    assert stage.values("/ld/scene", "/ld/blend") == [("",), (0.25, 0.75)]
    stage.send("/ld/scene", "drop", 0.0)
    stage.send("/ld/fade", 30.0, after=4.0)
    addresses = ("/ld/scene", "/ld/blend", "/ld/seed/a", "/ld/gain", "/ld/fade")
    assert stage.values(*addresses) == [("drop",), (0.0, 1.0), (9,), (-6.0,), (30.0,)]
    stage.undo()
    assert stage.undo() == [PlayerSet("gain", 0.0)]
    assert stage.values(*addresses) == [("",), (0.25, 0.75), (0,), (0.0,), (60.0,)]
    stage.undo()
    assert stage.values("/ld/blend") == [(1.0, 0.0)]


def test_going_back_takes_the_glide_and_seeds_cross_over() -> None:
    stage = Stage()
    stage.send("/ld/scene", "drop", 0.0)
    stage.send("/ld/glide", 4.0, after=4.0)
    stage.send("/ld/seed/a", 7)
    beat = stage.time * 2.0
    stage.undo()
    seeds = [stage.performance.trajectory.request_at(beat + after).seeds for after in (0, 1, 4)]
    assert seeds == [((7, 1.0),), ((7, 0.75), (9, 0.25)), ((9, 1.0),)]


def test_what_was_never_set_is_left_to_the_model_again() -> None:
    stage = Stage()
    for address, value in (("/ld/guidance", 9.0), ("/ld/steps", 20), ("/ld/prompt/3/text", "jazz")):
        stage.send(address, value)
    assert len(stage.performance.trajectory.texts) == 3
    for _ in range(3):
        stage.undo()
    trajectory = stage.performance.trajectory
    assert (trajectory.guidance, trajectory.steps, len(trajectory.texts)) == (None, None, 2)
    assert stage.values("/ld/guidance", "/ld/steps", "/ld/prompt/3/text") == [(), (), ()]


def test_a_gesture_that_ended_where_it_began_is_passed_over() -> None:
    stage = Stage()
    stage.send("/ld/drift", 0.5)
    stage.send("/ld/gain", -9.0)
    stage.send("/ld/gain", 0.0, after=0.1)
    stage.undo()
    assert stage.values("/ld/drift") == [(0.0,)]


def test_a_blend_of_zeros_comes_back_as_what_was_heard() -> None:
    stage = Stage()
    stage.send("/ld/blend", 0.25, 0.75)
    stage.send("/ld/blend", 0.0, 0.0)
    stage.send("/ld/blend", 1.0, 0.0)
    stage.undo()
    assert stage.performance.trajectory.blend_at(1e9) == (0.25, 0.75)


def test_the_journey_goes_on_where_the_hand_is_taken_back() -> None:
    steps = "[[step]]\nbeats = 8\nblend = [1, 0]\n[[step]]\nbeats = 8\nblend = [0, 1]\n"
    stage = Stage(PATCH + steps)
    stage.send("/ld/blend", 0.5, 0.5)
    stage.undo()
    assert "/ld/blend" in stage.performance.advance(stage.time * 2.0 + 16.0)


def test_it_is_32_deep() -> None:
    stage = Stage()
    for number in range(40):
        stage.send("/ld/seed/a", number + 1)
    for _ in range(DEPTH):
        stage.undo()
    assert stage.values("/ld/seed/a") == [(8,)]
    with pytest.raises(Refused):
        stage.undo()


def test_another_patch_is_gone_back_from_by_those_who_load_it(tmp_path: Path) -> None:
    path = tmp_path / "set.toml"
    stage = Stage(PATCH, path)
    stage.send("/ld/blend", 0.5, 0.25)
    stage.send("/ld/prompt/3/text", "jazz")
    other = parse_patch('tempo = 99\n[[prompt]]\ntext = "x"\n', tmp_path / "other.toml")
    stage.performance.load(other, "pocket", stage.time * 2.0)
    (effect,) = stage.undo()
    assert isinstance(effect, ReturnTo)
    assert effect.before.patch == str(path)
    stage.performance.load(parse_patch(PATCH, path), "pocket", stage.time * 2.0, undoable=False)
    go_back(stage.performance, effect.before, stage.time * 2.0, 0.0)
    found = stage.values("/ld/blend", "/ld/prompt/3/text", "/ld/tempo")
    assert found == [(0.5, 0.25, 0.0), ("jazz",), (120.0,)]
    stage.undo()
    stage.undo()
    assert stage.values("/ld/blend", "/ld/prompt/3/text") == [(1.0, 0.0), ()]


ANY_GESTURES = st.lists(
    st.one_of(
        st.tuples(st.just("/ld/blend"), st.tuples(st.floats(0, 1), st.floats(0.01, 1))),
        st.tuples(st.just("/ld/prompt/2/weight"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/prompt/1/text"), st.tuples(st.text("ab ", max_size=4))),
        st.tuples(st.just("/ld/prompt/3/text"), st.tuples(st.just("new"))),
        st.tuples(st.just("/ld/seed/a"), st.tuples(st.integers(0, 9))),
        st.tuples(st.just("/ld/seed/morph"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/guidance"), st.tuples(st.floats(0, 20))),
        st.tuples(st.just("/ld/gain"), st.tuples(st.floats(-60, 6))),
        st.tuples(st.just("/ld/quantise"), st.tuples(st.sampled_from(["off", "loop"]))),
        st.tuples(st.just("/ld/scene"), st.tuples(st.just("drop"))),
    ),
    max_size=12,
)


@settings(max_examples=50)
@given(ANY_GESTURES, st.booleans())
def test_undoing_all_leads_back_to_the_beginning(
    gestures: list[tuple[str, tuple[object, ...]]], survives: bool
) -> None:
    stage = Stage()
    first = stage.performance.everything(0.0)
    for address, values in gestures:
        stage.send(address, *values, after=8.0)
    stage.performance.advance(stage.time * 2.0 + 8.0)
    if survives:  # the death of the control process
        kept = json.loads(json.dumps(stage.performance.history.to_json()))
        stage.performance.history = History.from_json(kept)
    for _ in range(len(gestures) + 1):
        try:
            stage.undo()
        except Refused:
            break
    assert stage.performance.everything(0.0) == first
    assert not stage.performance.touched
