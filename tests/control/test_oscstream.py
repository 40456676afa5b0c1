"""OSC packets in a stream: however it is cut, what went in comes out, and nonsense ends nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc import slip

from livediffusion.control.oscstream import (
    LARGEST_PACKET,
    LengthPrefixed,
    Slip,
    framing_of,
)
from livediffusion.control.oscwire import Malformed

PACKETS = st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b"/" + b), max_size=8)


def cut(data, places):
    """The data in pieces, cut at these places."""
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(ends)]


def fed(framing, pieces):
    return [packet for piece in pieces for packet in framing.feed(piece)]


@pytest.mark.parametrize("framing", [Slip, LengthPrefixed])
@given(packets=PACKETS, places=st.lists(st.integers(0, 1000), max_size=12))
def test_a_stream_gives_its_packets_however_it_is_cut(framing, packets, places):
    data = b"".join(framing().frame(packet) for packet in packets)
    assert fed(framing(), cut(data, places)) == packets


@given(packets=PACKETS.filter(bool))
def test_python_osc_and_we_agree_on_slip(packets):
    theirs = b"".join(slip.encode(packet) for packet in packets)
    assert fed(framing_of(theirs), [theirs]) == packets
    assert [slip.decode(Slip().frame(packet)[1:-1]) for packet in packets] == packets


def test_slip_without_an_end_in_front_is_understood():
    data = b"/a\0\0\xc0/b\0\0\xc0"
    assert fed(framing_of(data), [data]) == [b"/a\0\0", b"/b\0\0"]


def test_the_first_byte_tells_them_apart():
    assert isinstance(framing_of(b"\xc0/a"), Slip)
    assert isinstance(framing_of(b"#bundle\0"), Slip)
    assert isinstance(framing_of(b"\0\0\0\x04/a\0\0"), LengthPrefixed)
    for other in (b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"\xff"):
        with pytest.raises(Malformed):
            framing_of(other)


@pytest.mark.parametrize("framing", [Slip(), LengthPrefixed()])
def test_a_packet_that_is_too_large_is_said_once_and_the_next_one_is_heard(framing):
    data = framing.frame(b"/" * (3 * LARGEST_PACKET)) + framing.frame(b"/a\0\0")
    said, packet = fed(framing, [data[i : i + 4096] for i in range(0, len(data), 4096)])
    assert isinstance(said, Malformed) and "65536" in str(said)
    assert packet == b"/a\0\0"


def test_slip_that_grows_too_large_only_by_a_little_is_said_too():
    (said,) = fed(Slip(), [Slip().frame(b"/" * (LARGEST_PACKET + 1))])
    assert isinstance(said, Malformed)


def test_a_length_that_is_none_ends_the_stream():
    with pytest.raises(Malformed):
        fed(LengthPrefixed(), [b"\0\0\0\x04/a\0\0", b"\x7f\xff\xff\xff"])


@given(st.sampled_from([Slip, LengthPrefixed]), st.lists(st.binary(max_size=60), max_size=20))
def test_garbage_gives_packets_or_malformed_and_nothing_else(framing, pieces):
    begun = framing()
    try:
        for found in fed(begun, pieces):
            assert isinstance(found, bytes | Malformed)
    except Malformed:
        assert framing is LengthPrefixed
