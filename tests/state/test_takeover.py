"""Takeover: no value jumps because a knob was touched, and no fast sweep misses its catch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.controls import ENCODINGS, MidiMapping, is_device, parse_control
from livediffusion.state.curves import CURVES, curve_of
from livediffusion.state.takeover import TICKS, Knob, jump, pickup, relative, scale

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
    ("clicks", "target", "taken"),
    [(1, 0.5, 0.5 + STEP), (-1, 0.5, 0.5 - STEP), (3, 0.5, 0.5 + 3 * STEP), (-64, 0.1, 0.0),
     (63, 0.9, 1.0), (0, 0.5, None)],
)  # fmt: skip
def test_an_endless_encoder_counts(clicks, target, taken):
    found = relative(Knob(), clicks * STEP, target, STEP)
    assert found == (taken if taken is None else pytest.approx(taken))


@given(st.lists(st.integers(-20, 20), max_size=60), UNIT)
def test_clicks_there_and_back_come_back_unless_an_end_was_met(clicks, start):
    knob, value, met = Knob(), start, False
    for click in [*clicks, *(-click for click in clicks)]:
        taken = relative(knob, click * STEP, value, STEP)
        value = value if taken is None else taken
        met = met or value in (0.0, 1.0)
    assert met or value == pytest.approx(start)


@given(st.sampled_from([relative, scale]), st.integers(2, 12))
def test_small_moves_of_a_rounded_value_add_up(mode, values):
    """A value that is rounded after each move still gets all the way up."""
    knob, value = Knob(last=0.0), 0.0
    for position in range(1, 128):
        given_to = STEP if mode is relative else position * STEP
        value = round(mode(knob, given_to, value, STEP) * (values - 1)) / (values - 1)
    assert value == 1.0


ENCODED = {  # the values that MIDI's implementers name, and what they mean
    "twos-complement": {1: 1, 2: 2, 63: 63, 127: -1, 126: -2, 64: -64, 0: 0},
    "binary-offset": {65: 1, 66: 2, 127: 63, 63: -1, 62: -2, 0: -64, 64: 0},
    "sign-magnitude": {1: 1, 2: 2, 63: 63, 65: -1, 66: -2, 127: -63, 0: 0, 64: 0},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_are_read(encoding):
    ticks = TICKS[encoding]
    assert {sent: ticks(sent) for sent in ENCODED[encoding]} == ENCODED[encoding]


@given(st.sampled_from(ENCODINGS), st.integers(-63, 63))
def test_encodings_are_symmetric_and_reach_every_click(encoding, clicks):
    ways = [sent for sent in range(128) if TICKS[encoding](sent) == clicks]
    back = [sent for sent in range(128) if TICKS[encoding](sent) == -clicks]
    assert len(ways) == len(back) == (2 if encoding == "sign-magnitude" and clicks == 0 else 1)


def test_jump_jumps():
    assert jump(Knob(), 0.7, 0.1, STEP) == 0.7


SMOOTH = [curve for curve in CURVES if curve != "stepped"]
STEPS = st.integers(2, 128)


@given(st.sampled_from(SMOOTH), UNIT)
def test_curves_are_inverted(name, position):
    curve = curve_of(name)
    assert curve.unbend(curve.bend(position)) == pytest.approx(position, abs=1e-6)
    assert curve.bend(curve.unbend(position)) == pytest.approx(position, abs=1e-9)


@given(st.sampled_from(CURVES), UNIT, UNIT, STEPS)
def test_curves_are_monotone_within_their_ends(name, one, other, steps):
    curve, (low, high) = curve_of(name, steps), sorted((one, other))
    below, above = curve.bend(low), curve.bend(high)
    assert (below >= above) if name == "inverted" else (below <= above)
    assert 0.0 <= below <= 1.0 and 0.0 <= above <= 1.0


@pytest.mark.parametrize("name", CURVES)
def test_curves_reach_both_ends(name):
    ends = (curve_of(name, 5).bend(0.0), curve_of(name, 5).bend(1.0))
    assert ends == ((1.0, 0.0) if name == "inverted" else (0.0, 1.0))


@given(STEPS)
def test_a_stepped_curve_has_its_steps_and_no_others(steps):
    curve = curve_of("stepped", steps)
    levels = {curve.bend(value / 16383) for value in range(16384)}
    assert levels == {step / (steps - 1) for step in range(steps)}
    assert all(curve.bend(curve.unbend(level)) == level for level in levels)


@given(UNIT, st.sampled_from(SMOOTH), st.floats(-60, 60), st.floats(-60, 60))
def test_mappings_are_inverted(position, curve, low, high):
    if abs(high - low) < 1e-3:
        return
    mapping = MidiMapping(parse_control("cc 1"), "/ld/gain", low, high, curve=curve)
    assert mapping.position_of(mapping.value_at(position)) == pytest.approx(position, abs=1e-5)
    ends = (high, low) if curve == "inverted" else (low, high)
    assert (mapping.value_at(0.0), mapping.value_at(1.0)) == ends


@pytest.mark.parametrize(
    ("pattern", "device", "is_meant"),
    [("*", "x", True), ("Launch*", "launch control:out", True), ("pads", "Pads:MIDI 1", True),
     ("MIDI 1", "Pads:MIDI 1", False), ("Pads:MIDI 1", "Pads:MIDI 1", True),
     ("Box [2]", "Box [2]", True), ("pad", "pads", False)],
)  # fmt: skip
def test_devices_are_named_or_matched(pattern, device, is_meant):
    assert is_device(pattern, device) == is_meant


@pytest.mark.parametrize("words", ["cc 21", "cc 21 ch 1", "cc14 3", "nrpn 1000 ch 16", "note 36",
                                   "bend", "touch ch 2", "rpn 0", "polytouch 60 ch 1",
                                   "program", "program 3", "program ch 2"])  # fmt: skip
def test_controls_are_read_and_written(words):
    assert str(parse_control(words)) == words


@pytest.mark.parametrize(
    ("words", "why"),
    [("cc", "number"), ("cc 128", "0 to 127"), ("cc14 32", "0 to 31"), ("bend 3", "without"),
     ("cc 1 ch 17", "1 to 16"), ("cc 1 ch 0", "1 to 16"), ("knob 3", "must begin with"),
     ("program 128", "0 to 127"), ("", "written as"), ("cc 9999999999", "written as"),
     ("nott 3", 'did you mean "note"')],
)  # fmt: skip
def test_wrong_controls_say_what_would_be_right(words, why):
    with pytest.raises(ValueError, match=why):
        parse_control(words)
