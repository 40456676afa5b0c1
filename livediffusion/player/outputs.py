"""Where the sound can go without an audio device: nowhere, in real time, or into a file.

Threading: an output calls `fill(block, leaves_ns)` from a thread of its own, from `start` until
`close` has returned. `fill` writes every sample of `block`, (frames, 2), and neither waits nor
reads files; `leaves_ns` is when the block's first frame leaves, on `time.monotonic_ns()`'s clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from livediffusion.errors import UserError
from livediffusion.player.ramp import FloatArray
from livediffusion.types import CHANNELS, Frames, Seconds

if TYPE_CHECKING:
    from soundfile import SoundFile

Fill: TypeAlias = Callable[[FloatArray, int], None]

FILE_SUFFIXES = (".wav", ".flac")
_DEFAULT_BLOCK: Frames = 256
_LONGEST_WAIT: Seconds = 0.25  # behind by more, the clock starts again instead of racing
_WRITE_EVERY: Seconds = 0.5


class Output(Protocol):
    """Something that takes sound in real time."""

    name: str
    underruns: int
    latency: Seconds

    def start(self, fill: Fill) -> None:
        """Begin to call `fill`."""

    def close(self) -> None:
        """Stop calling `fill` and let go of the device."""


class ClockOutput:
    """Takes sound as fast as time passes and throws it away."""

    name = "null"

    def __init__(self, sample_rate: int, blocksize: Frames = 0) -> None:
        self.underruns = 0
        self.latency: Seconds = 0.0
        self._rate = sample_rate
        self._block: FloatArray = np.zeros((blocksize or _DEFAULT_BLOCK, CHANNELS), np.float32)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, fill: Fill) -> None:
        """Begin to call `fill`."""
        self._thread = threading.Thread(target=self._run, args=(fill,), name="audio", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the clock."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def keep(self, block: FloatArray) -> None:
        """Do something with a block that has been filled."""

    def _run(self, fill: Fill) -> None:
        start, done = time.monotonic_ns(), 0
        while not self._stop.is_set():
            leaves_ns = start + done * 1_000_000_000 // self._rate
            wait = (leaves_ns - time.monotonic_ns()) * 1e-9
            if wait > 0:
                time.sleep(wait)
            elif wait < -_LONGEST_WAIT:
                start, done = time.monotonic_ns(), 0
                self.underruns += 1
                continue
            fill(self._block, leaves_ns)
            self.keep(self._block)
            done += len(self._block)


class FileOutput(ClockOutput):
    """Writes a WAV or FLAC file in real time; it can be read at any moment, up to the last second.

    Threading: the clock's thread gathers blocks, a second thread writes them.
    """

    def __init__(self, path: Path, sample_rate: int, blocksize: Frames = 0) -> None:
        super().__init__(sample_rate, blocksize)
        self.name = str(path)
        self._file = _open(path, sample_rate)
        self._kept: list[FloatArray] = []
        self._writer = threading.Thread(target=self._write, name="audio file", daemon=True)
        self._writer.start()

    def keep(self, block: FloatArray) -> None:
        """Hand a block on to the writing thread."""
        self._kept.append(block.copy())

    def close(self) -> None:
        """Stop the clock and finish the file."""
        super().close()
        self._writer.join()
        self._file.close()

    def _write(self) -> None:
        while not self._stop.wait(_WRITE_EVERY):
            self._write_kept()
        if self._thread is not None:
            self._thread.join()
        self._write_kept()

    def _write_kept(self) -> None:
        kept, self._kept = self._kept, []
        try:
            for block in kept:
                self._file.write(block)
            self._file.flush()  # writes the header too
        except (OSError, RuntimeError):
            self.underruns += 1  # a full disk ends the file, not the music


def next_part(path: Path) -> Path:
    """Where a file goes on that a predecessor began: `set.wav`, `set-2.wav`, `set-3.wav`."""
    part, number = path, 1
    while part.exists():
        number += 1
        part = path.with_stem(f"{path.stem}-{number}")
    return part


def _open(path: Path, sample_rate: int) -> SoundFile:
    from soundfile import LibsndfileError, SoundFile  # imported only for files: it takes 0.2 s

    subtype = {".wav": "FLOAT", ".flac": "PCM_24"}[path.suffix.lower()]
    try:
        return SoundFile(path, "w", sample_rate, CHANNELS, subtype)
    except (LibsndfileError, OSError) as error:
        raise UserError(
            f"cannot write {path} ({error}): choose a folder that exists and that you may write to"
        ) from error
