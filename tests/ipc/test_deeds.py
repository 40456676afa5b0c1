"""A ring of records that nobody waits for: all of them come, or it is known that some did not."""

from __future__ import annotations

import mmap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.ipc.deeds import LONGEST, SIZE, Deeds

OFFSET = 4096


def ring() -> Deeds:
    return Deeds(mmap.mmap(-1, OFFSET + SIZE), OFFSET)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.lists(st.binary(max_size=200), max_size=5), max_size=12), st.integers(0, 64))
def test_records_come_in_order_whenever_one_looks(turns: list[list[bytes]], ahead: int) -> None:
    deeds = ring()
    for _ in range((SIZE - 64) // LONGEST):  # nearly full, so that the rest goes round the end
        deeds.write(bytes(LONGEST - 8 - ahead))
    place, came = deeds.written, []
    for turn in turns:
        for record in turn:
            deeds.write(record)
        found, whole = deeds.read(place)
        assert whole
        came += [record for _, record in found]
        place = found[-1][0] if found else place
    assert came == [record for turn in turns for record in turn]
    assert place == deeds.written


def test_who_comes_too_late_is_told() -> None:
    deeds = ring()
    deeds.write(b"first")
    for _ in range(2 * SIZE // LONGEST):
        deeds.write(bytes(LONGEST))
    assert deeds.read(0) == ([], False)
    place = deeds.written
    deeds.write(b"again")
    assert deeds.read(place) == ([(deeds.written, b"again")], True)


def test_a_place_that_never_was() -> None:
    deeds = ring()
    deeds.write(b"first")
    assert deeds.read(deeds.written + 100) == ([], False)
    assert deeds.read(3)[1] is False


def test_a_record_has_a_longest_length() -> None:
    with pytest.raises(ValueError, match="at most"):
        ring().write(bytes(LONGEST + 1))


def test_somebody_wants_to_know() -> None:
    memory = mmap.mmap(-1, OFFSET + SIZE)
    reader, writer = Deeds(memory, OFFSET), Deeds(memory, OFFSET)
    assert writer.wanted == 0
    reader.want(7)
    assert writer.wanted == 7
