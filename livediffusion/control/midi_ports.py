"""The MIDI outputs that are asked for by name, opened as they come and shut as they go."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from livediffusion.control.midi import CANNOT_OPEN
from livediffusion.control.midi_driver import Driver, MidiError, device_name, is_wanted, shut

_log = logging.getLogger(__name__)


class OutputPorts:
    """Threading: one thread's alone, but `ports` may be read from any. Never raises."""

    def __init__(
        self,
        patterns: Sequence[str],
        what: str = "MIDI output",
        parting: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`parting` is called with the driver's name before a port is shut."""
        self.ports: dict[str, Any] = {}  # open outputs, by the driver's name
        self.opened = 0  # how many have been, so far
        self._patterns = tuple(patterns)
        self._what = what
        self._parting = parting
        self._refused: set[str] = set()  # ports that do not open; that is said once
        self._driver = Driver("out")

    def look(self) -> None:
        """Open what has come, and let go of what is gone."""
        try:
            names = self._driver.port_names()
        except MidiError as error:
            _log.warning("MIDI ports cannot be listed: %s", error)
            return
        for name in set(self.ports) - set(names):
            self._drop(name)
        self._refused &= set(names)
        for name in names:
            if name not in self.ports and is_wanted(name, self._patterns):
                self._open(name)

    def close(self) -> None:
        """Shut every port."""
        for name in list(self.ports):
            self._drop(name)
        self._driver.close()

    def _open(self, name: str) -> None:
        try:
            opened = self._driver.open(name)
        except (MidiError, OverflowError) as error:
            if name not in self._refused:
                _log.warning(CANNOT_OPEN, device_name(name), error)
            self._refused.add(name)
            return
        if opened is not None:
            self.ports[name] = opened
            self.opened += 1
            _log.info("%s %s is open.", self._what, device_name(name))

    def _drop(self, name: str) -> None:
        self._parting(name)
        shut(self.ports.pop(name))
        _log.info("%s %s is gone.", self._what, device_name(name))
