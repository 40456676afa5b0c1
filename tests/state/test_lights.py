"""What rings and lights show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.controls import MidiMapping, parse_control
from livediffusion.state.lights import SHOWING, light_of, unlit


def mapping(control="cc 1", **more):
    return MidiMapping(parse_control(control), "/ld/gain", **more)


@pytest.mark.parametrize(
    ("control", "more", "value", "shown"),
    [
        ("cc 1", {"low": -60.0, "high": 6.0}, 6.0, 127),
        ("cc 1", {"low": -60.0, "high": 6.0}, -60.0, 0),
        ("cc 1", {"low": 1.0, "high": 0.0}, 1.0, 0),
        ("cc14 1", {}, 1.0, 16383),
        ("bend", {"low": -1.0, "high": 1.0}, 0.0, 8192),
        ("note 36", {"lights": (5, 60)}, False, 5),
        ("note 36", {"lights": (5, 60)}, True, 60),
        ("note 36", {"values": (2,)}, 2, 127),
        ("note 36", {"values": (2,)}, 1, 0),
        ("note 36", {"values": ("drop",)}, "drop", 127),
        ("note 36", {"values": ("off", "beat", "bar")}, "beat", 64),
        ("cc 1", {"values": ("off", "beat", "bar")}, "somewhere else", 0),
        ("touch", {}, 0.5, None),
        ("program", {}, 0.5, None),
        ("cc 1", {}, None, None),
        ("cc 1", {}, "words", None),
    ],
)
def test_a_light_shows_the_value(control, more, value, shown):
    assert light_of(mapping(control, **more), value) == shown


@given(st.integers(0, 127), st.sampled_from(["linear", "exponential", "s", "inverted"]))
def test_a_ring_shows_where_the_knob_would_be(position, curve):
    knob = mapping(low=-60.0, high=6.0, curve=curve)
    assert light_of(knob, knob.value_at(position / 127)) == position


@pytest.mark.parametrize("kind", SHOWING)
def test_nothing_mapped_is_dark(kind):
    words = kind if kind == "bend" else f"{kind} 1"
    assert unlit(mapping(words)) == 0 and unlit(mapping(words, lights=(0, 3))) == 0
