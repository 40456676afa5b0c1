"""MIDI clock goes out from a thread a port, so that a stuck one holds up nobody."""

import threading
import time

import pytest

from livediffusion.control.clock_ticks import STOP, TICK
from livediffusion.control.clock_worker import PortClock
from livediffusion.ipc.arena import Arena, Transport


class Port:
    """An output that keeps what it is sent, and is stuck while told so."""

    def __init__(self, stuck=False):
        self.sent = []
        self.free = threading.Event()
        self.came = threading.Event()
        if not stuck:
            self.free.set()

    def send_message(self, message):
        self.came.set()
        self.free.wait()
        self.sent.append(message)


@pytest.fixture
def arena(tmp_path):
    made = Arena.create(tmp_path / "arena")
    made.write_transport(
        Transport(monotonic_ns=time.monotonic_ns(), beat=-0.01, beats_per_second=4.0)
    )
    return made


def test_a_stuck_port_holds_up_no_other_and_no_end(arena):
    stuck, free = Port(stuck=True), Port()
    clocks = [PortClock("stuck", stuck, arena), PortClock("free", free, arena)]
    assert stuck.came.wait(10.0)
    while free.sent.count(TICK) < 5:
        time.sleep(0.01)
    for clock in clocks:
        clock.end()
    assert stuck.sent == []
    assert free.sent[-1] == STOP
    stuck.free.set()
