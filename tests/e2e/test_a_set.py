"""One set, played through JACK's dummy driver and captured bit for bit, then listened to.

Everything happens in one run of the daemon with the pocket model; each test looks at one part of
the capture. Senders are programs that nobody here wrote: liblo, Pure Data, Csound.
"""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from daemon import Daemon, running
from jack import DEVICE, Jack, available
from numpy.typing import NDArray

from livediffusion.bench.underruns import UnderrunWatch

pytestmark = [
    pytest.mark.jack,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("oscsend", "pd", "csound"))),
        reason="needs liblo-tools, puredata-core and csound",
    ),
]

RATE = 48000
PERIOD = 192000  # 8 beats at 120 bpm
BAR = PERIOD // 2
BUSY_S = 15.0
STEADY = 0.5  # of those seconds must have passed on JACK's clock, too: it slips, but does not stand
TRIES = 2
CAPTURE_S = 400.0
FADE = round(0.060 * RATE)

PATCH = """
tempo = 120
beats = 8
quantise = "bar"
lean = 0  # what is first heard is the new loop
[[prompt]]
text = "house"
[[prompt]]
text = "drum and bass"
[[midi]]
control = "cc 74"
target = "/ld/prompt/2/weight"
takeover = "jump"
"""

PURE_DATA = """#N canvas 0 0 450 300 10;
#X obj 10 10 loadbang;
#X obj 10 40 delay 300;
#X msg 10 70 connect 127.0.0.1 {port};
#X obj 10 100 netsend -u -b;
#X obj 150 40 delay 600;
#X msg 150 70 0.25;
#X obj 150 100 oscformat /ld/prompt/2/weight;
#X obj 150 130 list prepend send;
#X obj 150 160 list trim;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 2 0 3 0;
#X connect 0 0 4 0;
#X connect 4 0 5 0;
#X connect 5 0 6 0;
#X connect 6 0 7 0;
#X connect 7 0 8 0;
#X connect 8 0 3 0;
"""

CSOUND = """
<CsoundSynthesizer>
<CsOptions>
-odac -+rtaudio=jack -+rtmidi=jack -Qnobody -b512 -B2048
</CsOptions>
<CsInstruments>
sr = 48000
ksmps = 512
nchnls = 2
instr 1
  outkc 1, 74, 64, 0, 127
endin
</CsInstruments>
<CsScore>
i1 3 0.1
e 6
</CsScore>
</CsoundSynthesizer>
"""


@dataclass
class Played:
    """What was heard, and where in it things happened (indices into `audio`)."""

    audio: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    marks: dict[str, int] = field(default_factory=dict)  # output frames until `align`
    render_s: float = 0.0
    lfo_swaps: list[float] = field(default_factory=list)
    underruns: int = -1  # that the host of a virtual machine did not cause
    ports: list[str] = field(default_factory=list)  # of JACK, just after the end
    anchors: list[tuple[int, NDArray[np.float32]]] = field(default_factory=list)

    def mark(self, name: str, daemon: Daemon) -> None:
        """Note the output frame of this moment."""
        page = daemon.transport
        gone = (time.monotonic_ns() - page.monotonic_ns) * 1e-9
        self.marks[name] = page.frame + round(gone * RATE)

    def anchor(self, daemon: Daemon, end: int) -> None:
        """Keep a second of the player's output, up to a frame, to find it in the capture."""
        self.anchors.append((end - RATE, daemon.arena.read_ring(end - RATE, RATE - 4096)))

    def align(self) -> None:
        """Turn output frames into places in the capture, by what was kept of the output.

        All of it lies equally far from its frame where the capture has lost nothing.
        """
        offsets = [self._offsets(frame, kept) for frame, kept in self.anchors]
        common = set.intersection(*offsets)
        assert len(common) == 1, f"the capture is not the player's output: {offsets}"
        offset = common.pop()
        self.marks = {name: frame + offset for name, frame in self.marks.items()}

    def _offsets(self, frame: int, kept: NDArray[np.float32]) -> set[int]:
        """Where what was kept from `frame` on is heard, as distances; a loop may say it twice."""
        places = np.flatnonzero(np.all(self.audio == kept[0], axis=1))
        found = (int(p) for p in places if np.array_equal(self.audio[p : p + len(kept)], kept))
        return {place - frame for place in found}

    def part(self, start: str, end: str) -> NDArray[np.float32]:
        """What was heard between two marks."""
        return self.audio[self.marks[start] : self.marks[end]]


def turn(daemon: Daemon, played: Played, name: str, sender: list[str]) -> None:
    """Let a foreign program move a weight, and wait until it has been heard for a while."""
    played.mark(f"before {name}", daemon)
    swaps = daemon.transport.swaps
    subprocess.run(sender, check=False, timeout=30, capture_output=True)
    daemon.wait_for_swap(swaps)
    time.sleep(0.3)
    played.mark(f"after {name}", daemon)
    played.anchor(daemon, played.marks[f"after {name}"])  # its fade is unlike anything else
    time.sleep(PERIOD / RATE + 0.5)


def perform(daemon: Daemon, played: Played, folder: Path) -> None:
    """The whole set."""
    time.sleep(2.3 * PERIOD / RATE)
    played.mark("untouched", daemon)
    weight = "/ld/prompt/2/weight"
    turn(daemon, played, "liblo", ["oscsend", "127.0.0.1", str(daemon.port), weight, "f", "1.0"])
    (folder / "knob.pd").write_text(PURE_DATA.format(port=daemon.port))
    pd = ["timeout", "5", "pd", "-nogui", "-noaudio", "-nomidi", "-stderr", "-open"]
    turn(daemon, played, "pure data", [*pd, str(folder / "knob.pd")])
    (folder / "knob.csd").write_text(CSOUND)
    turn(daemon, played, "csound", ["csound", str(folder / "knob.csd")])
    kill_the_renderer(daemon, played)
    daemon.osc.send_message("/ld/quantise", "off")
    for _ in range(TRIES):  # another program on the test machine may take its turn once
        wiggle(daemon, played)
        frames = played.marks["lfo end"] - played.marks["lfo"]
        if played.underruns == 0 and frames > STEADY * BUSY_S * RATE:
            break


def kill_the_renderer(daemon: Daemon, played: Played) -> None:
    played.mark("kill", daemon)
    os.kill(daemon.pid_of("renderer"), signal.SIGKILL)
    time.sleep(2.5 * PERIOD / RATE)
    played.mark("killed", daemon)
    turn(
        daemon,
        played,
        "revival",
        ["oscsend", "127.0.0.1", str(daemon.port), "/ld/blend", "f", "1.0"],
    )


def wiggle(daemon: Daemon, played: Played) -> None:
    """A 50 Hz LFO on a weight: the renderer is busy on every core for a quarter of a minute."""
    played.lfo_swaps.clear()
    played.mark("lfo", daemon)
    start, swaps = time.monotonic(), daemon.transport.swaps
    renders: list[float] = []
    with UnderrunWatch(daemon.arena) as watch:
        while (now := time.monotonic() - start) < BUSY_S:
            daemon.osc.send_message("/ld/prompt/2/weight", 0.5 + 0.5 * math.sin(now * 2.7))
            if (count := daemon.transport.swaps) > swaps:
                swaps = count
                played.lfo_swaps.append(now)
                renders.append(float(daemon.status["render_ms"]) / 1000.0)
            time.sleep(0.02)
    played.underruns = watch.count - watch.with_steal
    played.render_s = max(renders)
    played.mark("lfo end", daemon)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("set")
    result = Played()
    with Jack() as jack, jack.capture(CAPTURE_S) as capture:
        with running(folder, PATCH, DEVICE) as daemon:
            perform(daemon, result, folder)
        result.ports = jack.ports()
        capture.stop()
    result.audio = capture.samples()
    result.align()
    yield result


def test_untouched_loops_are_the_same_sample_for_sample(played: Played) -> None:
    end = played.marks["untouched"]
    loops = [played.audio[end - (k + 1) * PERIOD : end - k * PERIOD] for k in range(2)]
    assert np.array_equal(loops[0], loops[1])
    assert np.abs(loops[0]).max() > 0.1
    shorter = played.audio[end - 2 * PERIOD + 64 : end - PERIOD + 64]
    assert not np.array_equal(loops[0], shorter), "any period would have passed"


@pytest.mark.parametrize("sender", ["liblo", "pure data", "csound", "revival"])
def test_a_knob_is_heard_at_the_next_bar_where_its_loop_is_ready(
    played: Played, sender: str
) -> None:
    start, changed = first_change(played, f"before {sender}", f"after {sender}")
    song_start = first_sound(played.audio)
    assert (changed - song_start) % BAR <= 2, "the fade begins on the bar"
    assert changed > start


@pytest.mark.parametrize("sender", ["liblo", "pure data", "csound", "revival"])
def test_a_change_has_no_click_and_no_gap(played: Played, sender: str) -> None:
    _, changed = first_change(played, f"before {sender}", f"after {sender}")
    fade = played.audio[changed - 10 : changed + FADE + 10]
    before = played.audio[changed - PERIOD : changed]
    after = played.audio[changed + FADE : changed + FADE + PERIOD]
    allowed = step(before) + step(after)
    assert step(fade) <= allowed
    assert longest_silence(played.audio[changed - PERIOD : changed + PERIOD]) < RATE * 0.5


def test_the_loop_goes_on_while_the_renderer_is_dead(played: Played) -> None:
    heard = played.part("kill", "killed")
    assert len(heard) > 2 * PERIOD
    assert np.array_equal(heard[PERIOD : 2 * PERIOD], heard[:PERIOD])
    assert np.abs(heard).max() > 0.1


def test_no_underrun_while_every_core_renders(played: Played) -> None:
    assert played.underruns == 0, "in none of the tries"
    heard = played.part("lfo", "lfo end")
    assert len(heard) > STEADY * BUSY_S * RATE, "JACK's clock may slip, but not stand still"
    assert longest_zeros(heard) < 64


def test_a_knob_that_never_rests_keeps_changing_the_sound(played: Played) -> None:
    gaps = np.diff([0.0, *played.lfo_swaps])
    assert len(gaps) > 10
    assert np.quantile(gaps, 0.95) <= 2 * played.render_s
    assert gaps.max() <= 3 * played.render_s


def test_the_sound_server_is_left_in_order(played: Played) -> None:
    """A client that just dies keeps it from answering anybody for up to a minute."""
    assert "system:playback_1" in played.ports
    assert not any(port.startswith(("PortAudio", "livediffusion")) for port in played.ports)


def first_sound(audio: NDArray[np.float32]) -> int:
    """Index of the song's first frame: the loop starts there, whatever it starts with."""
    return int(np.flatnonzero(np.any(audio != 0.0, axis=1))[0])


def first_change(played: Played, start: str, end: str) -> tuple[int, int]:
    """Where the sound first departs from what was heard a loop earlier."""
    begin, stop = played.marks[start], played.marks[end]
    now = played.audio[begin:stop]
    earlier = played.audio[begin - PERIOD : stop - PERIOD]
    changed = np.flatnonzero(np.any(now != earlier, axis=1))
    assert len(changed), "nothing changed"
    return begin, begin + int(changed[0])


def step(audio: NDArray[np.float32]) -> float:
    """The largest step from one sample to the next."""
    return float(np.abs(np.diff(audio, axis=0)).max())


def longest_zeros(audio: NDArray[np.float32]) -> int:
    """Frames of the longest run of digital silence."""
    sounding = np.flatnonzero(np.any(audio != 0.0, axis=1))
    return int(np.diff([-1, *sounding, len(audio)]).max()) - 1


def longest_silence(audio: NDArray[np.float32]) -> int:
    """Frames of the longest run below -60 dBFS."""
    sounding = np.flatnonzero(np.abs(audio).max(axis=1) > 1e-3)
    return int(np.diff([-1, *sounding, len(audio)]).max()) - 1
