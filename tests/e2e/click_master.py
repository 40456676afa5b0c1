"""A master that nobody here wrote, and what a daemon that follows it played, beat for beat.

klick keeps the JACK transport's tempo and clicks on the beat, jack_midi_clock sends the transport
as MIDI clock, and both clicks and music go into one capture: its third channel is the clicks.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile
from daemon import Daemon
from heard import RATE
from numpy.typing import NDArray

from livediffusion.ipc.arena import Transport
from tests.jack import Jack

_Audio = NDArray[np.float32]

_PIECE = RATE // 2  # frames that are looked for in the capture
_ANCHORS = 4 * RATE  # frames between two of them
_CLICK = 0.05  # louder than this
_APART, _PAUSE = RATE // 10, 5 * RATE // 4  # frames between two clicks, two runs at least
_BEFORE, _AFTER = 8 * RATE, RATE // 2  # frames around a click in which the server may not slip


def available() -> bool:
    """Whether the programs are installed."""
    return all(shutil.which(name) for name in ("klick", "jack_midi_clock", "jack_transport"))


@dataclass(frozen=True)
class Beat:
    """A click, the song beat that sounded with it, and how steady the server's clock was then."""

    run: int  # of the master, from 0
    number: int  # of the click within the run, from 0
    beat: float  # the song's
    tempo: float  # the song's, in beats a second
    slipped: float  # seconds that the server lost in the seconds before

    @property
    def off(self) -> float:
        """Seconds that the song is ahead of the master."""
        return (self.beat - self.number) / self.tempo


@dataclass
class Master:
    """klick and jack_midi_clock on a server of ours, and a capture of three channels."""

    jack: Jack
    tempos: str  # klick's map: a line of bars and tempo each
    pages: list[Transport] = field(default_factory=list)
    audio: _Audio = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    anchors: list[tuple[int, _Audio]] = field(default_factory=list)  # frames, and what was mixed
    found: list[tuple[int, int]] = field(default_factory=list)  # places, and frames less those

    def __enter__(self) -> Master:
        self._folder = Path(tempfile.mkdtemp(prefix="ld-master-"))
        (self._folder / "map").write_text(self.tempos)
        self._wav = self._folder / "out.wav"
        self._started = [
            _start("jack_capture", "-mc", "-c", "3", "-dm", "-hbu", "-ns", "-f", "wav",
                   "-b", "FLOAT", "-d", "600", str(self._wav)),
            _start("klick", "-T", "-n", "klick", "-f", str(self._folder / "map")),
            _start("jack_midi_clock", "-d", "0"),
        ]  # fmt: skip
        for port in ("jack_capture:input3", "klick:out", "jack_midi_clock:mclk_out"):
            assert self.jack._wait_for_port(port), port
        subprocess.run(["jack_connect", "klick:out", "jack_capture:input3"], check=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._started[::-1]:
            _end(process)
        shutil.rmtree(self._folder)

    def transport(self, command: str) -> None:
        """Tell the JACK transport to play or stop."""
        subprocess.run(
            ["jack_transport"], input=f"{command}\nexit\n", text=True, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @contextmanager
    def watching(self, daemon: Daemon) -> Iterator[None]:
        """Keep what the player says of itself; afterwards the capture is there."""
        over, arena = threading.Event(), daemon.arena

        def watch() -> None:
            while not over.wait(0.01):
                self.pages.append(page := arena.read_transport())
                last = self.anchors[-1][0] if self.anchors else 0
                if page.playing and page.frame - 2 * _PIECE > last + _ANCHORS:
                    at = page.frame - 2 * _PIECE
                    self.anchors.append((at, arena.read_ring(at, _PIECE)))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        time.sleep(1.0)  # until that is on disk
        _end(self._started[0])
        self.audio, _ = soundfile.read(self._wav, dtype="float32", always_2d=True)
        self._find_anchors()

    def _find_anchors(self) -> None:
        """Find what was mixed in what was captured; a loop that says it twice lies far off."""
        music = self.audio[:, :2]
        usual: int | None = None
        for frame, piece in self.anchors:
            far = [frame - place for place in _places_of(piece, music)]
            if far:  # the first time is the right one at first, later what lies as the last one did
                usual = max(far) if usual is None else min(far, key=lambda one: abs(one - usual))
                self.found.append((frame - usual, usual))
        assert self.found, "nothing that was mixed was captured whole"

    def frame_of(self, place: int) -> int | None:
        """The output frame of a place in the capture; None where the capture has lost something.

        It has where the anchors before and after it lie unequally far from their frames.
        """
        before = [far for at, far in self.found if at <= place][-1:]
        after = [far for at, far in self.found if at > place][:1]
        return place + before[0] if before and before == (after or before) else None

    def steady(self, within: float) -> list[int]:
        """The song beats so far, in all runs, around which the server lost less than so much."""
        pages = [page for page in self.pages if page.playing and page.beats_per_second > 0.0]
        passed = [
            page for before, page in pairwise(pages) if int(page.beat) == int(before.beat) + 1
        ]
        slipped = self._slipped([page.frame for page in passed])
        return [int(page.beat) for page, lost in zip(passed, slipped, strict=True) if lost < within]

    def beats(self) -> list[Beat]:
        """Each click's song beat, of those that were clicked while the song went."""
        frames = np.array([page.frame for page in self.pages])
        clicks = self.clicks()
        slipped = self._slipped([frame for *_, frame in clicks])
        found = []
        for (run, number, click), lost in zip(clicks, slipped, strict=True):
            here = int(np.searchsorted(frames, click, "right")) - 1
            page = self.pages[max(here, 0)]
            if here >= 0 and page.playing and page.beats_per_second > 0.0:
                beat = page.beat + (click - page.frame) / RATE * page.beats_per_second
                found.append(Beat(run, number, beat, page.beats_per_second, lost))
        return found

    def _slipped(self, places: list[int]) -> list[float]:
        """Seconds that the server lost around output frames, in this run of the song."""
        pages = self.pages[:]
        frames = np.array([page.frame for page in pages])
        lost = np.array([page.monotonic_ns * 1e-9 for page in pages]) - frames / RATE
        stood = np.array([page.frame for page in pages if page.beats_per_second == 0.0])
        around = []
        for at in places:
            since = max(at - _BEFORE, np.max(stood[stood < at], initial=0))
            around.append((frames > since) & (frames <= at + _AFTER))
        return [float(np.ptp(lost[some])) if np.any(some) else 0.0 for some in around]

    def starts(self) -> list[int]:
        """Where in the capture each run of the master begins."""
        return [place for _, number, place in self._clicked() if number == 0]

    def clicks(self) -> list[tuple[int, int, int]]:
        """The master's clicks: run, number within it, and the output frame where it begins."""
        placed = ((run, number, self.frame_of(place)) for run, number, place in self._clicked())
        return [(run, number, frame) for run, number, frame in placed if frame is not None]

    def _clicked(self) -> Iterator[tuple[int, int, int]]:
        """The master's clicks: run, number within it, and the place in the capture."""
        run, number, last = -1, 0, -RATE * 3600
        for place in np.flatnonzero(np.abs(self.audio[:, 2]) > _CLICK).tolist():
            if place - last <= _APART:
                continue
            run, number = (run + 1, 0) if place - last > _PAUSE else (run, number + 1)
            last = place
            yield run, number, place


def _places_of(piece: _Audio, audio: _Audio) -> list[int]:
    """Where in a capture a piece of what the player mixed is, sample for sample."""
    begins = np.flatnonzero(np.all(audio == piece[0], axis=1)).tolist()
    return [at for at in begins if np.array_equal(audio[at : at + len(piece)], piece)]


def _start(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5.0)
    process.kill()
    process.wait()
