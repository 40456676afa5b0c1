"""From MIDI events to control messages."""

from hypothesis import given
from hypothesis import strategies as st

from livediffusion.control.midibytes import Splitter, event_of
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


def test_an_unplugged_device_starts_afresh():
    stage = Stage()
    stage.turn(10)
    stage.turn(0, 0, "gone")
    assert stage.turn(100) == []


@given(st.lists(st.integers(0, 255), max_size=60))
def test_no_bytes_break_the_splitter(data):
    for message in Splitter().feed(data):
        assert message[0] & 0x80 and all(byte < 0x80 for byte in message[1:])
        event_of(message, "d", 0.0)


def test_glued_messages_running_status_and_real_time_are_split():
    splitter = Splitter()
    glued = [176, 74, 0, 176, 74, 1, 74, 0xF8, 2, 0xF0, 1, 2, 0xF7, 0x90, 60, 0]
    assert list(splitter.feed(glued)) == [
        (176, 74, 0), (176, 74, 1), (176, 74, 2), (0x90, 60, 0)
    ]  # fmt: skip
    assert list(splitter.feed([61])) == [] and list(splitter.feed([5])) == [(0x90, 61, 5)]


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 127), st.integers(0, 127))))
def test_however_bytes_are_cut_the_events_are_the_same(changes):
    data = [byte for ch, number, value in changes for byte in (0xB0 | ch, number, value)]
    splitter = Splitter()
    found = [m for byte in data for m in splitter.feed([byte])]
    assert found == [(0xB0 | ch, number, value) for ch, number, value in changes]
