"""Rings, motors and lights: told what is news, not too often, never against the hand."""

import pytest

from livediffusion.control.midi_feedback import MidiFeedback
from livediffusion.control.midibytes import Splitter, event_of, messages_for
from livediffusion.state.controls import MidiMapping, parse_control
from livediffusion.state.decoder import ControlDecoder, Moved

LOOK = 1 / 30 + 1e-6  # seconds
RING = MidiMapping(parse_control("cc 21 ch 1"), "/ld/gain", -60.0, 0.0)
PAD = MidiMapping(parse_control("note 36"), "/ld/hold", whole=True)


class Studio:
    """Devices that keep what they were sent, values, and time that jumps."""

    def __init__(self, *mappings, devices=("X:in",)):
        self.devices, self.opened = frozenset(devices), 1
        self.values = {"/ld/bank": 1, "/ld/gain": 0.0, "/ld/hold": False, "/ld/drift": 0.0}
        self.heard, self.now = [], 0.0
        self.feedback = MidiFeedback(self, self.values.get)
        self.feedback.take(mappings)

    def send(self, device, message):
        self.heard.append((device, *message))

    def look(self, times=1):
        """Let time go by; the messages that come of it, without the device if there is one."""
        self.heard.clear()
        for _ in range(times):
            self.now += LOOK
            self.feedback.refresh(self.now)
        only = len(self.devices) == 1
        return [message[1:] if only else message for message in self.heard]

    def turn(self, mapping, value, channel=1, device="X:out"):
        control = parse_control(f"{mapping.control}".partition(" ch")[0] + f" ch {channel}")
        self.feedback.heard(device, Moved(control, value), self.now)


def test_everything_is_sent_when_a_device_appears_and_again_when_it_comes_back():
    studio = Studio(RING, PAD)
    assert studio.look() == [(176, 21, 127), (144, 36, 0)]
    assert studio.look(50) == []
    studio.opened += 1
    assert studio.look() == [(176, 21, 127), (144, 36, 0)]


def test_a_change_is_sent_once():
    studio = Studio(RING)
    studio.look()
    studio.values["/ld/gain"] = -60.0
    assert studio.look(5) == [(176, 21, 0)]


def test_a_value_is_sent_thirty_times_a_second_at_most_and_its_last_state_always():
    studio = Studio(RING)
    for step in range(1000):  # a second
        studio.values["/ld/gain"] = -60.0 * step / 1000
        studio.now += 0.001
        studio.feedback.refresh(studio.now)
    assert 28 <= len(studio.heard) <= 31
    studio.values["/ld/gain"] = -60.0
    assert studio.look() == [(176, 21, 0)]


def test_a_knob_hears_nothing_while_it_is_moved():
    studio = Studio(RING)
    studio.look()
    for value in range(100, 60, -1):
        studio.turn(RING, value)
        studio.values["/ld/gain"] = -60.0 + 60.0 * value / 127
        assert studio.look() == []
    assert studio.look(7) == []
    assert studio.look(3) == [(176, 21, 61)]


def test_another_device_with_the_same_control_hears_at_once():
    studio = Studio(RING, devices=("X:in", "Y:in"))
    studio.look()
    studio.turn(RING, 0)
    studio.values["/ld/gain"] = -60.0
    assert studio.look() == [("Y:in", 176, 21, 0)]


def test_keys_and_endless_encoders_hear_at_once():
    encoder = MidiMapping(parse_control("cc 16"), "/ld/drift", takeover="relative")
    studio = Studio(PAD, encoder)
    studio.look()
    studio.turn(PAD, 127), studio.turn(encoder, 1)
    studio.values |= {"/ld/hold": True, "/ld/drift": 1.0}
    assert studio.look() == [(144, 36, 127), (176, 16, 127)]
    studio.turn(PAD, 0)  # let go: many pads switch their own light off
    assert studio.look() == [(144, 36, 127)]


def test_a_control_without_a_channel_is_answered_where_it_was_heard():
    studio = Studio(PAD)
    assert studio.look() == [(144, 36, 0)]
    studio.turn(PAD, 127, channel=10)
    assert studio.look() == [(0x99, 36, 0)]


def test_a_bank_shows_its_own_values_and_what_it_does_not_map_goes_dark():
    second = MidiMapping(parse_control("cc 21 ch 1"), "/ld/drift", bank=2)
    first = MidiMapping(parse_control("cc 21 ch 1"), "/ld/gain", -60.0, 0.0, bank=1)
    lamp = MidiMapping(parse_control("note 36"), "/ld/hold", bank=1, lights=(3, 127), whole=True)
    motor = MidiMapping(parse_control("bend"), "/ld/gain", -60.0, 0.0, bank=1)
    studio = Studio(first, second, lamp, motor, PAD)
    studio.values |= {"/ld/hold": True, "/ld/drift": 1.0, "/ld/gain": 0.0}
    assert studio.look() == [(176, 21, 127), (144, 36, 127), (224, 127, 127)]
    studio.values["/ld/bank"] = 2
    assert studio.look() == [(176, 21, 127), (144, 36, 127)]
    studio.values["/ld/bank"] = 3
    assert studio.look() == [(144, 36, 127), (176, 21, 0)]
    studio.values["/ld/bank"] = 1
    assert studio.look() == [(176, 21, 127), (144, 36, 127), (224, 127, 127)]


def test_of_several_mappings_of_a_control_the_first_is_shown():
    other = MidiMapping(RING.control, "/ld/drift")
    assert Studio(RING, other).look() == [(176, 21, 127)]


def test_mappings_for_other_devices_are_not_shown():
    elsewhere = MidiMapping(parse_control("cc 1"), "/ld/gain", device="Other*")
    assert Studio(elsewhere).look(3) == []


def test_a_hundred_controls_share_the_cable_and_all_get_their_turn():
    knobs = [MidiMapping(parse_control(f"cc {n} ch {c}"), "/ld/drift")
             for n in range(50) for c in (1, 2)]  # fmt: skip
    studio = Studio(*knobs)
    sent = [len(studio.look()) for _ in range(8)]
    assert max(sent) <= 15 and sum(sent) == 100
    counts = {}
    for step in range(70):
        studio.values["/ld/drift"] = step % 2
        for status, number, _ in studio.look():
            counts[status, number] = counts.get((status, number), 0) + 1
    assert len(counts) == 100 and max(counts.values()) - min(counts.values()) <= 2


def test_lights_go_out_at_the_end_and_motors_stay():
    studio = Studio(RING, PAD)
    studio.values["/ld/hold"] = True
    studio.look()
    studio.heard.clear()
    studio.feedback.go_dark()
    assert studio.heard == [("X:in", 144, 36, 0)]


@pytest.mark.parametrize(
    ("words", "value"),
    [("cc 21 ch 3", 77), ("note 60 ch 16", 1), ("bend ch 2", 9001), ("cc14 3 ch 1", 9001),
     ("nrpn 300 ch 1", 9001), ("rpn 2 ch 4", 16383)],
)  # fmt: skip
def test_what_is_sent_reads_as_the_same_control_and_value(words, value):
    control, decoder, found = parse_control(words), ControlDecoder(), None
    data = [byte for message in messages_for(control, value) for byte in message]
    for message in Splitter().feed(data):
        for moved in decoder.feed(event_of(message, "x", 0.0)):
            found = moved if moved.control.kind == control.kind else found
    assert found == Moved(control, value)


def test_what_cannot_be_shown_is_not_sent():
    assert messages_for(parse_control("touch"), 1) == []
