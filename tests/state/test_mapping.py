"""From MIDI events to control messages."""

import pytest

from livediffusion.state.controls import MidiEvent, MidiMapping, parse_control
from livediffusion.state.mapping import Mapper

TARGET = "/ld/seed/morph"


class Stage:
    """A mapper and the values it moves, as the control loop would hold them."""

    def __init__(self, control="cc 21", **more):
        options = {"low": 0.0, "high": 1.0} | more
        self.mapper = Mapper([MidiMapping(parse_control(control), TARGET, **options)])
        self.value, self.source = 0.5, "patch"

    def turn(self, value, number=21, kind="cc", channel=1, device="Launch Control"):
        event = MidiEvent(device, kind, channel, number, value, 1.0)
        messages = self.mapper.feed(event, lambda _: self.value, lambda _: self.source)
        for message in messages:
            (self.value,), self.source = message.values, message.source
        return [message.values[0] for message in messages]


def test_pickup_waits_then_follows():
    stage = Stage()
    assert [stage.turn(value) for value in (10, 30, 60)] == [[], [], []]
    assert stage.turn(70) == [70 / 127]
    assert stage.turn(10) == [10 / 127]


def test_another_source_rearms_the_knob():
    stage = Stage()
    stage.turn(10), stage.turn(100)
    stage.value, stage.source = 0.1, "osc 127.0.0.1:9000"
    assert stage.turn(101) == []
    assert stage.turn(5) == [5 / 127]


def test_jump_needs_no_catching():
    assert Stage(takeover="jump").turn(127) == [1.0]


def test_range_may_be_upside_down():
    stage = Stage(low=1.0, high=0.0, takeover="jump")
    assert stage.turn(127) == [0.0] and stage.turn(0) == [1.0]


def test_channel_and_device_are_heard():
    stage = Stage("cc 21 ch 2", device="launch*", takeover="jump")
    assert stage.turn(5, channel=1) == []
    assert stage.turn(5, channel=2, device="Other") == []
    assert stage.turn(5, number=22, channel=2) == []
    assert stage.turn(127, channel=2) == [1.0]


def test_a_note_is_a_gate_and_never_waits():
    stage = Stage("note 36")
    assert stage.turn(127, 36, "note") == [1.0] and stage.turn(0, 36, "note") == [0.0]


def test_bend_reaches_both_ends():
    stage = Stage("bend", takeover="jump")
    assert stage.turn(0, 0, "bend") == [0.0] and stage.turn(16383, 0, "bend") == [1.0]


def test_14_bit_waits_for_the_fine_byte_once_there_was_one():
    stage = Stage("cc14 3", takeover="jump")
    assert stage.turn(127, 3) == [1.0]
    assert stage.turn(1, 35) == [(127 << 7 | 1) / 16383]
    assert stage.turn(64, 3) == []
    assert stage.turn(2, 35) == [(64 << 7 | 2) / 16383]


def test_a_sender_that_stops_sending_fine_bytes_is_heard_again():
    stage = Stage("cc14 3", takeover="jump")
    stage.turn(5, 3), stage.turn(1, 35)
    assert stage.turn(64, 3) == []
    assert stage.turn(127, 3) == [1.0]


def test_nrpn_is_put_together():
    stage = Stage("nrpn 300", takeover="jump")
    for number, value in ((99, 2), (98, 44)):
        assert stage.turn(value, number) == []
    assert stage.turn(127, 6) == [1.0]
    stage.turn(45, 98)
    assert stage.turn(3, 6) == []


def test_rpn_and_nrpn_are_kept_apart_and_a_null_ends_both():
    stage = Stage("rpn 300", takeover="jump")
    select = ((99, 2), (98, 44), (101, 2), (100, 44))
    assert [stage.turn(value, number) for number, value in select] == [[]] * 4
    assert stage.turn(127, 6) == [1.0]
    stage.turn(2, 99), stage.turn(44, 98)
    assert stage.turn(0, 6) == []
    stage.turn(127, 101), stage.turn(127, 100)
    assert stage.turn(0, 6) == []


@pytest.mark.parametrize(("kind", "number"), [("polytouch", 60), ("touch", 0), ("bend", 0)])
def test_pressure_and_wheel_move_values(kind, number):
    stage = Stage("polytouch 60" if number else kind, takeover="jump")
    top = 16383 if kind == "bend" else 127
    assert stage.turn(top, number, kind) == [1.0]
    assert stage.turn(0, number + 1, kind) == ([] if number else [0.0])


def test_one_control_moves_several_targets_each_its_own_way():
    up = MidiMapping(parse_control("cc 8"), "/ld/prompt/2/weight", takeover="jump")
    down = MidiMapping(parse_control("cc 8"), "/ld/prompt/1/weight", 1.0, 0.0, takeover="jump")
    event = MidiEvent("x", "cc", 1, 8, 127, 1.0)
    found = Mapper([up, down]).feed(event, lambda _: 0.5, lambda _: None)
    assert [(m.address, m.values) for m in found] == [(up.target, (1.0,)), (down.target, (0.0,))]


@pytest.mark.parametrize(
    ("encoding", "up", "down"),
    [("twos-complement", 1, 127), ("binary-offset", 65, 63), ("sign-magnitude", 1, 65)],
)
def test_endless_encoders_of_three_kinds(encoding, up, down):
    stage = Stage(takeover="relative", encoding=encoding, high=127.0, low=0.0, whole=True)
    stage.value = 5
    assert [stage.turn(up), stage.turn(up), stage.turn(down)] == [[6], [7], [6]]


@pytest.mark.parametrize("high", [3.0, 100.0, 128.0, 1017.0])
def test_a_click_goes_to_the_next_whole_number_at_least(high):
    stage = Stage(takeover="relative", low=1.0, high=high, whole=True)
    stage.value = 1
    (first,) = stage.turn(1)
    assert first == 1 + max(1, round((high - 1) / 127))
    assert stage.turn(127) == [1]


def test_a_click_goes_to_the_next_step_of_a_stepped_curve():
    stage = Stage(takeover="relative", curve="stepped", steps=5)
    stage.value = 0.0
    assert [stage.turn(1) for _ in range(5)] == [[0.25], [0.5], [0.75], [1.0], [1.0]]


def test_an_encoder_walks_through_values_and_stops_at_their_ends():
    stage = Stage(takeover="relative", values=("off", "beat", "bar"))
    assert [stage.turn(value) for value in (1, 2, 1, 1, 127, 0)] == [
        ["off"], ["beat"], ["bar"], [], ["beat"], []
    ]  # fmt: skip


def test_clicks_of_a_rounded_value_add_up_until_another_hand_moves_it():
    stage = Stage(takeover="relative", low=0.0, high=190.0, whole=True)
    stage.value = 0
    for _ in range(127):
        stage.turn(1)
    assert stage.value == 190
    stage.value, stage.source = 5, "osc 127.0.0.1:9000"
    assert stage.turn(127) == [4]


def test_a_knob_that_says_the_same_value_agrees_with_it():
    stage = Stage(low=0.0, high=1.0, whole=True)  # a switch on a fader
    stage.value = 1
    assert stage.turn(100) == [] and stage.turn(90) == [1] and stage.turn(10) == [0]


def test_a_key_without_velocity_is_down_or_up():
    stage = Stage("note 36", velocity=False)
    assert [stage.turn(1, 36, "note"), stage.turn(0, 36, "note")] == [[1.0], [0.0]]


def test_keys_step_through_values():
    stage = Stage("note 36", values=("off", "beat", "bar"))
    pressed = [stage.turn(value, 36, "note") for value in (100, 0, 100, 0, 100, 0, 100)]
    assert pressed == [["off"], [], ["beat"], [], ["bar"], [], ["off"]]


def test_a_knob_chooses_among_values_and_says_so_only_once():
    stage = Stage(values=("off", "beat", "bar"))
    assert [stage.turn(value) for value in (0, 20, 50, 60, 127, 120)] == [
        ["off"], [], ["beat"], [], ["bar"], []
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "fired"), [((127, 0, 127), 2), ((127, 127), 2), ((10, 63, 64, 65, 80, 20, 90), 2)]
)
def test_buttons_fire_when_they_go_down(sent, fired):
    stage = Stage(values=(1,))
    assert sum(len(stage.turn(value)) for value in sent) == fired


def test_programs_choose_by_number():
    stage = Stage("program", low=1.0, high=16.0, whole=True)
    assert [stage.turn(0, number, "program") for number in (0, 15, 16)] == [[1], [16], []]
    stage = Stage("program", values=("intro", "drop"))
    assert [stage.turn(0, number, "program") for number in (1, 0, 2)] == [["drop"], ["intro"], []]
    stage = Stage("program 5", values=("drop",))
    assert [stage.turn(0, number, "program") for number in (4, 5, 5)] == [[], ["drop"], ["drop"]]


class Banks:
    """Two banks of one knob, a button for each, and the values they move."""

    def __init__(self):
        knob, bank = parse_control("cc 21"), "/ld/bank"
        self.values = {bank: 1, "/ld/gain": 0.9, "/ld/drift": 0.1}
        self.sources = {}
        self.mapper = Mapper([
            MidiMapping(knob, "/ld/gain", bank=1), MidiMapping(knob, "/ld/drift", bank=2),
            *(MidiMapping(parse_control(f"note {n}"), bank, values=(n,)) for n in (1, 2)),
        ])  # fmt: skip

    def send(self, kind, number, value):
        event = MidiEvent("x", kind, 1, number, value, 1.0)
        for message in self.mapper.feed(event, self.values.get, self.sources.get):
            (self.values[message.address],) = message.values
            self.sources[message.address] = message.source

    def turn(self, *values):
        for value in values:
            self.send("cc", 21, value)


def test_a_bank_button_changes_which_mappings_are_live_and_pickup_rearms():
    stage = Banks()
    stage.turn(100, 127)
    assert stage.values == {"/ld/bank": 1, "/ld/gain": 1.0, "/ld/drift": 0.1}
    stage.send("note", 2, 127), stage.send("note", 2, 0)
    stage.turn(120, 60)
    assert stage.values == {"/ld/bank": 2, "/ld/gain": 1.0, "/ld/drift": 0.1}
    stage.turn(5)
    assert stage.values["/ld/drift"] == 5 / 127
    stage.send("note", 1, 127)
    stage.turn(6)
    assert stage.values["/ld/gain"] == 1.0, "the knob is at the bottom: it must be picked up"
    stage.turn(127, 100)
    assert stage.values["/ld/gain"] == 100 / 127 and stage.values["/ld/drift"] == 5 / 127


def test_where_knobs_are_is_kept_when_mappings_change():
    stage = Stage()
    stage.turn(10)
    other = MidiMapping(parse_control("cc 22"), "/ld/gain")
    stage.mapper.take([MidiMapping(parse_control("cc 21"), TARGET), other])
    assert stage.turn(100) == [100 / 127]


def test_an_unplugged_device_starts_afresh():
    stage = Stage()
    stage.turn(10)
    stage.turn(0, 0, "gone")
    assert stage.turn(100) == []
