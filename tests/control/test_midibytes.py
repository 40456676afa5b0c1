"""Bytes become messages, however a driver hands them over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.control.midibytes import Splitter, event_of

CHANGES = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 127), st.integers(0, 127)))
CLOCK = (0xF8, 0xFA, 0xFB, 0xFC)


def as_bytes(changes):
    return [byte for channel, number, value in changes for byte in (0xB0 | channel, number, value)]


@given(st.lists(st.integers(0, 255), max_size=60))
def test_no_bytes_break_the_splitter(data):
    for message in Splitter().feed(data):
        assert message[0] & 0x80 and all(byte < 0x80 for byte in message[1:])
        event_of(message, "d", 0.0)


def test_glued_messages_and_running_status_are_split():
    splitter = Splitter()
    glued = [176, 74, 0, 176, 74, 1, 74, 2, 0xF0, 1, 2, 0xF7, 0x90, 60, 0]
    assert list(splitter.feed(glued)) == [
        (176, 74, 0), (176, 74, 1), (176, 74, 2), (0x90, 60, 0)
    ]  # fmt: skip
    assert list(splitter.feed([61])) == [] and list(splitter.feed([5])) == [(0x90, 61, 5)]


def test_a_clock_inside_a_message_and_inside_sysex_comes_out_and_spoils_neither():
    splitter = Splitter()
    assert list(splitter.feed([176, 0xF8, 74, 0xFE, 0xFA, 5, 0xF0, 1, 0xFC, 2, 0xF7])) == [
        (0xF8,), (0xFA,), (176, 74, 5), (0xFC,)
    ]  # fmt: skip
    assert splitter.malformed == 0


@given(CHANGES, st.lists(st.tuples(st.integers(0, 200), st.sampled_from(CLOCK)), max_size=40))
def test_real_time_bytes_may_stand_anywhere(changes, ticks):
    data = as_bytes(changes)
    for place, byte in ticks:
        data.insert(min(place, len(data)), byte)
    found = list(Splitter().feed(data))
    assert [m for m in found if len(m) == 3] == [(0xB0 | ch, *rest) for ch, *rest in changes]
    assert [m[0] for m in found if len(m) == 1] == [byte for byte in data if byte >= 0xF8]


@given(CHANGES)
def test_running_status_says_the_same(changes):
    data, last = [], None
    for channel, number, value in changes:
        status = 0xB0 | channel
        data += [number, value] if status == last else [status, number, value]
        last = status
    assert list(Splitter().feed(data)) == list(Splitter().feed(as_bytes(changes)))


@given(CHANGES)
def test_however_bytes_are_cut_the_messages_are_the_same(changes):
    splitter = Splitter()
    found = [m for byte in as_bytes(changes) for m in splitter.feed([byte])]
    assert found == [(0xB0 | ch, number, value) for ch, number, value in changes]


def test_what_belongs_to_nothing_is_counted():
    splitter = Splitter()
    assert list(splitter.feed([5, 6, 0xB0, 1, 0x90, 60, 1, 0xF6, 3])) == [(0x90, 60, 1)]
    assert splitter.malformed == 4


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ((0x81, 60, 9), ("note", 2, 60, 0)),
        ((0x91, 60, 9), ("note", 2, 60, 9)),
        ((0xA0, 60, 9), ("polytouch", 1, 60, 9)),
        ((0xB0, 21, 9), ("cc", 1, 21, 9)),
        ((0xC0, 5), ("program", 1, 5, 0)),
        ((0xDF, 9), ("touch", 16, 0, 9)),
        ((0xE0, 0, 64), ("bend", 1, 0, 8192)),
    ],
)
def test_channel_messages_become_events(message, event):
    found = event_of(message, "X", 1.5)
    assert (found.kind, found.channel, found.number, found.value) == event
    assert (found.device, found.time) == ("X", 1.5)


def test_other_messages_are_nobodys():
    assert [event_of(m, "X", 0.0) for m in ((0xF8,), (0xF2, 1, 2), (0xF4,))] == [None] * 3
