"""A loop in memory and where a song beat lies in it."""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.player.attacks import find_attacks
from livediffusion.player.ramp import FloatArray
from livediffusion.types import Beats, Frames


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """Rendered audio of exactly `beats` beats, (frames, channels), in a slot of the arena."""

    audio: FloatArray
    beats: int
    slot: int = -1
    key: str = ""
    attacks: tuple[Frames, ...] = ()  # frames, rising, that stay on the grid when it is bent

    @classmethod
    def listened_to(cls, audio: FloatArray, beats: int, slot: int = -1, key: str = "") -> Loop:
        """A loop whose attacks are known (not in the audio callback)."""
        return cls(audio, beats, slot, key, find_attacks(audio))

    @property
    def frames(self) -> Frames:
        """Its length; one turn of the loop."""
        return len(self.audio)

    def read(self, position: Frames, out: FloatArray) -> None:
        """Copy into `out`, (frames, channels), from a frame on, round the circle."""
        done = 0
        while done < len(out):
            count = min(len(out) - done, self.frames - position)
            out[done : done + count] = self.audio[position : position + count]
            done += count
            position = 0


def place(beat: Beats, loop: Loop) -> tuple[Beats, Frames]:
    """Song beat at frame 0 of the loop's turn, and the frame in it, for a song beat."""
    turns = beat // loop.beats
    position = round((beat - turns * loop.beats) * loop.frames / loop.beats)
    if position >= loop.frames:
        turns, position = turns + 1, 0
    return turns * loop.beats, position


def place_between(beat: Beats, loop: Loop) -> tuple[Beats, float]:
    """Like `place`, but the exact place, which may lie between two frames."""
    turns = beat // loop.beats
    position = (beat - turns * loop.beats) * loop.frames / loop.beats
    if position >= loop.frames:
        turns, position = turns + 1, 0.0
    return turns * loop.beats, position
