"""A child leaves when its supervisor is gone, and ends in order when asked."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

_CHILD = """
import sys, time
from multiprocessing.connection import Connection
from livediffusion.ipc.lifeline import hold
stop = hold(Connection(int(sys.argv[1]), writable=False))
print("ready", flush=True)
while not stop.wait(0.01):
    pass
print("ending", flush=True)
time.sleep(float(sys.argv[2]))
print("ended", flush=True)
"""


class Child:
    def __init__(self, ending_s: float = 0.0) -> None:
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(read_end), str(ending_s)],
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(read_end,),
        )
        os.close(read_end)
        self.lifeline = Connection(write_end, readable=False)
        assert self.process.stdout is not None
        self.words = self.process.stdout
        assert self.words.readline() == "ready\n"


@contextlib.contextmanager
def child(ending_s: float = 0.0) -> Iterator[Child]:
    started = Child(ending_s)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        started.words.close()


def test_orderly_end_is_finished() -> None:
    with child(ending_s=0.3) as one:
        one.lifeline.send_bytes(b"end")
        assert one.words.read() == "ending\nended\n"
        assert one.process.wait(10.0) == 0


def test_child_leaves_with_its_supervisor() -> None:
    with child() as one:
        one.lifeline.close()
        assert one.words.read() == ""
        assert one.process.wait(10.0) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_the_supervisors_business(number: signal.Signals) -> None:
    with child() as one:
        one.process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            one.process.wait(0.5)
        one.lifeline.send_bytes(b"end")
        assert one.process.wait(10.0) == 0
