"""A set that is played by programs that nobody here wrote, attacked, edited and switched."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from daemon import Daemon, free_port
from heard import RATE, Audio, Heard
from hostile import Stranger, attack, foreign, spoil

from livediffusion.types import Json
from tests.midi import Peer

PERIOD = 2 * RATE  # 4 beats at 120 bpm
BEAT = RATE // 2
TRIES = 3
LAST = 101  # of the sweep

KNOBS = {
    70: "/ld/filter", 71: "/ld/prompt/2/weight", 72: "/ld/seed/morph", 73: "/ld/prompt/1/weight",
}  # fmt: skip
MAPPED = "".join(
    f'[[midi]]\ncontrol = "{control}"\ntarget = "{target}"\n{more}\n'
    for control, target, more in (
        *((f"cc {number}", target, 'takeover = "jump"') for number, target in KNOBS.items()),
        *((f"cc {number}", "/ld/fade", 'takeover = "jump"') for number in (20, 21)),
        ("note 60", "/ld/scene", 'value = "drop"'),
        ("note 63", "/ld/scene", 'value = "calm"'),
    )
)
PATCH = f"""
tempo = 120
beats = 4
quantise = "off"
lean = 0  # what is first heard of a scene is its loop
[[prompt]]
text = "house"
[[prompt]]
text = "drum and bass"
{MAPPED}
[[scene]]
name = "drop"
blend = [0.0, 1.0]
glide = 0
[[scene]]
name = "calm"
blend = [1.0, 0.0]
glide = 4
"""
OTHER = 'tempo = 126\nbeats = 4\n[[prompt]]\ntext = "ambient"\n'

CSOUND = """
<CsoundSynthesizer>
<CsOptions>
-odac -+rtaudio=jack -+rtmidi=jack -Qnobody -b512 -B2048
</CsOptions>
<CsInstruments>
sr = 48000
ksmps = 128
nchnls = 2
instr 1
  kramp linseg 0, 0.5, 127, 0.5, 0, 1, 0
  kval = (timeinsts() < 1 ? int(kramp) : 101)
  outkc 1, 70, kval, 0, 127
  outkc 1, 71, kval, 0, 127
  outkc 1, 72, kval, 0, 127
  outkc 1, 73, kval, 0, 127
endin
</CsInstruments>
<CsScore>
i1 3 1.5
e 6
</CsScore>
</CsoundSynthesizer>
"""


class Dump:
    """liblo's oscdump, subscribed."""

    def __init__(self, daemon: Daemon, folder: Path) -> None:
        port, self._path = free_port(), folder / "dump.txt"
        with self._path.open("w") as out:
            self._process = subprocess.Popen(["oscdump", "-L", str(port)], stdout=out)
        time.sleep(0.5)
        oscsend(daemon, "/ld/subscribe", "i", str(port))
        self.wait("/ld/out/beat", lambda values: True)

    def heard(self, address: str) -> list[str]:
        """The values that came on an address, as they are printed."""
        found = re.findall(rf"^\S+ {re.escape(address)} \S* ?(.*)$", self._path.read_text(), re.M)
        return [str(values) for values in found]

    def wait(self, address: str, holds: Callable[[str], bool], timeout_s: float = 150.0) -> None:
        """Until the last values on an address are as wanted."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if (found := self.heard(address)) and holds(found[-1]):
                return
            time.sleep(0.01)
        raise AssertionError(f"{address}: {self.heard(address)[-3:]}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Played:
    """What was heard, and what the daemon said of it."""

    heard: Heard = field(default_factory=Heard)
    fed_back: dict[str, list[str]] = field(default_factory=dict)
    swaps: int = 0  # after the last value of the sweep
    same: tuple[Audio, ...] = ()  # loops that should be one
    noted: dict[str, int] = field(default_factory=dict)  # output frames at which a note had come
    before: Json = field(default_factory=dict)  # the attack
    after: Json = field(default_factory=dict)
    underruns: int = -1  # in the attack
    told: frozenset[str] = frozenset()
    answers: list[int] = field(default_factory=list)
    log_of_attack: str = ""
    log: str = ""


def oscsend(daemon: Daemon, *words: str) -> None:
    subprocess.run(["oscsend", "127.0.0.1", str(daemon.port), *words], check=True)


def is_near(wanted: float) -> Callable[[str], bool]:
    return lambda values: abs(float(values.split()[0]) - wanted) < 1e-4


def last_loop(daemon: Daemon) -> Audio:
    """A whole loop, from its beginning, that was played while nothing changed."""
    time.sleep(2.2 * PERIOD / RATE)
    page = daemon.transport
    start = page.frame - round(page.beat % 4 / 4 * page.loop_frames)
    return daemon.arena.read_ring(start - page.loop_frames, page.loop_frames)


def play_liblo(daemon: Daemon, played: Played, dump: Dump) -> None:
    with played.heard.phase("loud", daemon):
        time.sleep(1.2 * PERIOD / RATE)
    oscsend(daemon, "/ld/gain", "f", "-12")
    dump.wait("/ld/gain", is_near(-12.0))
    time.sleep(0.5)
    with played.heard.phase("soft", daemon):
        time.sleep(1.2 * PERIOD / RATE)
    oscsend(daemon, "/ld/{gain,filter}", "i", "0")
    oscsend(daemon, "/ld/seed/[!b-z]", "i", "7")
    dump.wait("/ld/gain", is_near(0.0))
    dump.wait("/ld/seed/a", is_near(7.0))
    oscsend(daemon, "/ld/seed/a", "i", "0")


def play_csound(daemon: Daemon, played: Played, dump: Dump, folder: Path) -> None:
    (folder / "knobs.csd").write_text(CSOUND)
    with played.heard.phase("sweep", daemon):
        subprocess.run(["csound", str(folder / "knobs.csd")], capture_output=True, check=False)
        for address in KNOBS.values():
            wanted = LAST / 127 * (2 if address == "/ld/filter" else 1)
            dump.wait(address, is_near(wanted - (address == "/ld/filter")))
        swaps = daemon.transport.swaps
        daemon.wait(lambda d: float(d.status["eta"]) == 0.0, "the last request's loop", 150.0)
        first = last_loop(daemon)
        played.swaps = daemon.transport.swaps - swaps
    played.fed_back |= {address: dump.heard(address) for address in KNOBS.values()}
    swaps = daemon.transport.swaps
    daemon.osc.send_message("/ld/blend", [1.0, 0.0])
    daemon.wait_for_swap(swaps)
    swaps = daemon.transport.swaps
    daemon.osc.send_message("/ld/blend", [LAST / 127, LAST / 127])
    daemon.wait_for_swap(swaps)
    played.same = first, last_loop(daemon)
    for address, value in (("/ld/filter", 0.0), ("/ld/seed/morph", 0.0), ("/ld/blend", [1.0, 0.0])):
        daemon.osc.send_message(address, value)
    daemon.wait(lambda d: float(d.status["eta"]) == 0.0, "the loop of the beginning", 150.0)


def play_notes(daemon: Daemon, played: Played, dump: Dump) -> subprocess.Popen[bytes]:
    daemon.osc.send_message("/ld/quantise", "bar")
    last_loop(daemon)
    notes = ("480000", "60", "4800", "864000", "63", "4800")
    sequencer = subprocess.Popen(["jack_midiseq", "seq", "9600000", *notes])
    with played.heard.phase("notes", daemon):
        for scene in ("drop", "calm"):
            swaps = daemon.transport.swaps
            dump.wait("/ld/scene", lambda values, s=scene: s in values)  # type: ignore[misc]
            played.noted[scene] = daemon.transport.frame
            daemon.wait_for_swap(swaps)
        time.sleep(2.5 * PERIOD / RATE)
    return sequencer


def suffer(daemon: Daemon, played: Played, stranger: Stranger, box: Peer) -> None:
    played.before = daemon.status
    for attempt in range(TRIES):  # another program on the test machine may take its turn once
        underruns = daemon.transport.underruns
        with played.heard.phase("attack", daemon):
            attack(daemon, stranger, box)
            played.answers = foreign(daemon.web_port)
            time.sleep(1.0)
        if attempt == 0:
            played.after, played.told = daemon.status, frozenset(stranger.told)
            played.log_of_attack = daemon.log()
        played.underruns = daemon.transport.underruns - underruns
        if played.underruns == 0:
            break
    spoil(daemon.patch, PATCH)
    daemon.wait(lambda d: "There is no prompt 8" in d.log(), "word of the broken patch")
    daemon.patch.write_text(PATCH, encoding="utf-8")


def switch(daemon: Daemon, played: Played, dump: Dump) -> None:
    with played.heard.phase("edited", daemon):
        swaps = daemon.transport.swaps
        daemon.patch.write_text(PATCH.replace('"house"', '"dark techno"'), encoding="utf-8")
        dump.wait("/ld/prompt/1/text", lambda values: "dark techno" in values)
        daemon.wait_for_swap(swaps)
        time.sleep(1.2 * PERIOD / RATE)
    with played.heard.phase("switched", daemon):
        oscsend(daemon, "/ld/patch", "s", "other")
        daemon.wait(lambda d: d.transport.loop_frames == round(4 * 60 / 126 * RATE), "the patch")
        time.sleep(1.2 * PERIOD / RATE)
        oscsend(daemon, "/ld/patch", "s", "set")
        daemon.wait(lambda d: d.transport.loop_frames == PERIOD, "the first patch")
        time.sleep(1.2 * PERIOD / RATE)


def perform(daemon: Daemon, played: Played, folder: Path, box: Peer) -> subprocess.Popen[bytes]:
    """The whole set; the sequencer that plays on, to be ended when the server has."""
    with closing(Dump(daemon, folder)) as dump, closing(Stranger(daemon)) as stranger:
        play_liblo(daemon, played, dump)
        play_csound(daemon, played, dump, folder)
        sequencer = play_notes(daemon, played, dump)
        suffer(daemon, played, stranger, box)
        switch(daemon, played, dump)
        played.log = daemon.log()
    return sequencer
