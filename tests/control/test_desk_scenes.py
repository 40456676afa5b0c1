"""Scenes and undo as a surface meets them: packets in, values and effects out."""

from __future__ import annotations

import pytest

from livediffusion.control.desk import Asked, Desk
from livediffusion.control.endpoint import AllowList
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscwire import decode, encode
from livediffusion.state.controls import MidiEvent
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
PADS = (
    PATCH + '[[scene]]\nname = "calm"\nfilter = -0.5\n'
    '[[midi]]\ncontrol = "program"\ntarget = "/ld/scene"\n'
    + "".join(
        f'[[midi]]\ncontrol = "note {note}"\ntarget = "/ld/scene"\nvalue = "{scene}"\n'
        f'[[midi]]\ncontrol = "cc {note - 16}"\ntarget = "/ld/filter"\ntakeover = "jump"\n'
        for note, scene in ((36, "drop"), (37, "calm"))
    )
)
SURFACE = "osc 127.0.0.1:5001"


class Nothing:
    """No knobs, no lights."""

    devices = ()

    def __init__(self):
        self.events = []

    def drain(self):
        events, self.events = self.events, []
        return events

    def __getattr__(self, name):
        return lambda *_: None


class Stage:
    """A desk with a surface that has subscribed; a beat is half a second."""

    def __init__(self, patch=PATCH):
        self.told = {}
        self.inbox = Inbox()
        self.feedback = Feedback(self._send, AllowList([]), [("127.0.0.1", 9000)])
        self.performance = Performance(parse_patch(patch), "pocket")
        self.knobs = Nothing()
        parts = (self.inbox, self.knobs, Nothing(), self.feedback, {})
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


def test_what_a_scene_and_a_journey_move_is_noted_too():
    stage, noted = Stage(), []
    stage.desk.played = lambda *event: noted.append(event)
    stage.send("/ld/scene", "drop", 0.0, beat=9.0)
    assert ("/ld/scene", ("drop", 0.0), SURFACE) in noted
    noted.clear()
    stage.pass_time(12.0)
    assert ("/ld/blend", (0.0, 1.0), "journey") in noted
    assert ("/ld/gain", (-6.0,), "journey") in noted
    assert all(address != "/ld/scene" for address, *_ in noted), "it was noted at its launch"
    noted.clear()
    stage.pass_time(12.5)
    assert noted == []


def test_what_has_only_come_in_has_not_been_heard_yet():
    stage = Stage()
    stage.send("/ld/gain", -3.0, beat=1.0)
    stage.inbox.put(decode(encode("/ld/gain", (-6.0,)))[0], SURFACE, 1.0)
    assert stage.inbox.counts.messages == 2 and stage.desk.heard == 1
    stage.pass_time(2.0)
    assert stage.desk.heard == 2 and stage.performance.values["gain"] == -6.0


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


def test_pads_that_choose_scenes_by_turns_are_no_fight():
    stage = Stage(PADS)
    for n in range(40):
        stage.knobs.events.append(MidiEvent("Pads", "note", 1, 36 + n % 2, 100, n / 50))
        stage.knobs.events.append(MidiEvent("Pads", "program", 1, n % 2, 0, n / 50))
    stage.pass_time(1.0)
    assert "/ld/out/error" not in stage.told and stage.told["/ld/scene"] == ("calm",)
    for n in range(40):
        stage.knobs.events.append(MidiEvent("Pads", "cc", 1, 20 + n % 2, n, n / 50))
    stage.pass_time(2.0)
    assert "both move /ld/filter" in stage.told["/ld/out/error"][0]


def test_garbage_from_a_device_is_said_to_those_who_play_and_moves_nothing(caplog):
    stage = Stage()
    stage.pass_time(0.5)
    stage.knobs.events.append(MidiEvent("Old Box", "garbage", 1, 0, 0, 0.0))
    assert stage.pass_time(1.0) == []
    sentence = "Old Box sends bytes that are no MIDI messages; they are passed over."
    assert stage.told["/ld/out/error"][0].startswith(sentence)
    assert caplog.text.count(sentence) == 1


def test_the_weight_of_a_lora_is_told_on_its_own_address_alone():
    stage = Stage(PATCH + '[[lora]]\nname = "dark"\n')
    stage.send("/ld/lora/1/weight", 0.5, beat=9.0)
    assert stage.told["/ld/lora/1/weight"] == (0.5,)
    assert not [address for address in stage.told if "prompt" in address or "blend" in address]
