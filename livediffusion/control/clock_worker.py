"""The clock process: MIDI clock to every output that the config names.

A process of its own, so that nothing that the control process does makes the ticks late, and no
driver that holds on to Python's lock holds up anything but ticks.

Threading: the main thread opens and shuts ports; each port's ticks have a thread of their own.
"""

from __future__ import annotations

import logging
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from livediffusion.control.clock_out import ClockOutSettings
from livediffusion.control.clock_ticks import STOP, Ticks
from livediffusion.control.midi import RESCAN
from livediffusion.control.midi_driver import MidiError, device_name
from livediffusion.control.midi_ports import OutputPorts
from livediffusion.ipc.arena import Arena
from livediffusion.ipc.lifeline import hold
from livediffusion.player.watch import take_priority
from livediffusion.types import Seconds

_SLICE: Seconds = 0.005  # after which the transport page is read again
_STUCK: Seconds = 0.5  # a port that takes so long to answer is left to itself

_log = logging.getLogger(__name__)


def main(settings: ClockOutSettings, lifeline: Connection) -> None:
    """Send clock until asked to end, or until the control process is gone."""
    stop = hold(lifeline)
    take_priority()
    clocks: dict[str, PortClock] = {}
    arena = Arena(settings.run_dir / "arena")
    outputs = OutputPorts(
        settings.ports, "MIDI clock output", parting=lambda name: clocks.pop(name).end()
    )
    while not stop.is_set():
        outputs.look()
        for name, port in outputs.ports.items():
            if name not in clocks:
                clocks[name] = PortClock(device_name(name), port, arena)
        stop.wait(RESCAN)
    outputs.close()


class PortClock:
    """One port's ticks, from its opening to its end."""

    def __init__(self, name: str, port: Any, arena: Arena) -> None:
        self._name = name
        self._port = port
        self._arena = arena
        self._ticks = Ticks()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"clock to {name}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the receiver, and send no more."""
        self._ending.set()
        self._thread.join(_STUCK)

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self._go_on()
            if self._ticks.running:
                self._port.send_message(STOP)
        except (MidiError, ValueError) as error:
            _log.warning("MIDI clock output %s does not take clock: %s", self._name, error)

    def _go_on(self) -> None:
        """Wait for a moment, or for what is due before that, and send it."""
        page, now = self._arena.read_transport(), time.monotonic()
        step = self._ticks.next(page, now)
        if step is None or step.time > now + _SLICE:
            time.sleep(_SLICE)
            return
        time.sleep(max(step.time - now, 0.0))
        for message in step.messages:
            self._port.send_message(message)
        self._ticks.sent(step, page, time.monotonic())
