"""Twenty thousand messages a second over loopback: what is left of them.

Run as a program it says what they cost, in cores:

    python tests/control/test_flood.py
"""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from osc_room import free_port

from livediffusion.config import OscConfig
from livediffusion.control.endpoint import AllowList
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc import OscServer

RATE, SECONDS = 20_000, 1.5
ROUNDS = 4  # of measuring

pytestmark = pytest.mark.skipif(
    not hasattr(time, "pthread_getcpuclockid"), reason="needs clocks of single threads"
)


def flood():
    """What was sent, counted and dropped, what stood last, and the cost in cores at RATE."""
    inbox, port = Inbox(), free_port()
    server = OscServer(OscConfig(port=port), inbox, AllowList([]))
    receiving = next(t for t in threading.enumerate() if t.name == "osc in")
    clock = time.pthread_getcpuclockid(receiving.ident)
    command = [sys.executable, str(Path(__file__).with_name("flooding.py"))]
    sender = subprocess.Popen([*command, str(port), str(RATE), str(SECONDS)], stdout=-1, text=True)
    begun, last = time.thread_time(), {}
    while sender.poll() is None:
        inbox.wait(0.005)
        last |= {message.address: message.values for message in inbox.drain(time.monotonic())}
    time.sleep(0.1)
    last |= {message.address: message.values for message in inbox.drain(time.monotonic())}
    sent, counts = int(sender.communicate()[0]), server.statistics()
    cost = (time.clock_gettime(clock) + time.thread_time() - begun) / counts["packets"] * RATE
    server.close()
    return sent, counts, last, cost


def test_after_a_flood_the_last_value_stands_and_every_packet_is_accounted_for():
    sent, counts, last, _ = flood()
    assert counts["packets"] > 0
    assert counts["packets"] + counts["drops"] == sent
    assert last["/ld/gain"] == (0.125,)


if __name__ == "__main__":
    print(*(f"{flood()[3]:.3f}" for _ in range(ROUNDS)))
