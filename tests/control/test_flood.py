"""Twenty thousand messages a second over loopback: what they cost, and what is left of them."""

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
ROUNDS = 4  # the best one counts: others may need the machine
A_QUARTER = 0.25  # of a core

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


def test_a_flood_costs_at_most_a_quarter_of_a_core_and_its_last_value_stands():
    costs = []
    while len(costs) < ROUNDS and min(costs, default=1.0) > A_QUARTER:
        sent, counts, last, cost = flood()
        assert counts["packets"] + counts["drops"] == sent
        assert counts["packets"] > sent / 4, "or the machine has no time for this test"
        assert last["/ld/gain"] == (0.125,)
        costs.append(cost)
    assert min(costs) <= A_QUARTER, costs
