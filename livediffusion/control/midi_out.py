"""MIDI out: every output port that the config names, as they come and go.

Who decides what is sent is midi_feedback.py.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from livediffusion.control.midi import CANNOT_OPEN, RESCAN
from livediffusion.control.midi_driver import Driver, MidiError, device_name, is_wanted, shut
from livediffusion.control.midibytes import Message

_QUEUE_LENGTH = 2048  # messages

_log = logging.getLogger(__name__)


class MidiOutputs:
    """Opens the ports whose names match, and sends what it is given, in order.

    Threading: one thread opens, sends and closes; a device that does not answer holds up nobody
    else. `send` and `devices` may be used from any. Without patterns nothing runs at all. Never
    raises.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.overflowed = 0  # messages lost because a device took too long
        self._patterns = tuple(patterns)
        self._waiting: deque[tuple[str, Message]] = deque()
        self._ports: dict[str, Any] = {}  # open outputs, by the driver's name
        self._refused: set[str] = set()  # ports that do not open; that is said once
        self._opened = 0
        self._driver = Driver("out")
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi out", daemon=True)
        if self._patterns:
            self._thread.start()

    @property
    def devices(self) -> frozenset[str]:
        """Names of the open outputs."""
        return frozenset(map(device_name, tuple(self._ports)))

    @property
    def opened(self) -> int:
        """How many ports have been opened so far: one that came back remembers nothing."""
        return self._opened

    def send(self, device: str, message: Message) -> None:
        """Send as soon as may be; to a device that is gone: not at all."""
        if len(self._waiting) >= _QUEUE_LENGTH:
            self.overflowed += 1
            return
        self._waiting.append((device, message))
        self._wake.set()

    def close(self) -> None:
        """Send what waits, then close every port."""
        self._closing.set()
        self._wake.set()
        if self._patterns:
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        next_scan = 0.0
        while not self._closing.is_set():
            now = time.monotonic()
            if now >= next_scan:
                self._rescan()
                next_scan = time.monotonic() + RESCAN
            self._wake.wait(max(0.0, next_scan - time.monotonic()))
            self._wake.clear()
            self._send_waiting()
        self._send_waiting()
        for name in list(self._ports):
            self._drop(name)
        self._driver.close()

    def _rescan(self) -> None:
        try:
            names = self._driver.port_names()
        except MidiError as error:
            _log.warning("MIDI ports cannot be listed: %s", error)
            return
        for name in set(self._ports) - set(names):
            self._drop(name)
        self._refused &= set(names)
        for name in names:
            if name not in self._ports and is_wanted(name, self._patterns):
                self._open(name)

    def _open(self, name: str) -> None:
        try:
            opened = self._driver.open(name)
        except (MidiError, OverflowError) as error:
            if name not in self._refused:
                _log.warning(CANNOT_OPEN, device_name(name), error)
            self._refused.add(name)
            return
        if opened is not None:
            self._ports[name] = opened
            self._opened += 1
            _log.info("MIDI output %s is open.", device_name(name))

    def _drop(self, name: str) -> None:
        shut(self._ports.pop(name))
        _log.info("MIDI output %s is gone.", device_name(name))

    def _send_waiting(self) -> None:
        while self._waiting:
            device, message = self._waiting.popleft()
            for name, port in self._ports.items():
                if device_name(name) == device:
                    self._send(name, port, message)

    def _send(self, name: str, port: Any, message: Message) -> None:
        try:
            port.send_message(message)
        except (MidiError, ValueError) as error:
            _log.warning("MIDI output %s did not take a message: %s", device_name(name), error)
