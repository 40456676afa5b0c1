"""Measure how the player holds out under load: a mixing callback against rtmixer's ring buffer.

    python tests/player/measure_outputs.py [seconds a case]

Each case plays a counting loop from the real player process through a JACK dummy server of its
own and captures it. Columns: breaks in the captured count, captured frames of silence within
the song, milliseconds that the audio fell behind the clock (JACK skips the cycle of a client
that is late, so that loss is not in the capture), the player's own underrun counter, and how
long after its sending a mute leaves the mixer (the ring's 16 to 21 ms come on top).
"""

# ruff: noqa: E402 - the tests' own folders are no package

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import numpy as np
from jack import DEVICE, Jack
from player_stage import Stage, counting, numbers
from rich.console import Console
from rich.table import Table

from livediffusion.ipc.wire import Client
from livediffusion.player import device, worker
from livediffusion.player.outputs import Fill
from livediffusion.types import Frames, Json

_FRAMES = 96000
_BUSY = ("while True: pass", "import numpy as n\na=n.ones((400,400))\nwhile True: a@a")
_LOADS = (
    "none",
    "cores busy",
    "flood",
    "cores busy, flood",
    "cores busy, flood, ordinary priority",
    "lock held 20 ms in 120",
)
_OUTPUTS = ("callback", "ring 768", "ring 1024")


class RingOutput:
    """What was measured against: rtmixer plays a ring that an ordinary thread keeps full."""

    def __init__(
        self, about: Json, channels: Sequence[int], sample_rate: int, blocksize: Frames
    ) -> None:
        import rtmixer

        self.name = str(about["name"])
        self.underruns = 0
        self._target = int(os.environ["MEASURE_OUTPUT"].split()[1])
        self.latency = self._target / sample_rate
        self._stream = rtmixer.Mixer(
            device=about["portaudio"], samplerate=sample_rate, channels=2,
            blocksize=blocksize, latency="low",
        )  # fmt: skip
        self._ring = rtmixer.RingBuffer(8, 4096)
        self._stop = threading.Event()

    def start(self, fill: Fill) -> None:
        self._stream.start()
        threading.Thread(target=self._feed, args=(fill,), daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        self._stream.close()

    def _feed(self, fill: Fill) -> None:
        block = np.zeros((128, 2), np.float32)
        action: Any = None
        while not self._stop.wait(0.001):
            while self._ring.read_available < self._target:
                fill(block, time.monotonic_ns())
                self._ring.write(block)
            if action is None or action not in self._stream.actions:
                self.underruns += action is not None  # a starved ring ends its action
                action = self._stream.play_ringbuffer(self._ring)


def _hold_the_lock() -> None:
    """Keep Python's lock for about 20 ms at a time, with one big multiplication."""
    big, took = 3**1000, 0.0
    while took < 0.02:
        big = big * big if took < 0.005 else big * 3 ** (big.bit_length() // 8)
        start = time.perf_counter()
        big * big
        took = time.perf_counter() - start
    while True:
        big * big
        time.sleep(0.1)


def main(settings: worker.PlayerSettings, lifeline: Any) -> None:
    """The player's process, with the output and the load that the environment names."""
    if os.environ["MEASURE_OUTPUT"].startswith("ring"):
        device.DeviceOutput = RingOutput  # type: ignore[assignment,misc]
    if os.environ["MEASURE_LOAD"].startswith("lock"):
        threading.Thread(target=_hold_the_lock, daemon=True).start()
    if "ordinary" in os.environ["MEASURE_LOAD"]:
        vars(worker)["take_priority"] = lambda: None
    worker.main(settings, lifeline)


@contextlib.contextmanager
def _load(name: str, stage: Stage) -> Iterator[None]:
    busy = [
        subprocess.Popen([sys.executable, "-c", code])
        for code in _BUSY * 2
        if "busy" in name
    ]  # fmt: skip
    if "flood" in name:
        code = (
            "import sys, pathlib, livediffusion.ipc.wire as w;"
            "c = w.Client(pathlib.Path(sys.argv[1]));\n"
            "while True: c.send({'type': 'set', 'name': 'gain', 'value': 0.0})"
        )
        socket = str(stage.settings.run_dir / "player.sock")
        stage.player.close()  # one client at a time
        busy.append(subprocess.Popen([sys.executable, "-c", code, socket]))
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def _knob_latency(stage: Stage, client: Client) -> float:
    """Milliseconds from sending a mute to the first frame that is all silent."""
    delays = []
    for turn in range(6):
        sent = time.monotonic_ns()
        client.send({"type": "set", "name": "mute", "value": turn % 2 == 0})
        time.sleep(0.1)
        page = stage.arena.read_transport()
        start = page.frame - round((page.monotonic_ns - sent) * 48e-6)
        ring = stage.arena.read_ring(start, 4800)[:, 1]
        reached = np.flatnonzero((ring == 0.0) if turn % 2 == 0 else (ring == 0.25))
        if len(reached):
            delays.append(reached[0] / 48)
    return statistics.median(delays) if delays else float("nan")


def measure(output: str, load: str, seconds: float) -> list[str]:
    """One case, as a row of the table."""
    os.environ["MEASURE_OUTPUT"], os.environ["MEASURE_LOAD"] = output, load
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        Jack() as jack,
        jack.capture(seconds + 6.0) as capture,
    ):
        stage = Stage(Path(folder), DEVICE, module="measure_outputs")
        stage.load(0, counting(_FRAMES))
        while not stage.player.connected:
            time.sleep(0.01)
        stage.player.swap(0, "count", _FRAMES, 4)
        stage.player.play()
        stage.wait_for_beat(1.0)
        client = stage.player._client
        latency = _knob_latency(stage, client) if load == "none" else float("nan")
        time.sleep(0.1)
        with _load(load, stage):
            before = stage.arena.read_transport()
            time.sleep(seconds)
            after = stage.arena.read_transport()
        stage.end()
    behind = (after.monotonic_ns - before.monotonic_ns) * 1e-6 - (after.frame - before.frame) / 48
    samples = capture.samples()
    heard = np.flatnonzero(samples[:, 0])
    song = samples[heard[0] + 48000 : heard[-1] - 12000]
    count = numbers(song)
    muted = 6 * 24000 if load == "none" else 0  # the knob's own silence is not counted
    breaks = np.count_nonzero(np.diff(count[muted:]) % _FRAMES != 1)
    silent = np.count_nonzero(count[muted:] == -1)
    counted = after.underruns - before.underruns
    return [output, load, str(breaks), str(silent), f"{behind:.1f}", str(counted), f"{latency:.1f}"]


if __name__ == "__main__":
    every = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
    heads = ("output", "load", "breaks", "silent", "behind ms", "underruns", "mute ms")
    table = Table(*heads)
    for measured_load in _LOADS:
        for measured_output in _OUTPUTS:
            row = measure(measured_output, measured_load, every)
            table.add_row(*row)
            print(*row, sep=" | ", flush=True)
    Console().print(table)
