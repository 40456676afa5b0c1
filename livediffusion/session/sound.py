"""The sound of a session: FLAC in 24 bits, readable at any moment up to the last second.

A FLAC file says in its head how many frames it has, which an encoder writes when it is closed;
here it is written each second, after the sound itself has come to the disk. So a player that is
cut off leaves a file that everybody can read. A file that gets as long as old file systems allow
(4 GB) is followed by another.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames

if TYPE_CHECKING:
    from soundfile import SoundFile

SUFFIX = ".flac"
FULL_SCALE = 1 << 23
_HEAD_AT, _HEAD_BYTES = 18, 8  # of rate, channels, bits and the number of frames, which is
_COUNT_BITS = 36  # the last of these
_BLOCK_AT = 8  # where the block's size stands, 2 bytes
_PAST_24 = 8  # soundfile wants 24 bits at the top of 32

Samples = NDArray[np.int32]  # (frames, channels), -2^23..2^23 - 1


def to_samples(audio: NDArray[np.float32]) -> Samples:
    """Audio, (frames, channels), at 24 bits."""
    scaled = np.rint(audio * np.float32(FULL_SCALE))
    samples: Samples = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int32)
    return samples


class Part:
    """One file of a session's sound. Threading: belongs to one thread.

    Raises OSError when the disk is full; what was written up to the last `sync` can be read.
    """

    def __init__(self, path: Path) -> None:
        from soundfile import LibsndfileError, SoundFile  # it takes 0.2 s

        self.path = path
        self.frames: Frames = 0  # written
        self._safe: Frames = 0  # that can be read by others
        path.touch(exist_ok=False)
        try:
            self._file: SoundFile = SoundFile(path, "w", SAMPLE_RATE, CHANNELS, "PCM_24")
        except LibsndfileError as error:
            raise OSError(errno.EIO, str(error)) from error
        self._head = os.open(path, os.O_RDWR)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self._head).st_size

    def write(self, samples: Samples) -> None:
        """Append samples."""
        from soundfile import LibsndfileError

        try:
            self._file.write(samples << _PAST_24)
        except (LibsndfileError, AssertionError) as error:  # it asserts that all was written
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        self.frames += len(samples)

    def sync(self) -> None:
        """Let everybody, also after a power cut, read what was written."""
        if not self.frames:
            return  # there is not even a head
        self._file.flush()
        os.fsync(self._head)
        block = int.from_bytes(os.pread(self._head, 2, _BLOCK_AT), "big")
        whole = (self.frames - 1) // block * block  # the encoder keeps the rest
        self._say(whole)
        self._safe = whole

    def close(self) -> None:
        """Finish the file; one that could not be written whole ends at the last `sync`."""
        from soundfile import LibsndfileError, SoundFile

        try:
            self._file.close()
            os.fsync(self._head)
            with SoundFile(self.path) as written:  # the library does not say when it fails
                written.seek(max(self.frames - 1, 0))
                if len(written.read(1)) < min(self.frames, 1):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except (OSError, LibsndfileError, AssertionError):
            self._end_at_sync()
        finally:
            os.close(self._head)

    def give_up(self) -> None:
        """End the file at the last `sync`."""
        with contextlib.suppress(Exception):
            self._file.close()
        self._end_at_sync()
        os.close(self._head)

    def _end_at_sync(self) -> None:
        self.frames = self._safe
        with contextlib.suppress(OSError):
            self._say(self._safe)

    def _say(self, frames: Frames) -> None:
        """Write in the head how many frames there are."""
        head = int.from_bytes(os.pread(self._head, _HEAD_BYTES, _HEAD_AT), "big")
        head = (head >> _COUNT_BITS << _COUNT_BITS) | frames
        os.pwrite(self._head, head.to_bytes(_HEAD_BYTES, "big"), _HEAD_AT)


def frames_in(path: Path) -> Frames:
    """How many frames of a part can be read; 0 where nothing was written."""
    with path.open("rb") as file:
        data = file.read(_HEAD_AT + _HEAD_BYTES)
    if data[:4] != b"fLaC" or len(data) < _HEAD_AT + _HEAD_BYTES:
        return 0
    return int.from_bytes(data[_HEAD_AT:], "big") & ((1 << _COUNT_BITS) - 1)


def read_part(path: Path, chunk: Frames = SAMPLE_RATE) -> Iterator[Samples]:
    """The samples of a part, in pieces."""
    from soundfile import SoundFile

    if not frames_in(path):
        return
    with SoundFile(path) as file:
        while len(block := file.read(chunk, dtype="int32", always_2d=True)):
            yield block >> _PAST_24
