"""A session as it lies on the disk: its log, and its sound as one stream of samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livediffusion.errors import UserError
from livediffusion.session.eventlog import Log, read_log
from livediffusion.session.sound import Samples, frames_in, read_part
from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames, Json, Seconds


@dataclass(frozen=True, slots=True)
class File:
    """A file of sound; `start` is the output frame at which it begins."""

    path: Path
    start: Frames
    frames: Frames

    @property
    def end(self) -> Frames:
        """The output frame after its last."""
        return self.start + self.frames


@dataclass(frozen=True, slots=True)
class Session:
    """A recorded performance. Frames are those of the output, from the daemon's start on."""

    folder: Path
    log: Log
    files: tuple[File, ...]

    @property
    def start(self) -> Frames:
        """The first frame of its sound."""
        return self.files[0].start

    @property
    def end(self) -> Frames:
        """The frame after the last of its sound."""
        return self.files[-1].end

    @property
    def deeds(self) -> list[Json]:
        """What the player did."""
        deeds = (event["deed"] for event in self.log.of("did"))
        return [deed for deed in deeds if "do" in deed and isinstance(deed.get("frame"), int)]

    def time(self, frame: Frames) -> Seconds:
        """Seconds from the start of the session."""
        return (frame - self.start) / SAMPLE_RATE

    def samples(self) -> Iterator[Samples]:
        """All of its sound in pieces, from `start` to `end`; silence where it was lost."""
        at = self.start
        for file in self.files:
            for left in range(max(file.start - at, 0), 0, -SAMPLE_RATE):
                yield np.zeros((min(left, SAMPLE_RATE), CHANNELS), np.int32)
            over = max(at - file.start, 0)  # of a file that was cut off and went on
            for block in read_part(file.path):
                if over < len(block):
                    yield block[over:]
                over = max(over - len(block), 0)
            at = max(file.end, at)


def open_session(folder: Path) -> Session:
    """Read a session. Raises UserError with a sentence when there is nothing to be read."""
    log = read_log(folder)
    files = []
    for part in log.of("part"):
        path = folder / Path(part["file"]).name
        try:
            if frames := frames_in(path):
                files.append(File(path, part["frame"], frames))
        except FileNotFoundError:
            log.problems.append(f"{path.name} is missing.")
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    if not files:
        raise UserError(f"There is no sound in the session {folder}.")
    return Session(folder, log, tuple(sorted(files, key=lambda file: file.start)))
