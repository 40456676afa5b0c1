"""Scenes and undo as a surface meets them: packets in, values and effects out."""

from __future__ import annotations

import pytest

from livediffusion.control.desk import Asked, Desk
from livediffusion.control.endpoint import AllowList
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscwire import decode, encode
from livediffusion.state.effects import PlayerSet
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.types import ControlMessage

PATCH = """
quantise = "bar"
[[prompt]]
text = "house"
[[prompt]]
text = "dub"
[[scene]]
name = "drop"
blend = [0.0, 1.0]
gain = -6.0
[[step]]
beats = 64
gain = -1.0
"""
SURFACE = "osc 127.0.0.1:5001"


class Nothing:
    """No knobs, no lights."""

    devices = ()

    def drain(self):
        return []

    def __getattr__(self, name):
        return lambda *_: None


class Stage:
    """A desk with a surface that has subscribed; a beat is half a second."""

    def __init__(self):
        self.told = {}
        self.inbox = Inbox()
        self.feedback = Feedback(self._send, AllowList([]), [("127.0.0.1", 9000)])
        self.performance = Performance(parse_patch(PATCH), "pocket")
        nothing = Nothing()
        parts = (self.inbox, nothing, nothing, self.feedback, {})
        self.desk = Desk(self.performance, *parts)

    def _send(self, packet, to):
        for unit in decode(packet):
            for address, values in unit.messages:
                self.told[address] = values

    def send(self, address, *values, beat):
        for unit in decode(encode(address, values)):
            self.inbox.put(unit, SURFACE, beat / 2)
        return self.pass_time(beat)

    def pass_time(self, beat):
        asked = list(self.desk.listen(beat / 2, beat))
        self.feedback.flush(beat / 2 + 1.0)
        assert all(isinstance(one, Asked) for one in asked)
        return [one.effect for one in asked]


def test_a_launch_shows_at_once_and_its_values_where_it_begins():
    stage = Stage()
    assert stage.send("/ld/scene", "drop", 0.0, beat=9.0) == [PlayerSet("gain", -1.0)]
    assert stage.told["/ld/scene"] == ("drop",)
    assert "/ld/blend" not in stage.told
    assert stage.pass_time(11.9) == []
    assert stage.pass_time(12.0) == [PlayerSet("gain", -6.0)]
    assert stage.told["/ld/blend"] == (0.0, 1.0)
    assert stage.told["/ld/prompt/2/weight"] == (1.0,)
    assert stage.told["/ld/gain"] == (-6.0,)


def test_what_is_undone_shows_in_the_same_tick():
    stage = Stage()
    stage.send("/ld/scene", 1, 0.0, beat=9.0)
    stage.pass_time(12.0)
    assert stage.send("/ld/undo", beat=14.0) == [PlayerSet("gain", -1.0)]
    assert stage.told["/ld/blend"] == (1.0, 0.0)
    assert stage.told["/ld/scene"] == ("",)
    stage.send("/ld/undo", 1, beat=15.0)
    assert "nothing to undo" in stage.told["/ld/out/error"][0]


def test_a_pause_ends_a_gesture_and_a_bundle_is_one():
    stage = Stage()
    for beat, value in ((1.0, 0.1), (1.8, 0.2), (4.0, 0.3)):
        stage.send("/ld/seed/morph", value, beat=beat)
    stage.send("/ld/undo", beat=6.0)
    assert stage.told["/ld/seed/morph"] == pytest.approx((0.2,))
    messages = [
        ControlMessage(3.5, "/ld/seed/a", (7,), SURFACE, 5),
        ControlMessage(3.5, "/ld/steps", (9,), SURFACE, 5),
    ]
    stage.inbox.drain = lambda now: [messages.pop(0) for _ in range(len(messages))]
    stage.pass_time(7.0)
    del stage.inbox.drain
    stage.send("/ld/undo", beat=9.0)
    assert stage.performance.at_address("/ld/seed/a") == (0,)
    assert stage.performance.at_address("/ld/steps") == ()
