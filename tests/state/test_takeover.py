"""Takeover: no value jumps because a knob was touched, and no fast sweep misses its catch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.controls import MidiMapping, parse_control
from livediffusion.state.takeover import Knob, jump, pickup, relative, scale

UNIT = st.floats(0.0, 1.0)
KNOB = st.integers(0, 127).map(lambda value: value / 127)
STEP = 1 / 127


@given(KNOB, UNIT)
def test_the_first_touch_only_records(position, target):
    assert pickup(Knob(), position, target, STEP) is None


@given(KNOB, KNOB, UNIT)
def test_crossing_catches_however_fast(before, after, target):
    knob = Knob(last=before)
    crossed = min(before, after) <= target <= max(before, after)
    near = abs(after - target) <= STEP + 1e-9
    assert (pickup(knob, after, target, STEP) is not None) == (crossed or near)


@given(st.lists(KNOB, min_size=2, max_size=40), UNIT)
def test_until_it_is_caught_nothing_moves_and_then_it_never_jumps(positions, target):
    knob, value = Knob(), target
    for position in positions:
        was_caught, before = knob.caught, knob.last
        taken = pickup(knob, position, value, STEP)
        if taken is None:
            continue
        if not was_caught and before is not None:
            assert abs(taken - value) <= max(abs(position - before), STEP) + 1e-9
        value = taken


def test_a_glide_does_not_matter_only_where_it_goes():
    knob = Knob(last=0.2, caught=True)
    assert pickup(knob, 0.25, target=0.9, step=STEP) == 0.25


@given(st.lists(KNOB, min_size=2, max_size=60), UNIT)
def test_scaled_values_stay_in_range_and_meet_at_the_ends(positions, target):
    knob, value = Knob(), target
    for position in [*positions, 1.0]:
        taken = scale(knob, position, value, STEP)
        value = value if taken is None else taken
        assert -1e-9 <= value <= 1 + 1e-9
    if positions[-1] < 1.0:
        assert value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sent", "target", "taken"),
    [(1, 0.5, 0.5 + STEP), (127, 0.5, 0.5 - STEP), (3, 0.5, 0.5 + 3 * STEP), (64, 0.1, 0.0),
     (63, 0.9, 1.0), (0, 0.5, None)],
)  # fmt: skip
def test_an_endless_encoder_counts(sent, target, taken):
    found = relative(Knob(), sent / 127, target, STEP)
    assert found == (taken if taken is None else pytest.approx(taken))


def test_jump_jumps():
    assert jump(Knob(), 0.7, 0.1, STEP) == 0.7


@given(UNIT, st.sampled_from(["linear", "exponential"]), st.floats(-60, 60), st.floats(-60, 60))
def test_curves_are_inverted(position, curve, low, high):
    if abs(high - low) < 1e-3:
        return
    mapping = MidiMapping(parse_control("cc 1"), "/ld/gain", low, high, curve=curve)
    assert mapping.position_of(mapping.value_at(position)) == pytest.approx(position, abs=1e-6)
    assert (mapping.value_at(0.0), mapping.value_at(1.0)) == (low, high)


@pytest.mark.parametrize("words", ["cc 21", "cc 21 ch 1", "cc14 3", "nrpn 1000 ch 16", "note 36",
                                   "bend", "touch ch 2"])  # fmt: skip
def test_controls_are_read_and_written(words):
    assert str(parse_control(words)) == words


@pytest.mark.parametrize(
    ("words", "why"),
    [("cc", "number"), ("cc 128", "0 to 127"), ("cc14 32", "0 to 31"), ("bend 3", "without"),
     ("cc 1 ch 17", "1 to 16"), ("cc 1 ch 0", "1 to 16"), ("knob 3", "must begin with"),
     ("program 3", "this version"), ("", "written as"), ("nott 3", 'did you mean "note"')],
)  # fmt: skip
def test_wrong_controls_say_what_would_be_right(words, why):
    with pytest.raises(ValueError, match=why):
        parse_control(words)
