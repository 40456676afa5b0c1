"""Who sent something that cannot be is told once, and a flood hides nobody else's trouble."""

from __future__ import annotations

import logging

import pytest

from livediffusion.control.complaints import Complaints
from livediffusion.control.endpoint import Endpoint

STRANGER = Endpoint("127.0.0.1", 9000).source


def test_a_flood_from_the_network_does_not_hide_a_loose_cable(
    caplog: pytest.LogCaptureFixture,
) -> None:
    complaints = Complaints(lambda endpoint, sentence: None)
    for number in range(100):
        complaints.say(STRANGER, f"There is no address {number}.", 5.0 + number * 0.001)
    complaints.say("midi Box:out", "Box:out sends bytes that are no MIDI messages.", 5.2)
    assert caplog.text.count("There is no address") == 4
    assert caplog.text.count("Box:out sends bytes") == 1
    assert (complaints.count, complaints.suppressed) == (101, 90)


def test_the_same_is_answered_once_a_second_and_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    told: list[str] = []
    complaints = Complaints(lambda endpoint, sentence: told.append(sentence))
    for tenth in range(700):
        complaints.say(STRANGER, "No.", 100.0 + tenth * 0.1)
    assert len(told) == 70
    assert caplog.text.count("No.") == 2
