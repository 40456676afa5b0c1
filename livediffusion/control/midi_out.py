"""MIDI out: what is sent to every output port that the config names.

Who decides what is sent is midi_feedback.py.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from livediffusion.control.midi import RESCAN
from livediffusion.control.midi_driver import MidiError, device_name
from livediffusion.control.midi_ports import OutputPorts
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
        self._waiting: deque[tuple[str, Message]] = deque()
        self._outputs = OutputPorts(patterns)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi out", daemon=True)
        self._is_wanted = bool(patterns)
        if self._is_wanted:
            self._thread.start()

    @property
    def devices(self) -> frozenset[str]:
        """Names of the open outputs."""
        return frozenset(map(device_name, tuple(self._outputs.ports)))

    @property
    def opened(self) -> int:
        """How many ports have been opened so far: one that came back remembers nothing."""
        return self._outputs.opened

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
        if self._is_wanted:
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        next_scan = 0.0
        while not self._closing.is_set():
            now = time.monotonic()
            if now >= next_scan:
                self._outputs.look()
                next_scan = time.monotonic() + RESCAN
            self._wake.wait(max(0.0, next_scan - time.monotonic()))
            self._wake.clear()
            self._send_waiting()
        self._send_waiting()
        self._outputs.close()

    def _send_waiting(self) -> None:
        while self._waiting:
            device, message = self._waiting.popleft()
            for name, port in self._outputs.ports.items():
                if device_name(name) == device:
                    self._send(name, port, message)

    def _send(self, name: str, port: Any, message: Message) -> None:
        try:
            port.send_message(message)
        except (MidiError, ValueError) as error:
            _log.warning("MIDI output %s did not take a message: %s", device_name(name), error)
