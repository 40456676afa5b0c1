"""The event log comes back as it was written, and what is broken in it is passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livediffusion.errors import UserError
from livediffusion.session.eventlog import FORMAT, NAME, EventLog, read_log

HEAD = {"type": "session", "format": FORMAT, "version": "1"}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MOVE = {"address": "/ld/gain", "values": [0.0]}
EVENTS = st.lists(
    st.builds(
        lambda frame, more: {**more, "type": "control", "frame": frame},
        st.integers(0, 2**40),
        st.dictionaries(st.text(), VALUES, max_size=4).map(lambda more: {**MOVE, **more, **MOVE}),
    ),
    max_size=8,
)


def write(folder: Path, events: list[Any]) -> None:
    (folder / NAME).unlink(missing_ok=True)
    log = EventLog(folder / NAME)
    log.write([HEAD, *events])
    log.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS)
def test_a_round_trip(tmp_path: Path, events: list[Any]) -> None:
    write(tmp_path, events)
    log = read_log(tmp_path)
    assert log.events == events
    assert log.problems == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS.filter(bool), st.integers(1, 400))
def test_a_log_that_is_cut_off_anywhere(tmp_path: Path, events: list[Any], cut: int) -> None:
    write(tmp_path, events)
    data = (tmp_path / NAME).read_bytes()
    first = data.index(b"\n") + 1
    (tmp_path / NAME).write_bytes(data[: max(len(data) - cut, first)])
    read = read_log(tmp_path).events
    assert read == events[: len(read)]


@pytest.mark.parametrize(
    "garbage",
    [b"\xff\xfe\x00", b"[]", b'{"type": 3}', b"{", b"[" * 9999, b'{"type": "did", "frame": 1}'],
)
def test_a_garbage_line_is_named_and_passed_over(tmp_path: Path, garbage: bytes) -> None:
    write(tmp_path, [{"type": "mark", "frame": 1}])
    with (tmp_path / NAME).open("ab") as file:
        file.write(garbage + b"\n" + b'{"type": "mark", "frame": 2}\n')
    log = read_log(tmp_path)
    assert [event["frame"] for event in log.events] == [1, 2]
    assert log.problems == ["Lines 3 of the log cannot be read and were passed over."]


def test_who_goes_on_writing_leaves_the_torn_line_alone(tmp_path: Path) -> None:
    write(tmp_path, [{"type": "mark", "frame": 1}])
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"type": "ma')
    log = EventLog(tmp_path / NAME)
    log.write([{"type": "mark", "frame": 2}])
    log.close()
    assert [event["frame"] for event in read_log(tmp_path).events] == [1, 2]


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ({**HEAD, "format": FORMAT + 1, "version": "9.1"}, "was recorded by livediffusion 9.1"),
        ({"type": "mark", "frame": 1}, "does not begin like the log of a session"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, first: Any, sentence: str) -> None:
    (tmp_path / NAME).write_text(json.dumps(first) + "\n")
    with pytest.raises(UserError, match=sentence):
        read_log(tmp_path)


def test_a_folder_that_is_no_session(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no session"):
        read_log(tmp_path)
