"""The machine's MIDI: which ports there are, and opening them.

The only importer of rtmidi. On Linux that is ALSA, or JACK where there is no sequencer and a
server runs; elsewhere CoreMIDI or Windows.
"""

from __future__ import annotations

import glob
import logging
import os
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import rtmidi

from livediffusion.state.controls import is_device

MidiError = rtmidi.RtMidiError
Direction: TypeAlias = Literal["in", "out"]

QUEUE_LENGTH = 4096  # events
_CLIENT_NAME = "livediffusion"
_ALSA_PORT_NUMBER = re.compile(r" \d+:\d+$")  # " 20:0": differs each time it is plugged in

_log = logging.getLogger(__name__)

NO_MIDI = (
    "There is no MIDI on this machine yet: it has neither an ALSA sequencer (/dev/snd/seq) nor a "
    "running JACK server. OSC works; MIDI is looked for again every second."
)


class Driver:
    """The ports of one direction: "in" are those that we can listen to.

    Threading: one thread's alone. Raises MidiError.
    """

    def __init__(self, direction: Direction) -> None:
        self._open = rtmidi.MidiIn if direction == "in" else rtmidi.MidiOut
        self._direction = direction
        self._api: int | None = None
        self._scanner: Any = None  # a port that is never opened, for its list of the others
        self._jack: socket.socket | None = None  # ends when the JACK server does
        self._has_said = False

    def port_names(self) -> list[str]:
        """The names of all ports, as the driver has them; none while there is no MIDI at all."""
        if self._jack is not None and _has_ended(self._jack):
            _log.warning("The JACK server is gone; MIDI comes back when it does.")
            self.close()
        if self._scanner is None and not self._connect():
            return []
        return list(self._scanner.get_ports())

    def open(self, name: str) -> Any:
        """The open port of that name, an rtmidi object; None if it has just gone."""
        limit = {"queue_size_limit": QUEUE_LENGTH} if self._direction == "in" else {}
        opened = self._open(self._api, name=_CLIENT_NAME, **limit)
        try:
            names = list(opened.get_ports())  # numbered anew when one comes or goes
            if name not in names:
                opened.delete()
                return None
            if self._direction == "in":  # a message that is passed over takes its time with it
                opened.ignore_types(sysex=True, timing=False, active_sense=False)
            opened.open_port(names.index(name), self._direction)
        except MidiError:
            opened.delete()
            raise
        return opened

    def close(self) -> None:
        """Forget the driver; `port_names` looks for one again."""
        if self._scanner is not None:
            shut(self._scanner)
            self._scanner = None
        if self._jack is not None:
            self._jack.close()
            self._jack = None

    def _connect(self) -> bool:
        jack = _connect_jack() if _system_api() is None else None
        self._api = rtmidi.API_UNIX_JACK if jack is not None else _system_api()
        if self._api is None:
            if not self._has_said and self._direction == "in":
                _log.warning(NO_MIDI)
            self._has_said = True
            return False
        self._jack = jack
        self._scanner = self._open(self._api, name=f"{_CLIENT_NAME} scan")
        return True


def list_ports(direction: Direction) -> list[str]:
    """The names of the devices that are there now; none where there is no MIDI."""
    driver = Driver(direction)
    try:
        names = map(device_name, driver.port_names())
        return [name for name in names if not is_device(f"{_CLIENT_NAME}*", name)]
    finally:
        driver.close()


def is_wanted(name: str, patterns: Sequence[str]) -> bool:
    """Whether a port is asked for; livediffusion's own only where a pattern begins like that."""
    device = device_name(name)
    if is_device(f"{_CLIENT_NAME}*", device):
        patterns = [pattern for pattern in patterns if pattern.lower().startswith(_CLIENT_NAME)]
    return any(is_device(pattern, one) for pattern in patterns for one in (name, device))


def device_name(port: str) -> str:
    """A port's name as performers know it, the same each time that it is plugged in."""
    return _ALSA_PORT_NUMBER.sub("", port)


def shut(opened: Any) -> None:
    """Close a port, whatever state its driver is in."""
    try:
        opened.close_port()
        opened.delete()
    except MidiError as error:
        _log.warning("A MIDI port could not be closed: %s", error)


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
