"""Where messages meet the performance: OSC and MIDI in, effects and feedback out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from livediffusion.control.inbox import Inbox
from livediffusion.control.learning import Learning
from livediffusion.control.midi import MidiInputs
from livediffusion.control.midi_feedback import MidiFeedback, Outputs
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.proofreader import Proofreader
from livediffusion.state.controls import KEYS, MidiEvent
from livediffusion.state.effects import EditMappings, Effect, Learn, Tap, Unlearn
from livediffusion.state.journey import JOURNEY
from livediffusion.state.mapping import Mapper
from livediffusion.state.parameters import Refused
from livediffusion.state.performance import PATCH, Performance
from livediffusion.state.quarrels import Quarrels
from livediffusion.state.taps import Taps
from livediffusion.state.values import Change, interpret, span
from livediffusion.types import Beats, ControlMessage, Seconds, Value

_MOST_SAID = 1024  # remembered; nobody can make the memory grow without end
_OURS_ALONE = ("tempo", "tap")  # what does nothing while a clock leads
_LED = (
    "A clock leads, so {address} does nothing: choose /ld/clock/source internal to set the tempo."
)
_GARBAGE = (
    "{} sends bytes that are no MIDI messages; they are passed over. Check its cable and driver."
)


Played: TypeAlias = Callable[[str, tuple[Value, ...], str], None]  # address, values, source


def _nobody_notes(address: str, values: tuple[Value, ...], source: str) -> None:
    """Nothing is recorded."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An effect, and who asked for it."""

    effect: Effect
    source: str


class Desk:
    """Threading: the control process's main thread only."""

    def __init__(
        self,
        performance: Performance,
        inbox: Inbox,
        midi: MidiInputs,
        lights: Outputs,
        feedback: Feedback,
        models: Mapping[str, str],
        taught: Iterable[str] = (),
    ) -> None:
        """`models` maps names to folders, `taught` are words of embeddings, as in the config."""
        self.performance = performance
        self.inbox = inbox
        self.played: Played = _nobody_notes  # told of all that somebody moves
        self.heard = 0  # messages and MIDI events that have acted
        self._midi = midi
        self._feedback = feedback
        self._mapper = Mapper()
        self._lights = MidiFeedback(lights, self._target_of)
        self._quarrels = Quarrels()
        self.learning = Learning(performance, feedback, lambda: midi.devices)
        self.remap()
        self._said: set[tuple[str, str]] = set()
        self._taps = Taps()
        self._proofreader = Proofreader(feedback, models, taught)
        self._proofreader.open(performance.model)

    def listen(self, now: Seconds, beat: Beats, tempo: float = 0.0) -> Iterator[Asked]:
        """Let everything that is due act, in order; yield what others must do for it.

        `tempo` is in beats a second, so that what has waited for its time acts at its beat.
        """
        for message in self.inbox.drain(now):
            self.heard += 1
            late = (now - message.time) * tempo if message.tagged else 0.0
            yield from self._take(message, now, beat - late)
        for event in self._midi.drain():
            self.heard += 1
            yield from self._hear(event, now, beat)
        yield from self._learned(self.learning.look(now))
        for complaint in self.inbox.complaints():
            self._feedback.complaints.hear(complaint, now)
        for address in self.performance.advance(beat):
            values = self.performance.at_address(address)
            if values and address != "/ld/scene":  # that was noted when it was launched
                self.played(address, values, JOURNEY)
            self._publish(address, JOURNEY, now)
        for effect in self.performance.take_effects():
            yield Asked(effect, JOURNEY)
        self._lights.refresh(now)

    def remap(self) -> None:
        """Take the mappings of the performance's present patch."""
        self._mapper.take(self.performance.patch.mappings)
        self._lights.take(self.performance.patch.mappings)

    def midi_statistics(self) -> dict[str, int]:
        """Every counter of the MIDI inputs by name, and how often two controls took turns."""
        return self._midi.statistics() | {"quarrels": self._quarrels.count}

    def close(self) -> None:
        """Switch the controllers' lights off."""
        self._lights.go_dark()

    def proofread(self, now: Seconds) -> None:
        """Tell everybody of words in the patch's prompts that its model never learned."""
        performance, trajectory = self.performance, self.performance.trajectory
        texts = (*trajectory.texts, trajectory.negative)
        self._proofreader.read(performance.model, texts, PATCH, now)

    def refuse(self, source: str, sentence: str, now: Seconds) -> None:
        """Tell a sender, and the log, what is wrong."""
        self._feedback.error(source, sentence, now)

    def _hear(self, event: MidiEvent, now: Seconds, beat: Beats) -> Iterator[Asked]:
        """Let a MIDI event move what it is mapped to, unless it is being learned."""
        if event.kind == "garbage":
            self._tell_everybody(f"midi {event.device}", _GARBAGE.format(event.device), now)
            return
        messages = self._mapper.feed(event, self._target_of, self._source_of)
        for moved in self._mapper.moved:
            self._lights.heard(event.device, moved, now)
        if self.learning.hears(event):
            self._mapper.rearm()  # it moved nothing, so it has caught nothing
            return
        for message in messages:
            is_knob = event.kind not in KEYS and not isinstance(message.values[0], str)
            if is_knob and (sentence := self._quarrels.heard(message)):
                self._tell_everybody(message.source, sentence, now)
            yield from self._take(message, now, beat)

    def _tell_everybody(self, source: str, sentence: str, now: Seconds) -> None:
        """What a controller does wrong: it cannot be answered, but those who play can."""
        self.refuse(source, sentence, now)
        self._feedback.announce(sentence)

    def _learned(self, edit: EditMappings | None) -> Iterator[Asked]:
        if edit is not None:
            yield Asked(edit, self.learning.source)

    def _take(self, message: ControlMessage, now: Seconds, beat: Beats) -> Iterator[Asked]:
        performance, source = self.performance, message.source
        try:
            prompts = len(performance.trajectory.texts)
            for change in interpret(message.address, message.values, prompts):
                if change.clamped:
                    self._say_clamped(change, source, now)
                if performance.led is not None and change.row.key in _OURS_ALONE:
                    self._say_once(source, _LED.format(address=change.address), now)
                self.played(change.address, change.values, source)
                for effect in performance.apply(change, beat, source, now, message.bundle):
                    if isinstance(effect, Tap):
                        yield from self._tap(message, now, beat)
                    else:
                        yield from self._ask(effect, source, now)
                self._publish(change.address, source, now)
                if not source.startswith("midi "):
                    yield from self._learned(self.learning.touched(change.address, now))
        except Refused as refusal:
            self.refuse(source, str(refusal), now)

    def _ask(self, effect: Effect, source: str, now: Seconds) -> Iterator[Asked]:
        """What others must do for it; learning is done here. Raises Refused."""
        if isinstance(effect, Learn):
            self.learning.begin(effect.address, source, now)
        elif isinstance(effect, Unlearn):
            yield Asked(self.learning.unlearn(effect.address), source)
        else:
            yield Asked(effect, source)

    def _tap(self, message: ControlMessage, now: Seconds, beat: Beats) -> Iterator[Asked]:
        """A tap moves the tempo, as if it had been sent."""
        tempo = self._taps.tap(message.time)
        if tempo is not None and self.performance.led is None:
            moved = ControlMessage(message.time, "/ld/tempo", (tempo,), message.source)
            yield from self._take(moved, now, beat)

    def _say_clamped(self, change: Change, source: str, now: Seconds) -> None:
        """Once to each sender for each address."""
        self._say_once(source, f"{change.address} is kept to {span(change.row)}.", now)

    def _say_once(self, source: str, sentence: str, now: Seconds) -> None:
        said = (source, sentence)
        if said not in self._said and len(self._said) < _MOST_SAID:
            self._said.add(said)
            self.refuse(source, sentence, now)

    def _publish(self, address: str, source: str, now: Seconds) -> None:
        """Tell the surfaces the new value, and those that moved with it."""
        if address.endswith("/text") or address == "/ld/negative":
            texts = [str(text) for text in self.performance.at_address(address)]
            self._proofreader.read(self.performance.model, texts, source, now)
        weights = ("/ld/blend", "/ld/xy")
        of_prompt = address.startswith("/ld/prompt/") and address.endswith("/weight")
        if address in weights or of_prompt:
            for n, weight in enumerate(self.performance.trajectory.weights.target, start=1):
                self._feedback.publish(f"/ld/prompt/{n}/weight", (weight,), source, now)
            if address != "/ld/xy":
                address = "/ld/blend"
        if values := self.performance.at_address(address):
            self._feedback.publish(address, values, source, now)

    def _target_of(self, address: str) -> Value | None:
        values = self.performance.at_address(address)
        return values[0] if len(values) == 1 else None

    def _source_of(self, address: str) -> str | None:
        return self.performance.sources.get(address)
