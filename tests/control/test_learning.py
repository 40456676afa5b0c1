"""Learning at the desk, with the file that it ends in; time jumps, but the disk takes its own."""

import time
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livediffusion.config import Config
from livediffusion.control.desk import Desk
from livediffusion.control.inbox import Inbox
from livediffusion.control.midi_out import MidiOutputs
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscwire import decode, encode
from livediffusion.control.patches import Patches
from livediffusion.render.process import Renderer
from livediffusion.state.controls import MidiEvent
from livediffusion.state.effects import EditMappings
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance

SURFACE, LEARNER = "osc 127.0.0.1:5001", "osc 127.0.0.1:6000"
PATCH = """\
name = "set"   # mine
glide = 0

[[prompt]]
text = "a"

[[midi]]        # a fader
control = "cc 7"
target = "/ld/gain"
takeover = "jump"

[[midi]]
control = "note 36"
target = "/ld/hold"
"""


class Knobs:
    """The MIDI inputs, moved by the test."""

    devices = ("Launch Control:out",)

    def __init__(self):
        self.events = []

    def drain(self):
        events, self.events = self.events, []
        return events


class Nobody:
    """Everybody is allowed."""

    def allows(self, host):
        return True


class Stage:
    """A desk and its patch file, and what the one who learns is told."""

    def __init__(self, folder):
        self.path = folder / "set.toml"
        self.path.write_text(PATCH, encoding="utf-8")
        self.told, self.now, self.knobs, self.inbox = [], 100.0, Knobs(), Inbox()
        self.performance = Performance(load_patch(self.path), "pocket")
        feedback = Feedback(self._send, Nobody())
        self.desk = Desk(self.performance, self.inbox, self.knobs, MidiOutputs([]), feedback, {})
        renderer = Renderer(folder / "renderer.sock")
        self.patches = Patches(Config(), self.performance, renderer, self.desk, feedback, [folder])

    def _send(self, packet, to):
        ((address, values),) = (unit.messages[0] for unit in decode(packet))
        if address in ("/ld/out/learn", "/ld/out/error") and to.port == 6000:
            self.told.append(values if address == "/ld/out/learn" else ("error", *values))

    def say(self, address, *values, source=SURFACE):
        for unit in decode(encode(address, values)):
            self.inbox.put(unit, source, self.now)
        self.run(0.0)

    def learn(self, address):
        self.say("/ld/learn", address, source=LEARNER)

    def turn(self, number=21, values=range(10, 90, 4), kind="cc"):
        for value in values:
            event = MidiEvent("Launch Control:out", kind, 1, number, value, self.now)
            self.knobs.events.append(event)
            self.run(0.02)

    def run(self, seconds):
        for _ in range(max(1, round(seconds / 0.01))):
            for asked in self.desk.listen(self.now, 0.0):
                if isinstance(asked.effect, EditMappings):
                    self.patches.carry_out(asked.effect, asked.source, 0.0)
            self.now += 0.01

    def wait(self, word):
        """Until the one who learns has been told this; the sentence."""
        end = time.monotonic() + 20.0
        while time.monotonic() < end:
            self.run(0.05)
            self.patches.hear(self.now, 0.0)
            for said, sentence in self.told:
                if said == word:
                    self.told.clear()
                    return sentence
            time.sleep(0.005)
        raise AssertionError(f"{word}: {self.told}")

    def value(self, address):
        return self.performance.at_address(address)[0]

    @property
    def midi(self):
        return tomllib.loads(self.path.read_text(encoding="utf-8"))["midi"]


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    yield made
    made.patches.close()


def test_touch_a_parameter_move_a_knob_done(stage):
    stage.learn("*")
    assert stage.told == [("waiting", "Touch a parameter and move a control, whichever first.")]
    stage.say("/ld/drift", 0.25)
    assert stage.value("/ld/drift") == 0.25
    stage.turn()
    assert stage.wait("learned") == "cc 21 ch 1 of Launch Control now moves /ld/drift."
    assert stage.midi[2] == {
        "control": "cc 21 ch 1", "device": "Launch Control", "target": "/ld/drift"
    }  # fmt: skip
    assert stage.path.read_text(encoding="utf-8").startswith(PATCH.rstrip())
    stage.turn(values=[86, 20, 64])
    assert stage.value("/ld/drift") == pytest.approx(64 / 127)


def test_move_a_knob_touch_a_parameter_done(stage):
    stage.learn("*")
    stage.turn()
    assert "now touch what it shall move" in stage.wait("heard")
    stage.say("/ld/filter", 0.5)
    assert stage.wait("learned").endswith("now moves /ld/filter.")


def test_a_named_parameter_and_a_knob_that_moves_something_else_is_said(stage):
    stage.learn("/ld/drift")
    stage.turn(7)
    assert stage.wait("learned").endswith("now moves /ld/drift; it moves /ld/gain, too.")


def test_what_is_moved_to_be_learned_moves_nothing_and_keys_may_be_let_go(stage):
    stage.turn(36, [100], "note")
    assert stage.value("/ld/hold") is True
    stage.learn("/ld/drift")
    stage.turn(7, [10, 11])
    stage.turn(36, [0], "note")
    assert stage.value("/ld/gain") == 0.0 and stage.value("/ld/hold") is False
    stage.learn("")
    assert stage.told[-1] == ("ended", "Learning was stopped.")
    stage.turn(7, [0])
    assert stage.value("/ld/gain") == -60.0


@pytest.mark.parametrize(
    ("address", "why"),
    [("/ld/gian", 'Did you mean "/ld/gain"'), ("/ld/blend", "not one value"),
     ("/ld/prompt/2/weight", "There is no prompt 2"), ("/ld/out/beat", "read-out")],
)  # fmt: skip
def test_what_cannot_be_learned_is_answered(stage, address, why):
    stage.learn(address)
    ((word, sentence),) = stage.told
    assert word == "error" and why in sentence
    stage.turn()
    stage.run(1.0)
    assert len(stage.midi) == 2


def test_unlearn_takes_it_out_of_the_file_and_of_the_hand(stage):
    stage.say("/ld/unlearn", "/ld/gain", source=LEARNER)
    assert stage.wait("learned") == "cc 7 no longer moves /ld/gain."
    assert [entry["target"] for entry in stage.midi] == ["/ld/hold"]
    stage.turn(7, [0])
    assert stage.value("/ld/gain") == 0.0
    stage.say("/ld/unlearn", "/ld/gain", source=LEARNER)
    assert stage.wait("failed") == "No control moves /ld/gain."


def test_a_patch_that_is_broken_meanwhile_is_not_written(stage):
    stage.learn("/ld/drift")
    stage.path.write_text("tempo = 5000\n", encoding="utf-8")
    stage.turn()
    assert "mistakes to mend first" in stage.wait("failed")
    assert stage.path.read_text(encoding="utf-8") == "tempo = 5000\n"


def test_a_file_that_is_gone_is_said_and_the_knob_moves_until_the_end(stage):
    stage.learn("/ld/drift")
    stage.path.unlink()
    stage.turn()
    assert "holds only until another patch is loaded" in stage.wait("learned")
    stage.turn(values=[86, 0, 127])
    assert stage.value("/ld/drift") == 1.0 and not stage.path.exists()


def test_a_lesson_ends_by_itself(stage):
    stage.learn("/ld/drift")
    stage.run(61.0)
    assert stage.told[-1][0] == "ended"
    stage.turn(7, [0])
    assert stage.value("/ld/gain") == -60.0


def test_controls_that_fight_are_said_once(stage, caplog):
    stage.path.write_text(
        PATCH.replace('[[midi]]\ncontrol = "note 36"\ntarget = "/ld/hold"',
                      '[[midi]]\ncontrol = "cc 8"\ntarget = "/ld/gain"\ntakeover = "jump"'),
        encoding="utf-8",
    )  # fmt: skip
    stage.performance.patch = load_patch(stage.path)
    stage.desk.remap()
    for value in range(60):
        stage.turn(7 + value % 2, [value])
    said = [r.getMessage() for r in caplog.records if "both move /ld/gain" in r.getMessage()]
    assert len(said) == 1 and "cc 7 ch 1" in said[0] and "cc 8 ch 1" in said[0]


EVERYTHING = PATCH + "".join(
    f'[[midi]]\ncontrol = "{control}"\ntarget = "{target}"\n{more}\n'
    for control, target, more in [
        ("cc 0", "/ld/quantise", ""), ("cc 1", "/ld/seed/a", 'takeover = "relative"'),
        ("cc 1", "/ld/steps", 'takeover = "scale"\ncurve = "stepped"'),
        ("cc14 2", "/ld/filter", 'curve = "inverted"'), ("nrpn 0", "/ld/tempo", 'curve = "s"'),
        ("rpn 0", "/ld/glide", 'curve = "exponential"'), ("bend", "/ld/drift", "bank = 2"),
        ("program", "/ld/scene", ""), ("program", "/ld/bank", ""), ("note 0", "/ld/undo", ""),
        ("note 1", "/ld/patch", 'values = ["set", "none"]'), ("touch", "/ld/seed/morph", ""),
        ("polytouch 1", "/ld/mute", ""), ("note 2", "/ld/prompt/1/text", 'value = "b"'),
        ("cc 3", "/ld/quantise", 'takeover = "relative"\nencoding = "binary-offset"'),
    ]
)  # fmt: skip
KINDS = st.sampled_from(["cc", "cc", "note", "bend", "touch", "polytouch", "program", "gone"])
EVENTS = st.tuples(KINDS, st.integers(0, 3) | st.sampled_from([6, 38, 98, 99, 100, 101, 127]),
                   st.integers(0, 127))  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(EVENTS, max_size=60), st.sampled_from(["", "*", "/ld/gain"]))
def test_no_events_bring_the_desk_down(stage, events, lesson):
    stage.path.write_text(EVERYTHING, encoding="utf-8")
    stage.performance.patch = load_patch(stage.path)
    stage.desk.remap()
    stage.learn(lesson)
    for kind, number, value in events:
        stage.turn(number, [value * 129 if kind == "bend" else value], kind)
    stage.learn("")
    stage.say("/ld/gain", -3.0)
    assert stage.value("/ld/gain") == -3.0
