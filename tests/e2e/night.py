"""A long night in a quarter of an hour: everybody is killed, stopped, flooded; then it is counted.

`PYTHONPATH=tests python tests/e2e/night.py FOLDER` plays it once and prints the figures of
docs/faults.md as JSON.
All of it is played through JACK's dummy driver into a capture, and recorded as a session: where the
two are the same, sample for sample, the audience has heard all that the player has played.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from daemon import Daemon, alive, running
from jack import DEVICE, Jack
from numpy.typing import NDArray
from pythonosc.osc_message_builder import build_msg
from pythonosc.osc_packet import OscPacket

from livediffusion.session.recorded import Session, open_session
from livediffusion.session.sound import to_samples
from livediffusion.types import Json

DEATHS = 20  # of each process
RATE = 48000
PERIOD = 192000  # frames: 8 beats at 120 bpm
PATCH = """
tempo = 120
quantise = "off"
fade = 60.0
[[prompt]]
text = "techno"
[[prompt]]
text = "ambient"
weight = 0.3
"""
RECORD = '[session]\nrecord = true\ndirectory = "{}"\n'
APART = 6.5  # seconds between two deaths of one process: more often, and it must rest
BURST = 0.1  # seconds before a death in which everything is moved
SETTLED = 0.05  # an event as old as this has been taken out of the socket, also by a busy machine
RESUMED = RATE // 5  # frames after a jump, that are not compared
SILENT = 64  # frames of nothing at all: music is never so
FLOODING = Path(__file__).parents[1] / "control" / "flooding.py"
State = dict[str, tuple[object, ...]]


@dataclass
class Counted:
    """What became of some deaths of one process."""

    recovered: list[float] = field(default_factory=list)  # seconds
    sent: int = 0  # events, in the last moments before a death
    lost: list[float] = field(default_factory=list)  # of each lost event: its age at the death
    changed: list[str] = field(default_factory=list)  # addresses that had another value afterwards

    def figures(self) -> Json:
        """For people."""
        return {
            "times": len(self.recovered),
            "recovered s": _spread(self.recovered),
            "events": self.sent,
            "events lost": len(self.lost),
            "age of the oldest lost ms": round(max(self.lost, default=0.0) * 1000.0, 1),
            "other values": self.changed,
        }


class Asker:
    """Asks for every value, as a surface does when it is plugged in."""

    def __init__(self, port: int) -> None:
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wire.connect(("127.0.0.1", port))

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def ask(self, timeout_s: float = 60.0) -> State:
        """Every address and its values; asked again while nobody answers."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            with contextlib.suppress(ConnectionRefusedError):
                self._wire.send(build_msg("/ld/state", [1]).dgram)
                if found := self._answers():
                    return found
            time.sleep(0.02)
        raise AssertionError(f"nobody answered for {timeout_s} s")

    def _answers(self) -> State:
        found: State = {}
        self._wire.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            while True:
                for timed in OscPacket(self._wire.recv(65536)).messages:
                    if not timed.message.address.startswith("/ld/out/"):
                        found[timed.message.address] = tuple(timed.message.params)
        return found


class Swaps:
    """Reads in a session's log, while it grows, which loops have come to sound."""

    def __init__(self, folder: Path) -> None:
        (session,) = folder.iterdir()
        self._file = (session / "events.jsonl").open("rb")
        self._torn = b""
        self._seeds: dict[str, list[int]] = {}  # of a loop, by its key
        self.sounded: set[int] = set()

    def look(self) -> None:
        """Take in what is new."""
        *lines, self._torn = (self._torn + self._file.read()).split(b"\n")
        for event in map(json.loads, lines):
            if event["type"] == "loop":
                self._seeds[event["key"]] = [seed for seed, _ in event["request"]["seeds"]]
            elif event["type"] == "did" and event["deed"]["do"] == "swapped":
                self.sounded.update(self._seeds.get(event["deed"]["key"], ()))


def kill_control(daemon: Daemon, times: int, chance: random.Random) -> Counted:
    """Move ten things, kill it at a random moment, compare what it knows when it is back."""
    counted, asker = Counted(), Asker(daemon.port)
    for turn in range(times):
        before, began, sent = asker.ask(), time.monotonic(), {}
        for address, value in moves(turn, chance).items():
            daemon.osc.send_message(address, value)
            sent[address] = time.monotonic()
            before[address] = (value,)
            time.sleep(chance.uniform(0.0, 2.0 * BURST / 10))
        time.sleep(chance.uniform(0.0, 0.03))
        died = time.monotonic()
        os.kill(daemon.pid_of("control"), signal.SIGKILL)
        after = asker.ask()
        counted.recovered.append(time.monotonic() - died)
        counted.sent += len(sent)
        for address in before.keys() | after.keys():
            if not _alike(before.get(address), after.get(address)):
                if address in sent:
                    counted.lost.append(died - sent[address])
                else:
                    counted.changed.append(f"{address} {before.get(address)} {after.get(address)}")
        _rest(began, chance)
    asker.close()
    return counted


def moves(turn: int, chance: random.Random) -> dict[str, float | int | str]:
    """Ten things to move, to values that they did not have."""
    return {
        "/ld/prompt/1/text": f"techno {turn}",
        "/ld/prompt/2/text": f"ambient {turn}",
        "/ld/seed/a": 1000 + turn,
        "/ld/seed/b": 2000 + turn,
        "/ld/seed/morph": chance.random(),
        "/ld/gain": chance.uniform(-6.0, 0.0),
        "/ld/filter": chance.uniform(-0.3, 0.3),
        "/ld/lean": chance.random(),
        "/ld/fade": chance.uniform(30.0, 200.0),
        "/ld/glide": chance.uniform(0.0, 4.0),
    }


def hurt_renderer(
    daemon: Daemon, swaps: Swaps, times: int, chance: random.Random, how: signal.Signals
) -> Counted:
    """Kill or stop it at a random moment, until a seed that was set afterwards is heard."""
    counted = Counted()
    for _ in range(times):
        began, pid = time.monotonic(), daemon.pid_of("renderer")
        daemon.osc.send_message("/ld/prompt/2/weight", chance.random())
        time.sleep(chance.uniform(0.0, 0.5))
        died, seed = time.monotonic(), chance.randint(10_000, 2**31 - 1)
        os.kill(pid, how)
        daemon.osc.send_message("/ld/seed/a", seed)

        def is_heard(daemon: Daemon, seed: int = seed) -> bool:
            swaps.look()
            return seed in swaps.sounded

        daemon.wait(is_heard, "a loop of the new renderer", 600.0)
        assert not alive(pid)
        counted.recovered.append(time.monotonic() - died)
        _rest(began, chance)
    return counted


def kill_player(daemon: Daemon, times: int, chance: random.Random) -> list[float]:
    """Kill it at random moments; by how many ms each time its song is beside the clock's."""
    beside = []
    for _ in range(times):
        began, pid, before = time.monotonic(), daemon.pid_of("player"), daemon.transport
        os.kill(pid, signal.SIGKILL)
        daemon.wait(lambda d, pid=pid: d.pid_of("player") != pid, "another player")
        daemon.wait(lambda d: d.transport.peak > 0.0, "its sound")
        _rest(began, chance)
        after = daemon.transport
        passed = (after.monotonic_ns - before.monotonic_ns) * 1e-9
        beside.append(1000.0 * ((after.beat - before.beat) / 2.0 - passed))
    return beside


def flood(daemon: Daemon, seconds: float, rate: int = 10_000) -> Json:
    """Numbers and nonsense while other programs want every core; the last value must stand."""
    before = daemon.transport
    with busy_cores():
        command = [sys.executable, str(FLOODING), str(daemon.port), str(rate), str(seconds), "10"]
        sent = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        after = daemon.transport
        with contextlib.closing(Asker(daemon.port)) as asker:
            (gain,) = asker.ask()["/ld/gain"]
    status = daemon.status
    return {
        "sent": sent,
        "last gain": gain,
        "new loops": after.swaps - before.swaps,
        "underruns": after.underruns - before.underruns,
        "received": status["osc"]["packets"],
        "malformed": status["osc"]["malformed"],
        "dropped by the kernel": status["osc"]["drops"],
    }


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """Another program that takes all it can get."""
    count = os.cpu_count() or 1
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def same_as_recorded(heard: NDArray[np.float32], session: Session) -> Json:
    """Where the capture and the recording part: what was lost, or played to nobody.

    A sound server that gets no time skips some, which is no gap to be heard but a jump.
    """
    played = np.concatenate(list(session.samples()))
    captured = to_samples(heard)
    at, here = _found(captured, played)
    begin, jumps, strange = at, list[float](), 0
    while (like := _alike_for(captured[at:], played[here:])) is not None:
        at, here = at + like, here + like
        place = _again(captured, played, at, here)
        if place is None:
            strange = len(captured) - at
            break
        jumps.append((place - here - RESUMED) / RATE * 1000.0)
        at, here = at + RESUMED, place
    return {
        "compared s": round((len(captured) - begin) / RATE, 1),
        "jumps": len(jumps),
        "jumps ms": _spread(jumps),
        "frames that were never played": strange,
        "silent ms": [round(n / RATE * 1000.0, 1) for _, n in silences(captured[begin:])],
        "lost from the recording": [event["what"] for event in session.log.of("lost")],
    }


def _alike_for(one: NDArray[np.int32], other: NDArray[np.int32]) -> int | None:
    """After how many frames two recordings part; None when they do not."""
    count = min(len(one), len(other))
    for start in range(0, count, 10 * RATE):
        part = slice(start, min(start + 10 * RATE, count))
        unlike = np.flatnonzero(np.any(one[part] != other[part], axis=1))
        if len(unlike):
            return start + int(unlike[0])
    return None


def _again(
    captured: NDArray[np.int32], played: NDArray[np.int32], at: int, here: int
) -> int | None:
    """Where in the recording the capture goes on, a while after they parted at `at` and `here`."""
    piece = captured[at + RESUMED : at + RESUMED + 4096]
    start = max(here + RESUMED - PERIOD // 2, 0)  # a loop says the same again after a period
    stretch = played[start : start + PERIOD]
    for place in np.flatnonzero(np.all(stretch[: -len(piece)] == piece[0], axis=1)):
        if np.array_equal(stretch[place : place + len(piece)], piece):
            return start + int(place)
    return None


def _found(captured: NDArray[np.int32], played: NDArray[np.int32]) -> tuple[int, int]:
    """A frame of the capture and the frame of the recording that it is."""
    loud = np.flatnonzero(np.all(captured != 0, axis=1))
    for at in range(int(loud[0]), len(captured) - RATE, RATE):
        piece = captured[at : at + 4096]
        for here in np.flatnonzero(np.all(played[:-4096] == piece[0], axis=1)):
            if np.array_equal(played[here : here + 4096], piece):
                return at, int(here)
    raise AssertionError("the capture is not what was recorded")


def silences(audio: NDArray[np.generic]) -> list[tuple[int, int]]:
    """Where nothing at all is heard: first frame and count of each stretch."""
    quiet = np.concatenate([[False], np.all(audio == 0, axis=1), [False]])
    edges = np.flatnonzero(quiet[1:] != quiet[:-1]).reshape(-1, 2)
    return [(int(a), int(b - a)) for a, b in edges if b - a >= SILENT]


def phases(heard: NDArray[np.float32]) -> list[int]:
    """After each silence: how many frames beside its beat the loop goes on, by the capture."""
    gaps = [(a, n) for a, n in silences(heard) if a > 0 and a + n < len(heard)]
    first = gaps[0][0] if gaps else len(heard)
    loop = heard[first - PERIOD - 1024 : first - 1024].astype(np.float64)
    spectrum = np.conj(np.fft.rfft(loop.mean(axis=1)))
    found = []
    for (a, n), (end, _) in zip(gaps, [*gaps[1:], (len(heard), 0)], strict=True):
        begin = a + n + RATE // 2  # its fade-in is over
        if end - begin < RATE:
            continue
        piece = np.zeros(PERIOD)
        piece[: min(end - begin, PERIOD)] = heard[begin:end][:PERIOD].mean(axis=1)
        place = int(np.argmax(np.fft.irfft(np.fft.rfft(piece) * spectrum, PERIOD)))
        beside = (-place - (begin - (first - PERIOD - 1024))) % PERIOD
        found.append(beside if beside <= PERIOD // 2 else beside - PERIOD)
    return found


def night(folder: Path, deaths: int, flood_s: float = 60.0, seed: int = 0) -> Json:
    """Control and renderer: all of it in one capture, which must be what was recorded."""
    chance, sessions = random.Random(seed), folder / "sessions"
    with (
        Jack(patient=False) as jack,
        jack.capture(3600.0) as capture,
        running(folder, PATCH, DEVICE, more=RECORD.format(sessions)) as daemon,
    ):
        daemon.wait(lambda d: bool(list(sessions.glob("*/audio.flac"))), "a recording")
        swaps, underruns = Swaps(sessions), [daemon.transport.underruns]
        figures: Json = {"control": kill_control(daemon, deaths, chance).figures()}
        underruns.append(daemon.transport.underruns)
        for name, times, how in (
            ("renderer", deaths, signal.SIGKILL),
            ("stopped renderer", max(1, deaths // 5), signal.SIGSTOP),
        ):
            figures[name] = hurt_renderer(daemon, swaps, times, chance, how).figures()
            underruns.append(daemon.transport.underruns)
        figures["flood"] = flood(daemon, flood_s)
        figures["underruns by part"] = np.diff([*underruns, daemon.transport.underruns]).tolist()
        daemon.osc.send_message("/ld/record", 0)
        daemon.wait(lambda d: d.status["recording"] == 0, "the recording's end")
        capture.stop()
    (session,) = sessions.iterdir()
    return figures | {"sound": same_as_recorded(capture.samples(), open_session(session))}


def night_of_players(folder: Path, deaths: int, seed: int = 0) -> Json:
    """The player: what its deaths sound like."""
    with (
        Jack(patient=False) as jack,
        jack.capture(3600.0) as capture,
        running(folder, PATCH, DEVICE) as daemon,
    ):
        frame = daemon.transport.frame
        daemon.wait(lambda d: d.transport.frame > frame + 2.5 * PERIOD, "two loops")
        song = kill_player(daemon, deaths, random.Random(seed))
        capture.stop()
    heard = capture.samples()
    gaps = [n / RATE for at, n in silences(heard) if at > 0 and at + n < len(heard)]
    beside = [1000.0 * frames / RATE for frames in phases(heard)]
    return {
        "times": deaths,
        "silences s": _spread(gaps),
        "silences": len(gaps),
        "song beside the clock ms": _spread(song),
        "beside the beat in the capture ms": _spread(beside),  # also what JACK itself has skipped
    }


def _alike(one: tuple[object, ...] | None, other: tuple[object, ...] | None) -> bool:
    """Whether two answers say the same, numbers as near as OSC's floats are."""
    if one is None or other is None or len(one) != len(other):
        return False
    return all(
        a == b if isinstance(a, str) or isinstance(b, str) else abs(a - b) < 1e-4  # type: ignore[operator]
        for a, b in zip(one, other, strict=True)
    )


def _rest(began: float, chance: random.Random) -> None:
    time.sleep(max(0.0, began + APART - time.monotonic()) + chance.uniform(0.0, 0.5))


def _spread(values: list[float]) -> list[float]:
    """Least, median, most."""
    if not values:
        return []
    return [round(v, 3) for v in (min(values), statistics.median(values), max(values))]


def main() -> None:
    """Play the night and say how it was, each part when it is over."""
    folder = Path(sys.argv[1])
    for name, part in (("players", night_of_players), ("all", night)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        print(json.dumps({name: part(folder / name, DEATHS)}), flush=True)


if __name__ == "__main__":
    main()
