"""The performer hears once of words that the model never learned, where errors are heard."""

from __future__ import annotations

import json
import logging
from ipaddress import ip_network

import pytest

from livediffusion.control.desk import Desk
from livediffusion.control.inbox import Inbox
from livediffusion.control.midi_out import MidiOutputs
from livediffusion.control.osc import AllowList
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscwire import decode, encode
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance

TABLET = "osc 127.0.0.1:5001"
GQOM = 'The model has never heard of "gqom"; closest: house.'
PATCH = """
model = "{model}"
[[prompt]]
text = "dark techno"
[[prompt]]
text = "{text}"
"""


class NoMidi:
    """No knobs."""

    def drain(self):
        return []


class Stage:
    """A desk with everything around it that it touches."""

    def __init__(self, folder):
        self.sent = []
        self.inbox = Inbox()
        self.feedback = Feedback(self._send, AllowList([ip_network("10.0.0.0/24")]))
        self.models = {"learned": str(folder), "riffusion": "somebody/on-the-hub"}
        self.performance = self._performance("house", "learned")
        midi = NoMidi(), MidiOutputs([])
        self.desk = Desk(self.performance, self.inbox, *midi, self.feedback, self.models)

    def _performance(self, text, model):
        return Performance(parse_patch(PATCH.format(text=text, model=model)), model)

    def _send(self, packet, to):
        ((message,),) = (unit.messages for unit in decode(packet))
        if message[0] == "/ld/out/error":
            self.sent.append((to[1], *message[1]))

    def say(self, n, text, now):
        return self.send(f"/ld/prompt/{n}/text", text, now)

    def send(self, address, text, now):
        for unit in decode(encode(address, (text,))):
            self.inbox.put(unit, TABLET, now)
        assert list(self.desk.listen(now, 0.0)) == []
        return self.told(now)

    def load(self, text, model, now):
        patch = parse_patch(PATCH.format(text=text, model=model))
        self.performance.load(patch, model, 0.0)
        self.desk.proofread(now)
        return self.told(now)

    def told(self, now):
        self.feedback.flush(now)
        told, self.sent = self.sent, []
        return told


@pytest.fixture
def stage(tmp_path):
    words = {"names": {"techno": "techno", "house": "house"}, "words": {"dark": "attribute"}}
    words["related"] = {"gqom": "house"}
    (tmp_path / "vocabulary.json").write_text(json.dumps(words), encoding="utf-8")
    return Stage(tmp_path)


def test_the_sender_of_an_unknown_word_is_told_once(stage, caplog):
    with caplog.at_level(logging.WARNING):
        assert stage.say(1, "gqom", 1.0) == [(5001, GQOM)]
    assert [record.message for record in caplog.records] == [f"{TABLET}: {GQOM}"]
    assert stage.say(1, "techno", 2.0) == []
    assert stage.say(2, "gqom", 3.0) == []
    assert stage.performance.trajectory.texts == ("techno", "gqom")


def test_what_to_stay_away_from_is_read_too(stage):
    assert stage.send("/ld/negative", "gqom", 1.0) == [(5001, GQOM)]
    assert stage.say(1, "gqom", 3.0) == []
    stage.feedback.subscribe(TABLET, 9001)
    patch = 'negative = "gqom"\n[[prompt]]\ntext = "house"\n'
    for model, told in (("riffusion", []), ("learned", [(9001, GQOM)])):
        stage.performance.load(parse_patch(patch), model, 0.0)
        stage.desk.proofread(5.0)
        assert stage.told(5.0) == told


def test_a_patch_s_unknown_words_are_told_to_every_subscriber(stage, caplog):
    stage.feedback.subscribe(TABLET, 9001)
    with caplog.at_level(logging.WARNING):
        assert stage.load("gqom", "learned", 1.0) == [(9001, GQOM)]
    assert [record.message for record in caplog.records] == [GQOM]
    assert stage.load("gqom", "learned", 2.0) == []


def test_nothing_is_said_of_a_model_without_vocabulary(stage):
    stage.feedback.subscribe(TABLET, 9001)
    assert stage.load("gqom", "riffusion", 1.0) == []
    assert stage.say(1, "didgeridoo", 2.0) == []
    assert stage.load("gqom", "learned", 3.0) == [(9001, GQOM)]
