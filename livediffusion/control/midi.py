"""MIDI in: every input port that the config names, as they come and go.

The only importer of rtmidi. Ports are polled from one thread of ours instead of calling back from
the driver's: JACK's is a real-time thread, and waiting for Python there would stop everybody's
audio.
"""

from __future__ import annotations

import glob
import logging
import os
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import rtmidi

from livediffusion.control.midibytes import Splitter, event_of
from livediffusion.state.controls import MidiEvent
from livediffusion.types import Seconds

_CLIENT_NAME = "livediffusion"
_RESCAN = 1.0  # seconds between two looks for ports
_BUSY_POLL = 0.001  # seconds, while something is being played
_IDLE_POLL = 0.004
_BUSY_FOR = 2.0  # seconds after the last event
_QUEUE_LENGTH = 4096  # events
_ALSA_PORT_NUMBER = re.compile(r" \d+:\d+$")  # " 20:0": differs each time it is plugged in

_log = logging.getLogger(__name__)

NO_MIDI = (
    "There is no MIDI on this machine yet: it has neither an ALSA sequencer (/dev/snd/seq) nor a "
    "running JACK server. OSC works; MIDI is looked for again every second."
)


@dataclass(slots=True)
class _Port:
    """One open input."""

    name: str  # as performers know it
    input: Any
    splitter: Splitter = field(default_factory=Splitter)


class MidiInputs:
    """Opens the ports whose names match, stamps and splits what they send.

    Threading: one thread opens, polls and closes; the control loop drains. `wake` is set when
    something has come in. Never raises: without MIDI it says so once and goes on looking.
    """

    def __init__(self, patterns: Sequence[str], wake: threading.Event) -> None:
        self.overflowed = 0  # events lost because nobody drained them
        self._patterns = [pattern.lower() for pattern in patterns]
        self._wake = wake
        self._events: deque[MidiEvent] = deque()
        self._ports: dict[str, _Port] = {}  # by the driver's name
        self._driver = _Driver()
        self._closing = threading.Event()
        self._last_event = 0.0
        self._thread = threading.Thread(target=self._run, name="midi in", daemon=True)
        self._thread.start()

    @property
    def devices(self) -> list[str]:
        """Names of the open inputs."""
        return sorted(port.name for port in tuple(self._ports.values()))

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
                next_scan = time.monotonic() + _RESCAN
            self._poll()
            busy = now - self._last_event < _BUSY_FOR
            idle = _IDLE_POLL if self._ports else _RESCAN / 4
            self._closing.wait(_BUSY_POLL if busy else idle)
        for name in list(self._ports):
            self._drop(name)
        self._driver.close()

    def _rescan(self) -> None:
        try:
            names = self._driver.port_names()
        except rtmidi.RtMidiError as error:
            _log.warning("MIDI ports cannot be listed: %s", error)
            return
        for name in set(self._ports) - set(names):
            self._drop(name)
        for index, name in enumerate(names):
            if name not in self._ports and self._is_wanted(name):
                self._open(index, name)

    def _is_wanted(self, name: str) -> bool:
        known = (name.lower(), _device_name(name).lower())
        return any(fnmatchcase(one, pattern) for one in known for pattern in self._patterns)

    def _open(self, index: int, name: str) -> None:
        try:
            opened = self._driver.open(index)
        except (rtmidi.RtMidiError, OverflowError) as error:
            _log.warning("MIDI input %s cannot be opened: %s", name, error)
            return
        self._ports[name] = _Port(_device_name(name), opened)
        _log.info("MIDI input %s is open.", _device_name(name))

    def _drop(self, name: str) -> None:
        port = self._ports.pop(name)
        _shut(port.input)
        self._put(MidiEvent(port.name, "gone", 1, 0, 0, time.monotonic()))
        _log.info("MIDI input %s is gone.", port.name)

    def _poll(self) -> None:
        for port in self._ports.values():
            while (received := port.input.get_message()) is not None:
                self._take(port, received[0], time.monotonic())

    def _take(self, port: _Port, data: Sequence[int], now: Seconds) -> None:
        for message in port.splitter.feed(data):
            event = event_of(message, port.name, now)
            if event is not None:
                self._put(event)
                self._last_event = now

    def _put(self, event: MidiEvent) -> None:
        if len(self._events) >= _QUEUE_LENGTH:
            self.overflowed += 1
        else:
            self._events.append(event)
        self._wake.set()


class _Driver:
    """The system's MIDI: CoreMIDI, Windows or ALSA; JACK where those are not and a server runs."""

    def __init__(self) -> None:
        self._api: int | None = None
        self._scanner: Any = None  # an input that is never opened, for its list of ports
        self._jack: socket.socket | None = None  # ends when the JACK server does
        self._has_said = False

    def port_names(self) -> list[str]:
        """The names of all input ports; none while there is no MIDI at all."""
        if self._jack is not None and _has_ended(self._jack):
            _log.warning("The JACK server is gone; MIDI comes back when it does.")
            self.close()
        if self._scanner is None and not self._connect():
            return []
        return list(self._scanner.get_ports())

    def open(self, index: int) -> Any:
        """An open input for the port at this index of `port_names`."""
        opened = rtmidi.MidiIn(self._api, name=_CLIENT_NAME, queue_size_limit=_QUEUE_LENGTH)
        try:
            opened.open_port(index, "in")
        except rtmidi.RtMidiError:
            opened.delete()
            raise
        return opened

    def close(self) -> None:
        """Forget the driver; `port_names` looks for one again."""
        if self._scanner is not None:
            _shut(self._scanner)
            self._scanner = None
        if self._jack is not None:
            self._jack.close()
            self._jack = None

    def _connect(self) -> bool:
        jack = _connect_jack() if _system_api() is None else None
        self._api = rtmidi.API_UNIX_JACK if jack is not None else _system_api()
        if self._api is None:
            if not self._has_said:
                _log.warning(NO_MIDI)
            self._has_said = True
            return False
        self._jack = jack
        self._scanner = rtmidi.MidiIn(self._api, name=f"{_CLIENT_NAME} scan")
        return True


def list_inputs() -> list[str]:
    """The names of the MIDI inputs that are there now; none where there is no MIDI."""
    driver = _Driver()
    try:
        return [_device_name(name) for name in driver.port_names()]
    finally:
        driver.close()


def _system_api() -> int | None:
    """rtmidi's number of the system's own MIDI, None where it would only raise."""
    compiled = rtmidi.get_compiled_api()
    for api in (rtmidi.API_MACOSX_CORE, rtmidi.API_WINDOWS_MM, rtmidi.API_LINUX_ALSA):
        if api in compiled and (api != rtmidi.API_LINUX_ALSA or Path("/dev/snd/seq").exists()):
            return int(api)
    return None


def _connect_jack() -> socket.socket | None:
    """A connection to the running JACK server's socket, or None.

    Asking libjack instead would fill stderr each time, and it cannot tell when a server died.
    """
    if sys.platform != "linux" or rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        return None
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    server = glob.escape(os.environ.get("JACK_DEFAULT_SERVER", "default"))
    for path in sorted(Path("/dev/shm").glob(f"jack_{server}_{os.getuid()}_*")):
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.connect(str(path))
        except OSError:  # left over from a server that was killed
            opened.close()
            continue
        opened.setblocking(False)
        return opened
    return None


def _has_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _device_name(port: str) -> str:
    return _ALSA_PORT_NUMBER.sub("", port)


def _shut(opened: Any) -> None:
    try:
        opened.close_port()
        opened.delete()
    except rtmidi.RtMidiError as error:
        _log.warning("A MIDI port could not be closed: %s", error)
