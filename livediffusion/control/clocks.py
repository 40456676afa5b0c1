"""The clocks there are to choose from, opened by their name."""

from __future__ import annotations

from collections.abc import Callable

from livediffusion.config import ClockConfig
from livediffusion.control.clock import ClockSource
from livediffusion.control.link import LinkClock
from livediffusion.control.midi import MidiInputs
from livediffusion.control.midiclock import MidiClock
from livediffusion.ipc.arena import Transport


class Clocks:
    """Threading: the control process's main thread only."""

    def __init__(
        self, config: ClockConfig, midi: MidiInputs, transport: Callable[[], Transport]
    ) -> None:
        """`transport` says what sounds."""
        self._config = config
        self._midi = midi
        self._transport = transport

    def open(self, name: str, say: Callable[[str], None]) -> ClockSource | None:
        """The clock of that name, after the one before was closed; None for our own.

        What the performer must know of it goes to `say`.
        """
        self._midi.clock_ear = None
        if name == "midi":
            clock = MidiClock(self._transport, say, self._config.input)
            self._midi.clock_ear = clock.hear
            return clock
        if name == "link":
            return LinkClock(self._transport, say, self._config.start_stop)
        return None
