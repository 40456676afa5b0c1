"""One lesson in MIDI learn: a parameter is touched, a control is moved, in either order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from livediffusion.state.controls import MidiEvent
from livediffusion.state.recogniser import Recognised, Recogniser, Unclear
from livediffusion.types import Seconds

Word: TypeAlias = Literal["waiting", "heard", "learned", "failed", "ended"]

ANY = "*"  # as a target: the next parameter that is touched
LONGEST: Seconds = 60.0
_INTERVAL: Seconds = 0.05  # between two looks at what has moved


@dataclass(frozen=True, slots=True)
class News:
    """How the lesson goes; `pair` is what belongs together, at its end."""

    word: Word
    sentence: str
    pair: tuple[str, Recognised] | None = None


@dataclass(slots=True)
class Lesson:
    """Pure; times are time.monotonic()'s and come with the calls."""

    target: str  # ANY until one was touched
    begun: Seconds
    heard: Recognised | None = None
    _is_open: bool = field(init=False)  # any parameter may be touched
    _recogniser: Recogniser = field(default_factory=Recogniser)
    _said: set[str] = field(default_factory=set)
    _next: Seconds = 0.0

    def __post_init__(self) -> None:
        self._is_open = self.target == ANY

    @property
    def listens(self) -> bool:
        """Whether a control is still to be moved."""
        return self.heard is None

    def opening(self) -> News:
        """What to do first."""
        if self.target == ANY:
            return News("waiting", "Touch a parameter and move a control, whichever first.")
        return News("waiting", f"Now move the control that shall move {self.target}.")

    def feed(self, event: MidiEvent) -> None:
        """A control was moved, perhaps."""
        if self.listens:
            self._recogniser.feed(event)

    def touch(self, address: str) -> News | None:
        """A parameter was touched elsewhere; the last one before the control counts."""
        if not self._is_open or address == self.target:
            return None
        self.target = address
        if self.heard is not None:
            return self._done(self.heard)
        return News("heard", f"Now move the control that shall move {address}.")

    def look(self, now: Seconds) -> News | None:
        """What is new; call it often."""
        if now < self._next:
            return None
        self._next = now + _INTERVAL
        if now - self.begun > LONGEST:
            return News("ended", f"Nothing came in {LONGEST:.0f} s, so nothing was learned.")
        found = self._recogniser.find(now) if self.listens else None
        if isinstance(found, Unclear):
            return self._once("waiting", found.sentence)
        if found is None:
            return None
        self.heard = found
        if self.target != ANY:
            return self._done(found)
        return News(
            "heard", f"That is {found.control} of {found.device}: now touch what it shall move."
        )

    def _done(self, heard: Recognised) -> News:
        return News("learned", "", (self.target, heard))

    def _once(self, word: Word, sentence: str) -> News | None:
        if sentence in self._said:
            return None
        self._said.add(sentence)
        return News(word, sentence)
