"""Bytes that nobody meant: all that happens is a count and a sentence, said once."""

import math
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from osc_corpus import CORPUS, GAIN, bundle, nested, padded

from livediffusion.control.complaints import Complaints
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc import OscCounts, take
from livediffusion.control.oscwire import encode
from livediffusion.state.parameters import TABLE, Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret

SOURCE = "osc 127.0.0.1:9000"
PATCH = parse_patch('[[prompt]]\ntext = "a"\n[[prompt]]\ntext = "b"\n')


class Instrument:
    """From the wire to the values, without anybody waiting."""

    def __init__(self):
        self.inbox, self.counts = Inbox(), OscCounts()
        self.performance = Performance(PATCH, "pocket")
        self.told = []
        self.complaints = Complaints(lambda to, sentence: self.told.append(sentence))

    def hear(self, packet, now=0.0):
        take(packet, SOURCE, self.inbox, self.counts)
        for message in self.inbox.drain(math.inf):
            try:
                for change in interpret(message.address, message.values, 2):
                    self.performance.apply(change, 0.0, message.source)
            except Refused as refusal:
                self.complaints.say(message.source, str(refusal), now)
        for complaint in self.inbox.complaints():
            self.complaints.hear(complaint, now)

    def is_well(self):
        self.hear(encode("/ld/gain", (-7.5,)))
        return self.performance.values["gain"] == -7.5


@pytest.mark.parametrize("packet", CORPUS.values(), ids=CORPUS)
def test_each_is_counted_and_said_once_and_nothing_stops(packet):
    instrument = Instrument()
    for tick in range(200):
        instrument.hear(packet, tick / 1000)
    assert instrument.counts.malformed == 200 and instrument.complaints.count == 200
    (sentence,) = instrument.told
    assert sentence.startswith("This is not OSC: ") and sentence.endswith(".")
    assert instrument.performance.values["gain"] == 0.0 and instrument.is_well()


@pytest.mark.parametrize(
    ("packet", "gain"),
    [
        (bundle(), 0.0),
        (nested(7, GAIN), -3.0),
        (bundle(GAIN, bundle(encode("/ld/gain", (-4.0,))), GAIN), -3.0),
        (bundle(GAIN, bundle(encode("/ld/gain", (-4.0,)))), -4.0),
        (b"/ld/gain\0\0\0\0,d\0\0" + struct.pack(">d", -2.0), -2.0),
        (b"/ld/gain\0\0\0\0,h\0\0" + struct.pack(">q", -2), -2.0),
        (b"/ld/gain\0\0\0\0,[f]\0\0\0\0" + struct.pack(">f", -2.0), -2.0),
        (GAIN + b"trailing", -3.0),
        (encode("/ld/g?in", (-5.0,)), -5.0),
        (encode("/ld/{gain,drift}", (-5.0,)), -5.0),
        (encode("/ld/g[!b-z]in", (-5.0,)), -5.0),
        (encode("/*/g*n", (-5.0,)), -5.0),
        (encode("/ld/g*****************in", (-5.0,)), 0.0),
    ],
)
def test_what_is_odd_but_osc_is_taken(packet, gain):
    instrument = Instrument()
    instrument.hear(packet)
    assert instrument.counts.malformed == 0 and instrument.performance.values["gain"] == gain


def test_a_refusal_that_begins_with_the_address_is_told_as_it_is():
    instrument = Instrument()
    instrument.hear(b"/ld/gain\0\0\0\0,b\0\0\xff\xff\xff\xff")  # a blob of negative size
    instrument.hear(encode("/ld/gain", ("loud",)))
    assert instrument.told == [
        "/ld/gain needs a number from -60 to 6 dB, not a bytes.",
        '/ld/gain needs a number from -60 to 6 dB, not the text "loud".',
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_that_is_none_gets_in_anywhere(value):
    instrument = Instrument()
    before = instrument.performance.everything(0.0)
    for row in TABLE:
        if row.kind == "value" and row.types[0] in "fi":
            count = {"f*": 2, "ff": 2}.get(row.types, 1)
            instrument.hear(encode(row.address_of(1 if row.numbered else None), ()))
            raw = struct.pack(">f", value) * count
            address = padded(row.address_of(1 if row.numbered else None).encode())
            instrument.hear(address + padded(b"," + b"f" * count) + raw)
    assert instrument.performance.everything(0.0) == before


def test_a_thousand_wrong_addresses_are_counted_and_a_few_answered():
    instrument = Instrument()
    for number in range(1000):
        instrument.hear(encode(f"/no/such/{number}", (1.0,)), number / 2000)
    assert instrument.inbox.counts.unknown == 1000 and instrument.complaints.count == 1000
    assert len(instrument.told) == 10 and instrument.is_well()


ADDRESS = st.sampled_from([row.address_of(1 if row.numbered else None) for row in TABLE])
VALUE = st.one_of(st.integers(-(2**31), 2**31 - 1), st.floats(width=32), st.text(max_size=20))
MESSAGE = st.builds(encode, ADDRESS, st.lists(VALUE, max_size=4))
PACKET = st.recursive(
    MESSAGE, lambda inner: st.lists(inner, max_size=4).map(lambda e: bundle(*e)), max_leaves=12
)


@st.composite
def spoiled(draw):
    """A packet of ours with a few bytes changed, cut off, or put in."""
    packet = bytearray(draw(PACKET))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(packet) - 1)))
        what = draw(st.sampled_from(["change", "cut", "insert", "repeat"]))
        if what == "change" and packet:
            packet[place] = draw(st.integers(0, 255))
        elif what == "cut":
            del packet[place:]
        elif what == "insert":
            packet[place:place] = draw(st.binary(max_size=9))
        else:
            packet += packet[place : place + 40]
    return bytes(packet)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(spoiled(), st.binary(max_size=60)), max_size=6))
@example([nested(8, GAIN), nested(9, GAIN)])
def test_whatever_comes_the_instrument_plays_on(packets):
    instrument = Instrument()
    for packet in packets:
        instrument.hear(packet)
    assert instrument.counts.packets == len(packets)
    assert instrument.is_well()
