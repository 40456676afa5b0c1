"""Learning's ear: which control was meant, of what kind, on an offline clock."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.controls import MidiEvent
from livediffusion.state.recogniser import Recogniser, Unclear

DT = 0.02  # seconds between two messages of one control


class Hands:
    """Several controls that move at once, and what is made of it."""

    def __init__(self):
        self.recogniser = Recogniser()
        self.events = []

    def send(self, kind, number, values, start=0.0, dt=DT, channel=1, device="Launch Control"):
        times = (start + dt * step for step in range(len(values)))
        self.events += [
            MidiEvent(device, kind, channel, number, value, time)
            for time, value in zip(times, values, strict=True)
        ]
        return self

    def found(self, until=6.0):
        """(words, device, encoding) of the control that is found first, and when."""
        time, events = 0.0, sorted(self.events, key=lambda event: event.time)
        self.said = []
        while time < until:
            while events and events[0].time <= time:
                self.recogniser.feed(events.pop(0))
            found = self.recogniser.find(time)
            if isinstance(found, Unclear):
                self.said.append(found.sentence)
            elif found is not None:
                return str(found.control), found.device, found.encoding, round(time, 2)
            time += 0.05
        return None


def turn(first, last, count=30):
    return [round(first + (last - first) * step / (count - 1)) for step in range(count)]


def test_a_knob_is_found_within_half_a_second():
    name, device, encoding, time = Hands().send("cc", 21, turn(3, 90)).found()
    assert (name, device, encoding) == ("cc 21 ch 1", "Launch Control", None) and time <= 0.5


@given(
    st.integers(0, 127), st.integers(30, 90), st.integers(1, 126), st.integers(0, 2**32),
    st.booleans(),
)  # fmt: skip
def test_a_wobbling_neighbour_is_not_learned(start, distance, wobbles_at, seed, before):
    rng = random.Random(seed)
    end = start + distance if start < 64 else start - distance
    wobble = [wobbles_at + rng.choice((-1, 0, 1)) for _ in range(200)]
    hands = Hands().send("cc", 22, wobble, start=0.0, dt=0.011)
    hands.send("cc", 21, turn(start, max(0, min(127, end))), start=1.0 if before else 0.0)
    assert hands.found()[0] == "cc 21 ch 1"


def test_a_wobble_alone_is_nothing():
    assert Hands().send("cc", 22, [63, 64, 63, 65, 64, 63] * 40).found() is None


def test_two_knobs_at_once_are_told_apart_by_the_one_that_goes_on():
    hands = Hands().send("cc", 21, turn(0, 100)).send("cc", 22, turn(10, 105))
    hands.send("cc", 22, turn(0, 127), start=3.0)
    assert hands.found()[0] == "cc 22 ch 1"
    assert "cc 21 ch 1 of Launch Control" in hands.said[0] and "move only one" in hands.said[0]


def pairs(hands, coarse, values, number=3, channel=1):
    """A 14-bit pair, coarse byte first."""
    for step, value in enumerate(values):
        for controller, byte in ((number, value >> 7), (number + 32, value & 127)):
            hands.send("cc", controller, [byte], start=step * DT, channel=channel)
    return hands


def test_a_14_bit_pair_is_one_control():
    assert pairs(Hands(), 3, range(2000, 8000, 97)).found()[:3] == (
        "cc14 3 ch 1", "Launch Control", None
    )  # fmt: skip


def test_two_knobs_32_apart_are_no_pair():
    hands = Hands().send("cc", 3, turn(0, 127)).send("cc", 35, turn(0, 20), start=0.005)
    assert hands.found()[0] in ("cc 3 ch 1", "cc14 3 ch 1")
    assert Hands().send("cc", 3, turn(0, 127)).found()[0] == "cc 3 ch 1"


@pytest.mark.parametrize(
    ("kind", "coarse", "fine"), [("nrpn", 99, 98), ("rpn", 101, 100)]
)  # fmt: skip
@pytest.mark.parametrize("has_fine", [True, False])
def test_nrpn_and_rpn_are_one_control(kind, coarse, fine, has_fine):
    hands = Hands()
    for step, value in enumerate(turn(0, 16383)):
        sent = [(coarse, 2), (fine, 44), (6, value >> 7), (38, value & 127)]
        for controller, byte in sent if has_fine else sent[:3]:
            hands.send("cc", controller, [byte], start=step * DT)
    assert hands.found()[0] == f"{kind} 300 ch 1"


@pytest.mark.parametrize(
    ("up", "down", "encoding"),
    [(1, 127, "twos-complement"), (65, 63, "binary-offset"), (1, 65, "sign-magnitude")],
)
def test_an_endless_encoder_is_known_once_it_has_turned_both_ways(up, down, encoding):
    hands = Hands().send("cc", 16, [up] * 20).send("cc", 16, [down] * 20, start=1.0)
    assert hands.found()[:3] == ("cc 16 ch 1", "Launch Control", encoding)
    assert all("turn it the other way, too" in sentence for sentence in hands.said)


@pytest.mark.parametrize(("up", "encoding"), [(1, "twos-complement"), (65, "binary-offset")])
def test_one_way_only_means_the_most_usual_encoding(up, encoding):
    hands = Hands().send("cc", 16, [up, up, up + 1, up] * 60)
    _, _, found, time = hands.found()
    assert found == encoding and time >= 3.0


@pytest.mark.parametrize(("down", "encoding"), [(127, "twos-complement"), (63, "binary-offset")])
def test_what_only_one_encoding_sends_is_known_at_once(down, encoding):
    _, _, found, time = Hands().send("cc", 16, [down] * 20).found()
    assert (found, time <= 0.5) == (encoding, True)


def test_a_slow_knob_is_no_encoder():
    hands = Hands().send("cc", 21, [value // 2 for value in range(240)])
    assert hands.found()[2] is None


def test_a_key_rather_than_its_pressure():
    hands = Hands().send("note", 36, [100]).send("touch", 0, turn(0, 127, 20), start=0.01)
    hands.send("polytouch", 36, turn(0, 127, 20), start=0.015)
    assert hands.found()[0] == "note 36 ch 1"
    assert Hands().send("touch", 0, turn(0, 127, 20)).found()[0] == "touch ch 1"


def test_a_fader_rather_than_the_note_that_says_it_is_touched():
    hands = Hands().send("note", 104, [127]).send("bend", 0, turn(0, 9000), start=0.05)
    assert hands.found()[0] == "bend ch 1"


def test_two_keys_at_once_are_unclear():
    hands = Hands().send("note", 36, [100]).send("note", 38, [90])
    assert hands.found() is None and "moved as much" in hands.said[0]


def test_a_program_rather_than_its_bank_select():
    hands = Hands().send("cc", 0, [0, 127]).send("cc", 32, [5, 80], start=0.001)
    assert hands.send("program", 7, [0], start=0.03).found()[0] == "program 7 ch 1"


@pytest.mark.parametrize(
    ("values", "dt"), [([127, 0], 0.2), ([127, 0], 2.5), ([127, 127], 0.4)]
)  # fmt: skip
def test_buttons_that_send_a_controller(values, dt):
    assert Hands().send("cc", 50, values, dt=dt).found()[:3] == (
        "cc 50 ch 1", "Launch Control", None
    )  # fmt: skip


def test_channel_mode_messages_are_no_controls():
    assert Hands().send("cc", 123, turn(0, 127)).found() is None


def test_two_ports_of_one_device_are_one():
    hands = Hands().send("cc", 21, turn(0, 90), device="X:1")
    hands.send("cc", 21, turn(0, 90), start=0.001, device="X:2")
    assert hands.found()[0] == "cc 21 ch 1"


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 127)), max_size=80))
def test_nothing_brings_it_down(changes):
    hands = Hands()
    for step, (number, value) in enumerate(changes):
        hands.send("cc", number, [value], start=step * 0.01)
    hands.found(until=2.0)
