"""MIDI in: every input port that the config names, as they come and go.

Ports are polled from one thread of ours instead of calling back from the driver's: JACK's is a
real-time thread, and waiting for Python there would stop everybody's audio.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from livediffusion.control.arrivals import Arrivals
from livediffusion.control.midi_driver import (
    QUEUE_LENGTH,
    Driver,
    MidiError,
    device_name,
    is_wanted,
    shut,
)
from livediffusion.control.midibytes import Message, Splitter, event_of, is_clock
from livediffusion.state.controls import MidiEvent
from livediffusion.types import Seconds

RESCAN = 1.0  # seconds between two looks for ports
_BUSY_POLL = 0.001  # seconds, while something is being played
_IDLE_POLL = 0.004
_BUSY_FOR = 2.0  # seconds after the last event

CANNOT_OPEN = "The MIDI port %s cannot be opened (another program may have it): %s"

ClockEar: TypeAlias = Callable[[str, Message, Seconds], None]  # a device, its message, its time

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Port:
    """One open input."""

    name: str  # as performers know it
    input: Any
    splitter: Splitter = field(default_factory=Splitter)
    arrivals: Arrivals = field(default_factory=Arrivals)
    is_doubted: bool = False  # it has sent what is no MIDI


class MidiInputs:
    """Opens the ports whose names match, stamps and splits what they send.

    Threading: one thread opens, polls and closes; the control loop drains. `wake` is set when
    something has come in. Never raises: without MIDI it says so once and goes on looking.
    """

    def __init__(self, patterns: Sequence[str], wake: threading.Event) -> None:
        self.clock_ear: ClockEar | None = None  # is told of clock messages, on the MIDI thread
        self._counts = Counter(events=0, malformed=0, overflowed=0)
        self._patterns = tuple(patterns)
        self._wake = wake
        self._events: deque[MidiEvent] = deque()
        self._ports: dict[str, _Port] = {}  # by the driver's name
        self._refused: set[str] = set()  # ports that do not open; that is said once
        self._driver = Driver("in")
        self._closing = threading.Event()
        self._last_event = 0.0
        self._thread = threading.Thread(target=self._run, name="midi in", daemon=True)
        self._thread.start()

    @property
    def devices(self) -> list[str]:
        """Names of the open inputs."""
        return sorted(port.name for port in tuple(self._ports.values()))

    def statistics(self) -> dict[str, int]:
        """Events that came in, bytes that belonged to none, events lost as nobody drained them."""
        return dict(self._counts)

    def drain(self) -> list[MidiEvent]:
        """What has come in since the last call, oldest first."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def close(self) -> None:
        """Close every port."""
        self._closing.set()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        next_scan = 0.0
        while not self._closing.is_set():
            now = time.monotonic()
            if now >= next_scan:
                self._rescan()
                next_scan = time.monotonic() + RESCAN
            self._poll()
            busy = now - self._last_event < _BUSY_FOR
            idle = _IDLE_POLL if self._ports else RESCAN / 4
            self._closing.wait(_BUSY_POLL if busy else idle)
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
            self._ports[name] = _Port(device_name(name), opened)
            _log.info("MIDI input %s is open.", device_name(name))

    def _drop(self, name: str) -> None:
        port = self._ports.pop(name)
        shut(port.input)
        self._put(MidiEvent(port.name, "gone", 1, 0, 0, time.monotonic()))
        _log.info("MIDI input %s is gone.", port.name)

    def _poll(self) -> None:
        for port in self._ports.values():
            while (received := port.input.get_message()) is not None:
                self._take(port, received[0], port.arrivals.stamp(received[1], time.monotonic()))

    def _take(self, port: _Port, data: Sequence[int], now: Seconds) -> None:
        known = port.splitter.malformed
        for message in port.splitter.feed(data):
            if is_clock(message):
                if (ear := self.clock_ear) is not None:
                    ear(port.name, message, now)
                continue
            event = event_of(message, port.name, now)
            if event is not None:
                self._counts["events"] += 1
                self._put(event)
                self._last_event = now
        if (found := port.splitter.malformed - known) > 0:
            self._counts["malformed"] += found
            if not port.is_doubted:
                port.is_doubted = True
                self._put(MidiEvent(port.name, "garbage", 1, 0, 0, now))

    def _put(self, event: MidiEvent) -> None:
        if len(self._events) >= QUEUE_LENGTH:
            self._counts["overflowed"] += 1
        else:
            self._events.append(event)
        self._wake.set()
