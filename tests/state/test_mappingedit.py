"""What was learned stands in the patch, beside what was there, and can be taken out again."""

import tomllib

import pytest

from livediffusion.errors import UserError
from livediffusion.state.controls import parse_control
from livediffusion.state.mappingedit import (
    Wish,
    pattern_of,
    wish_for,
    with_mapping,
    without_mapping,
)
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.recogniser import Recognised

TEXT = """\
# my set
[[prompt]]
text = "a"

[[midi]]              # the fader
control = "cc 7"
target = "/ld/gain"
range = [-40, 0]      # not too loud
takeover = "scale"

# knobs for effects
[[midi]]
control = "cc 74"
target = "/ld/filter"
"""


def wish(target, control, device="Launch Control", **more):
    return Wish(target, parse_control(control), device, **more)


def midi(text):
    parse_patch(text)
    return tomllib.loads(text)["midi"]


def test_a_new_mapping_is_added_with_device_and_channel():
    text, said = with_mapping(TEXT, wish("/ld/drift", "cc 21 ch 1"))
    assert midi(text)[2] == {
        "control": "cc 21 ch 1", "device": "Launch Control", "target": "/ld/drift"
    }  # fmt: skip
    assert text.startswith(TEXT.rstrip())
    assert said == "cc 21 ch 1 of Launch Control now moves /ld/drift."


def test_another_control_takes_over_and_range_takeover_and_comments_stay():
    text, said = with_mapping(TEXT, wish("/ld/gain", "cc 21 ch 1"))
    assert midi(text)[0] == {
        "control": "cc 21 ch 1", "target": "/ld/gain", "range": [-40, 0], "takeover": "scale",
        "device": "Launch Control",
    }  # fmt: skip
    assert "# not too loud" in text and "# knobs for effects" in text and "# the fader" in text
    assert said == "cc 21 ch 1 of Launch Control now moves /ld/gain, and cc 7 no longer does."


def test_a_control_that_moves_something_else_is_said():
    text, said = with_mapping(TEXT, wish("/ld/drift", "cc 74 ch 2"))
    assert len(midi(text)) == 3 and said.endswith("; it moves /ld/filter, too.")


def test_learning_the_same_again_adds_nothing():
    once, _ = with_mapping(TEXT, wish("/ld/drift", "cc 21 ch 1"))
    twice, said = with_mapping(once, wish("/ld/drift", "cc 21 ch 1"))
    assert midi(twice) == midi(once) and "no longer" not in said


def test_an_encoder_is_relative_and_a_knob_after_it_is_not():
    text, _ = with_mapping(TEXT, wish("/ld/gain", "cc 16 ch 1", encoding="binary-offset"))
    assert midi(text)[0]["takeover"] == "relative"
    assert midi(text)[0]["encoding"] == "binary-offset"
    text, _ = with_mapping(text, wish("/ld/gain", "cc 17 ch 1"))
    assert not {"takeover", "encoding"} & midi(text)[0].keys()


def test_an_endless_target_goes_by_clicks():
    text, _ = with_mapping(TEXT, wish("/ld/seed/a", "cc 16 ch 1"))
    assert midi(text)[2]["range"] == [0, 127]


def test_a_bank_has_its_own_mappings():
    banked = TEXT.replace('target = "/ld/gain"', 'target = "/ld/gain"\nbank = 1')
    text, said = with_mapping(banked, wish("/ld/gain", "cc 7", bank=2))
    assert midi(text)[2]["bank"] == 2 and midi(text)[0]["control"] == "cc 7"
    assert said == "cc 7 of Launch Control now moves /ld/gain."


def test_two_controls_of_one_target_are_said():
    two = TEXT + '\n[[midi]]\ncontrol = "cc 8"\ntarget = "/ld/gain"\n'
    _, said = with_mapping(two, wish("/ld/gain", "cc 21 ch 1"))
    assert said.endswith(", and cc 7 no longer does; so does cc 8.")


def test_what_is_unlearned_is_gone_and_the_rest_stays():
    text, said = without_mapping(TEXT, "/ld/gain")
    assert [entry["target"] for entry in midi(text)] == ["/ld/filter"]
    assert "# knobs for effects" in text and said == "cc 7 no longer moves /ld/gain."
    learned, _ = with_mapping(TEXT, wish("/ld/drift", "cc 21 ch 1"))
    assert without_mapping(learned, "/ld/drift")[0] == TEXT


def test_what_no_control_moves_cannot_be_unlearned():
    with pytest.raises(Refused, match="No control moves /ld/drift"):
        without_mapping(TEXT, "/ld/drift")


def test_a_prompt_that_was_added_on_stage_is_in_no_file():
    with pytest.raises(Refused, match="Prompt 2 is not in the patch file yet: save a scene"):
        with_mapping(TEXT, wish("/ld/prompt/2/weight", "cc 7"))


def test_a_patch_with_mistakes_is_not_touched():
    with pytest.raises(UserError):
        with_mapping("tempo = 9999\n", wish("/ld/gain", "cc 7"))


@pytest.mark.parametrize(
    ("target", "control", "present", "words", "value"),
    [
        ("/ld/gain", "cc 1 ch 1", 0.0, "cc 1 ch 1", None),
        ("/ld/quantise", "cc 1 ch 1", "bar", "cc 1 ch 1", None),
        ("/ld/scene", "note 36 ch 1", "drop", "note 36 ch 1", "drop"),
        ("/ld/scene", "program 3 ch 2", "drop", "program ch 2", None),
        ("/ld/patch", "note 36 ch 1", "tide", "note 36 ch 1", "tide"),
        ("/ld/patch", "program 3 ch 1", "tide", "program 3 ch 1", "tide"),
        ("/ld/bank", "note 36 ch 1", 2, "note 36 ch 1", 2),
        ("/ld/bank", "program 1 ch 1", 2, "program ch 1", None),
        ("/ld/bank", "cc 1 ch 1", 2, "cc 1 ch 1", None),
        ("/ld/play", "note 36 ch 1", None, "note 36 ch 1", None),
    ],
)
def test_a_key_chooses_what_is_there_and_a_program_any(target, control, present, words, value):
    heard = Recognised("X:1", parse_control(control))
    made = wish_for(target, heard, present, 1, ["X:1"])
    assert (str(made.control), made.value, made.device) == (words, value, "X")
    text, _ = with_mapping('[[prompt]]\ntext = "a"\n', made)
    assert parse_patch(text).mappings[0].target == target


@pytest.mark.parametrize(
    ("target", "why"),
    [("/ld/scene", "set it first"), ("/ld/blend", "not one value"), ("/ld/gian", "/ld/gain"),
     ("/ld/out/beat", "read-out"), ("/ld/learn", "not one value")],
)  # fmt: skip
def test_what_cannot_be_mapped_is_said(target, why):
    with pytest.raises(Refused, match=why):
        wish_for(target, Recognised("X", parse_control("note 3")), "", 1, [])


@pytest.mark.parametrize(
    ("device", "others", "pattern"),
    [("Launch Control:MIDI 1", [], "Launch Control"), ("X:1", ["X:2"], "X:1"), ("X", [], "X"),
     ("X:1", ["Y:1"], "X"), ("a2j:Box [20] (capture): 1", [], "a2j:Box * (capture): 1")],
)  # fmt: skip
def test_devices_are_written_down_by_their_shortest_clear_name(device, others, pattern):
    assert pattern_of(device, [device, *others]) == pattern
