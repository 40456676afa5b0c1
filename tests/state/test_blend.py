"""Weights: normalised, kept when all are zero, and exact on the pad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.blend import circle, initial, normalised, positions, xy_weights

UNIT = st.floats(0.0, 1.0)
PLACES = st.lists(st.tuples(UNIT, UNIT), min_size=1, max_size=8)


@given(st.lists(UNIT, min_size=1, max_size=8))
def test_normalised_weights_sum_to_one(weights):
    assert sum(normalised(weights)) == pytest.approx(1.0)


def test_all_zero_keeps_the_last_blend():
    assert normalised([0.0, 0.0], last=(0.25, 0.75)) == (0.25, 0.75)
    assert normalised([0.0, 0.0]) == (1.0, 0.0)


def test_a_lone_prompt_always_weighs_one():
    assert normalised([0.0]) == (1.0,)


def test_prompt_one_starts_at_one_unless_the_patch_says():
    assert initial([None, None, 0.5]) == (1.0, 0.0, 0.5)
    assert initial([0.25, None]) == (0.25, 0.0)


@given(UNIT, UNIT, PLACES)
def test_pad_weights_are_a_blend(x, y, places):
    weights = xy_weights(x, y, places)
    assert sum(weights) == pytest.approx(1.0)
    assert all(0.0 <= weight <= 1.0 for weight in weights)


@given(st.integers(2, 12), st.data())
def test_on_its_own_position_a_prompt_is_alone(count, data):
    index = data.draw(st.integers(0, count - 1))
    places = circle(count)
    assert xy_weights(*places[index], places)[index] == 1.0


def test_weights_fall_with_the_square_of_the_distance():
    assert xy_weights(0.25, 0.0, [(0.0, 0.0), (1.0, 0.0)]) == pytest.approx((0.9, 0.1))


def test_prompts_at_one_spot_share():
    assert xy_weights(0.5, 0.5, [(0.5, 0.5), (0.5, 0.5), (0.0, 0.0)]) == (0.5, 0.5, 0.0)


def test_two_prompts_lie_left_and_right():
    assert circle(2) == ((0.0, 0.5), (1.0, 0.5))
    assert positions([None, (0.2, 0.3)]) == ((0.0, 0.5), (0.2, 0.3))
