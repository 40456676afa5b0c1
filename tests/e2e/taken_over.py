"""What a daemon played into a capture, held against its player's own record of it.

The record is the session's: what was mixed, frame by frame, and the loops that were swapped in. It
says what the player did, but for what the recorder had no time to write down, and says so. The
capture says what of it has come out; where it has not all come out, the player must have counted an
underrun, as when the machine gives neither it nor JACK the time.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livediffusion.session.recorded import Session, open_session
from livediffusion.session.sound import Samples, to_samples
from livediffusion.types import Json

RATE = 48000
_LOUD = 1 << 16  # of 24 bits: some 40 dB below full scale


@dataclass(frozen=True)
class Turn:
    """A loop that was swapped in: where it began to sound, and what it was rendered from."""

    frame: int  # of the output
    beat: float
    request: dict[str, object]
    before: dict[str, object]  # the request of the loop that sounded until then


class Heard:
    """One recorded performance and what was captured of it, both at 24 bits."""

    def __init__(self, folder: Path, capture: NDArray[np.float32], underruns: int) -> None:
        """`folder` holds the sessions, one of them; `underruns` are the player's own count."""
        (found,) = folder.iterdir()
        self.session: Session = open_session(found)
        self.capture = to_samples(capture)
        self.underruns = underruns
        self._record: Samples = np.concatenate(list(self.session.samples()))

    @property
    def turns(self) -> list[Turn]:
        """All loops that came after another one, in order."""
        return turns(self.session)

    def is_recorded(self, start: int, end: int) -> bool:
        """Whether there is a record of all from one output frame to another."""
        lost = [(gap["frame"], gap["frame"] + gap["frames"]) for gap in self._lost("sound")]
        there = self.session.start <= start and end <= self.session.end
        return there and all(end <= first or last <= start for first, last in lost)

    @property
    def knows_all_turns(self) -> bool:
        """Whether nothing of what the player did was lost."""
        return not [gap for gap in self.session.log.of("lost") if gap["what"] != "sound"]

    def _lost(self, what: str) -> list[Json]:
        return [gap for gap in self.session.log.of("lost") if gap["what"] == what]

    def recorded(self, start: int, end: int) -> Samples:
        """What was mixed from one output frame to another, (frames, 2)."""
        first = self.session.start
        assert self.is_recorded(start, end)
        return self._record[start - first : end - first]

    def came_out(self, start: int, end: int) -> bool:
        """Whether the capture has all of that in one piece."""
        wanted = self.recorded(start, end)
        at = int(np.argmax(np.abs(wanted).max(axis=1)))
        places = np.flatnonzero(np.all(self.capture == wanted[at], axis=1)) - at
        return any(
            place >= 0 and np.array_equal(self.capture[place : place + len(wanted)], wanted)
            for place in map(int, places)
        )


def turns(session: Session) -> list[Turn]:
    """The loops that came after another one, as far as they are written down."""
    requests = {event["key"]: event["request"] for event in session.log.of("loop")}
    swapped = [deed for deed in session.deeds if deed["do"] == "swapped"]
    known = [deed for deed in swapped if deed["key"] in requests]
    return [
        Turn(deed["frame"], deed["beat"], requests[deed["key"]], requests[before["key"]])
        for before, deed in itertools.pairwise(known)
    ]


def step(audio: Samples) -> int:
    """The largest step from one sample to the next."""
    return int(np.abs(np.diff(audio, axis=0)).max())


def longest_zeros(audio: Samples) -> int:
    """Frames of the longest run of digital silence."""
    sounding = np.flatnonzero(np.any(audio != 0, axis=1))
    return int(np.diff([-1, *sounding, len(audio)]).max()) - 1


def is_loud(audio: Samples) -> bool:
    """Whether there is any sound to speak of."""
    return int(np.abs(audio).max()) > _LOUD


def differ(one: Samples, other: Samples) -> float:
    """How unlike two loops are in their spectra, wherever they begin; 0 for the same one."""
    spectra = [np.abs(np.fft.rfft(audio[:, 0].astype(np.float64))) for audio in (one, other)]
    return float(np.linalg.norm(spectra[0] - spectra[1]) / np.linalg.norm(spectra[0]))
