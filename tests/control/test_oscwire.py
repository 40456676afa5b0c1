"""OSC bytes: what python-osc writes is read, and nothing that is not OSC brings us down."""

import contextlib
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from livediffusion.control.oscwire import Malformed, Unit, decode, encode

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
INT32 = st.integers(-(2**31), 2**31 - 1)
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


def message(address, *arguments):
    builder = OscMessageBuilder(address)
    for kind, value in arguments:
        builder.add_arg(value, kind)
    return builder.build()


@given(st.lists(st.one_of(INT32, FLOAT32, TEXT), max_size=6))
def test_what_is_encoded_is_read_by_us_and_by_python_osc(values):
    packet = encode("/ld/blend", values)
    assert decode(packet) == [Unit((("/ld/blend", tuple(values)),))]
    assert OscMessage(packet).params == values


def test_only_i_f_and_s_go_out():
    assert OscMessage(encode("/x", (True, 2**40, 1e300, "a\0b"))).params == [
        1, 2**31 - 1, pytest.approx(3.4028234e38), "a b"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ([("T", True), ("F", False), ("N", None)], (True, False)),
        ([("h", 2**40), ("d", 0.1)], (2**40, 0.1)),
        ([("i", 1), ("h", 2)], (1, 2)),
        ([("b", b"abc")], (b"abc",)),
        ([(["f", "f"], [0.5, 0.25])], (0.5, 0.25)),
    ],
)
def test_every_type_is_read(arguments, values):
    packet = message("/x", *arguments).dgram
    assert decode(packet)[0].messages == (("/x", values),)


def test_symbols_impulses_and_missing_tags_are_read():
    assert decode(b"/x\0\0,SI\0abc\0")[0].messages == (("/x", ("abc",)),)
    assert decode(b"/x\0\0")[0].messages == (("/x", ()),)


def test_a_bundle_keeps_its_time_also_a_late_one_and_holds_together():
    inner = OscBundleBuilder(3000.5)
    inner.add_content(message("/c", ("i", 3)))
    outer = OscBundleBuilder(2000.25)
    outer.add_content(message("/a", ("i", 1)))
    outer.add_content(inner.build())
    outer.add_content(message("/b", ("i", 2)))
    units = decode(outer.build().dgram)
    assert [unit.messages for unit in units] == [(("/a", (1,)), ("/b", (2,))), (("/c", (3,)),)]
    assert [unit.time for unit in units] == pytest.approx([2000.25, 3000.5], abs=1e-3)


def timed(time, *elements):
    timetag = 1 if time is None else (time + 2_208_988_800) << 32
    sized = (struct.pack(">i", len(element)) + element for element in elements)
    return b"#bundle\0" + struct.pack(">Q", timetag) + b"".join(sized)


def test_nested_bundles_act_together_unless_one_is_for_later():
    a, b, c, d = (encode(f"/{name}", ()) for name in "abcd")
    packet = timed(50, a, timed(None, b), timed(70, c), timed(40, timed(50, b)), d)
    first, later = decode(packet)
    assert ([address for address, _ in first.messages], first.time) == (
        ["/a", "/b", "/b", "/d"],
        50,
    )
    assert ([address for address, _ in later.messages], later.time) == (["/c"], 70)
    (only,) = decode(timed(None, timed(None, a, timed(None, b)), c))
    assert [address for address, _ in only.messages] == ["/a", "/b", "/c"] and only.time is None


def test_an_immediate_bundle_has_no_time():
    builder = OscBundleBuilder(0)
    builder.add_content(message("/a"))
    packet = bytearray(builder.build().dgram)
    packet[8:16] = (1).to_bytes(8, "big")
    assert decode(bytes(packet)) == [Unit((("/a", ()),))]


@given(
    st.one_of(
        st.binary(max_size=80),
        st.binary(max_size=80).map(lambda b: b"/ld/gain\0" + b),
        st.binary(max_size=80).map(lambda b: b"#bundle\0" + b),
    )
)
def test_garbage_is_malformed_and_nothing_else(packet):
    with contextlib.suppress(Malformed):
        decode(packet)


@pytest.mark.parametrize("size", [-4, 0, 2**31 - 1, 3])
def test_a_bundle_with_a_wrong_size_ends(size):
    with pytest.raises(Malformed):
        decode(b"#bundle\0" + b"\0" * 8 + struct.pack(">i", size) + b"/a\0\0")


def test_a_thousand_nested_bundles_are_refused():
    packet = b"/a\0\0"
    for _ in range(1000):
        packet = b"#bundle\0" + b"\0" * 8 + struct.pack(">i", len(packet)) + packet
    with pytest.raises(Malformed, match="deep"):
        decode(packet)


def test_nan_passes_the_wire_to_be_refused_with_a_sentence():
    ((_, (value,)),) = decode(b"/x\0\0,f\0\0" + struct.pack(">f", math.nan))[0].messages
    assert math.isnan(value)
