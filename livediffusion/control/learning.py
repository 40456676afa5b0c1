"""MIDI learn: from a request, by a touch and a move, to a table in the patch file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from livediffusion.control.osc_feedback import Feedback
from livediffusion.state.controls import MidiEvent
from livediffusion.state.effects import EditMappings
from livediffusion.state.lesson import ANY, Lesson, News, Word
from livediffusion.state.mapping import BANK
from livediffusion.state.mappingedit import check_target, wish_for, with_mapping, without_mapping
from livediffusion.state.parameters import Refused, resolve
from livediffusion.state.performance import Performance
from livediffusion.state.recogniser import Recognised
from livediffusion.types import Seconds

_OUT = "/ld/out/learn"
_NOT_MEANT = ("/ld/state",)  # surfaces ask for it by themselves

_log = logging.getLogger(__name__)


class Learning:
    """Threading: the control process's main thread only. Times are time.monotonic()'s."""

    def __init__(
        self, performance: Performance, feedback: Feedback, devices: Callable[[], Collection[str]]
    ) -> None:
        """`devices` are the names of the open MIDI inputs."""
        self._performance = performance
        self._feedback = feedback
        self._devices = devices
        self._lesson: Lesson | None = None
        self.source = ""  # who asked for the lesson

    @property
    def listens(self) -> bool:
        """Whether controls are listened to, and move nothing meanwhile."""
        return self._lesson is not None and self._lesson.listens

    def begin(self, address: str, source: str, now: Seconds) -> None:
        """Learn what shall move an address; ANY for the next that is touched, "" to stop.

        Raises Refused.
        """
        if address not in (ANY, ""):
            self._check(address)
        if self._lesson is not None:
            self.tell("ended", "Learning was stopped.", self.source, now)
        elif not address:
            self.tell("ended", "Nothing is being learned.", source, now)
        self._lesson, self.source = Lesson(address, now) if address else None, source
        if self._lesson is not None:
            self._say(self._lesson.opening(), now)

    def unlearn(self, address: str) -> EditMappings:
        """Let nothing move an address any more. Raises Refused."""
        resolve(address)
        return EditMappings(lambda text: without_mapping(text, address))

    def hears(self, event: MidiEvent) -> bool:
        """Listen to an event; whether it is meant for learning alone. Letting go of keys is not."""
        if self._lesson is None or not self._lesson.listens:
            return False
        self._lesson.feed(event)
        return event.kind != "note" or event.value > 0

    def touched(self, address: str, now: Seconds) -> EditMappings | None:
        """A parameter was moved by another hand; what is to be written then."""
        if self._lesson is None or address in _NOT_MEANT:
            return None
        try:
            check_target(address)
        except Refused:
            return None
        return self._act_on(self._lesson.touch(address), now)

    def look(self, now: Seconds) -> EditMappings | None:
        """Find out whether a control was moved; what is to be written then."""
        return None if self._lesson is None else self._act_on(self._lesson.look(now), now)

    def tell(self, word: Word, sentence: str, source: str, now: Seconds) -> None:
        """Say how it goes to who asked, to the surfaces, and when it is over to the log."""
        self._feedback.answer(source, {_OUT: (word, sentence)}, now)
        self._feedback.publish(_OUT, (word, sentence), "livediffusion", now)
        if word in ("learned", "failed"):
            _log.info("%s", sentence)

    def _act_on(self, news: News | None, now: Seconds) -> EditMappings | None:
        if news is None:
            return None
        if news.pair is None:
            self._say(news, now)
            return None
        self._lesson = None
        try:
            return self._edit(*news.pair)
        except Refused as refusal:
            self.tell("failed", str(refusal), self.source, now)
            return None

    def _edit(self, target: str, heard: Recognised) -> EditMappings:
        values = self._performance.at_address(target)
        bank = int(self._performance.values[BANK.removeprefix("/ld/")])
        wish = wish_for(target, heard, values[0] if values else None, bank, self._devices())
        return EditMappings(lambda text: with_mapping(text, wish))

    def _say(self, news: News, now: Seconds) -> None:
        self.tell(news.word, news.sentence, self.source, now)
        if news.word == "ended":
            self._lesson = None

    def _check(self, address: str) -> None:
        check_target(address)
        n, prompts = resolve(address)[1], len(self._performance.trajectory.texts)
        if n is not None and n > prompts:
            raise Refused(f"There is no prompt {n}: the last is {prompts}.")
