"""MIDI clock out: what a receiver over JACK is sent while the daemon plays, stops and jumps."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from daemon import Daemon, running

from tests.jack import Jack, available

pytestmark = [
    pytest.mark.jack,
    pytest.mark.long,  # its times need a machine that has time
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not available() or not all(map(shutil.which, ("jack_midi_dump", "stdbuf"))),
        reason="needs jackd2 and jack-capture",
    ),
]

PERIOD = 128  # frames: JACK hands MIDI over once a period
RATE = 48000
TICK_FRAMES = RATE * 60 / 125 / 24
PATCH = """
tempo = 125
beats = 8
quantise = "off"
[[prompt]]
text = "house"
"""
LATE = 0.04  # two ticks: what is heard is read late, and a busy machine reads it later
_LINE = re.compile(r"(\d+): ((?:[0-9a-f]{2} ?)+)$")
_TICK, _START, _CONTINUE, _STOP, _POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2


class Monitor:
    """jack_midi_dump, and what a receiver would believe of what it prints."""

    def __init__(self) -> None:
        self.ticks: list[tuple[int, float, int]] = []  # JACK's frame, when we read it, position
        self.words: list[int] = []  # status bytes but ticks
        self.position = 0  # ticks
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", "jack_midi_dump", "-a", "drums"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := _LINE.match(line.strip()):
                self._hear(int(found[1]), [int(byte, 16) for byte in found[2].split()])

    def _hear(self, frame: int, data: list[int]) -> None:
        if data[0] == _TICK:
            self.ticks.append((frame, time.monotonic(), self.position))
            self.position += 1
            return
        self.words.append(data[0])
        if data[0] == _START:
            self.position = 0
        elif data[0] == _POSITION:
            self.position = (data[1] + data[2] * 128) * 6

    def wait(self, holds: Callable[[Monitor], bool], what: str) -> None:
        """Until something has been heard."""
        end = time.monotonic() + 30.0
        while not holds(self):
            assert time.monotonic() < end, (what, self.words, len(self.ticks))
            time.sleep(0.01)

    def hear_more(self, ticks: int) -> list[tuple[int, float, int]]:
        """The next ticks."""
        start = len(self.ticks)
        self.wait(lambda m: len(m.ticks) >= start + ticks, "ticks")
        return self.ticks[start : start + ticks]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def behind(daemon: Daemon, heard: list[tuple[int, float, int]]) -> float:
    """Seconds that the receiver is behind the song.

    What was heard last is read late now and then, and never early: the earliest tenth tells.
    """
    page = daemon.transport
    late = [page.beat_at(round(read * 1e9)) - position / 24.0 for _, read, position in heard[-96:]]
    return float(np.percentile(late, 10)) / page.beats_per_second


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Monitor]]:
    folder = tmp_path_factory.mktemp("clock-out")
    more = '[clock]\nsend = ["drums*"]\n'
    with Jack(PERIOD, patient=False), contextlib.closing(Monitor()) as monitor:
        with running(folder, PATCH, "null", more=more) as daemon:
            yield daemon, monitor
        monitor.wait(lambda m: m.words[-1] == _STOP, "a stop at the end")


def test_it_starts_with_the_music_and_ticks_steadily(stage: tuple[Daemon, Monitor]) -> None:
    daemon, monitor = stage
    monitor.wait(lambda m: len(m.ticks) > 24, "clock")
    assert monitor.words == [_START]
    heard = monitor.hear_more(480)
    gaps = np.diff([frame for frame, *_ in heard])
    p50, p95 = np.percentile(np.abs(gaps - TICK_FRAMES) / RATE, [50, 95]) * 1e3
    late = behind(daemon, heard)
    print(f"clock out: jitter p50 {p50:.2f} ms, p95 {p95:.2f} ms; late {late * 1e3:.2f} ms")
    assert gaps.mean() == pytest.approx(TICK_FRAMES, rel=0.01)  # a busy machine's JACK loses time
    assert p95 < 6.0  # two periods
    assert np.quantile(gaps, 0.01) > 0.3 * TICK_FRAMES  # JACK, too, may lose some time
    assert late == pytest.approx(0.0, abs=LATE)


def test_a_new_tempo_keeps_the_receiver_where_the_song_is(stage: tuple[Daemon, Monitor]) -> None:
    daemon, monitor = stage
    said = len(monitor.words)
    daemon.osc.send_message("/ld/tempo", 140.0)
    daemon.wait(lambda d: abs(d.transport.beats_per_second * 60.0 - 140.0) < 0.1, "the tempo")
    for _ in range(3):
        monitor.hear_more(48)
        assert behind(daemon, monitor.hear_more(96)) == pytest.approx(0.0, abs=LATE)
    assert len(monitor.words) == said


def test_stop_and_play(stage: tuple[Daemon, Monitor]) -> None:
    daemon, monitor = stage
    daemon.osc.send_message("/ld/stop", 1)
    monitor.wait(lambda m: m.words[-1] == _STOP, "a stop")
    ticks = len(monitor.ticks)
    time.sleep(0.3)
    assert len(monitor.ticks) == ticks
    daemon.osc.send_message("/ld/play", 1)
    monitor.wait(lambda m: m.words[-1] == _START, "a start")
    heard = monitor.hear_more(96)
    assert heard[0][2] < 24
    assert behind(daemon, heard) == pytest.approx(0.0, abs=LATE)


def test_a_receiver_that_comes_late_is_told_where_the_song_is(
    stage: tuple[Daemon, Monitor],
) -> None:
    daemon, monitor = stage
    with contextlib.closing(Monitor()) as later:  # JACK calls it drums-01
        later.wait(lambda m: len(m.ticks) > 0, "clock")
        assert later.words == [_STOP, _POSITION, _CONTINUE]
        assert behind(daemon, later.hear_more(96)) == pytest.approx(0.0, abs=LATE)
    words, ticks = list(monitor.words), len(monitor.ticks)
    daemon.wait(lambda d: "MIDI clock output drums-01:input is gone" in d.log(), "its end")
    assert monitor.words == words and len(monitor.ticks) > ticks


def test_a_control_process_that_dies_brings_the_receiver_back_to_the_song(
    stage: tuple[Daemon, Monitor],
) -> None:
    daemon, monitor = stage
    os.kill(daemon.pid_of("control"), signal.SIGKILL)
    said = len(monitor.words)
    monitor.wait(lambda m: len(m.words) >= said + 3, "clock again")
    assert monitor.words[said:] == [_STOP, _POSITION, _CONTINUE]
    assert behind(daemon, monitor.hear_more(96)) == pytest.approx(0.0, abs=LATE)
