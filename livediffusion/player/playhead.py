"""Where the music is, and how fast it goes on.

The song beat is derived from the place in the loop, so nothing drifts: `turn_beat` is the song
beat at the loop's frame 0 (a multiple of its beats) and `position` the place that comes next: a
whole frame while each loop goes at its own tempo, else anywhere between two.
"""

from __future__ import annotations

from livediffusion.player.loop import Loop, place, place_between
from livediffusion.player.ramp import QUANTUM
from livediffusion.types import Beats, Frames

_SLIP = 1e-4  # how much faster or slower a loop is played until its position is whole again
_WHOLE = 1e-6  # frames


class Playhead:
    """A place in the loop that sounds.

    Threading: belongs to the audio thread.
    """

    def __init__(self) -> None:
        self.current: Loop | None = None
        self.position = 0.0  # frames
        self.turn_beat: Beats = 0.0
        self.tempo: float | None = None  # beats a frame that each loop is bent to, if any
        self.led = False
        self.speed = 1.0  # at which the current loop is read

    @property
    def beat(self) -> Beats:
        """The song beat of the frame that comes next."""
        if self.current is None:
            return self.turn_beat
        return self.turn_beat + self.position * self.current.beats / self.current.frames

    @property
    def beats_per_frame(self) -> float:
        """The tempo that sounds; 0 without a loop."""
        if self.current is None:
            return 0.0
        return self.speed * self.current.beats / self.current.frames

    def frames_until(self, beat: Beats) -> Frames:
        """Frames from the next frame to a song beat if the speed stays; negative when past."""
        if self.current is None:
            return 0
        there = (beat - self.turn_beat) * self.current.frames / self.current.beats
        if self.speed == 1.0:
            return round(there) - round(self.position)
        return round((there - self.position) / self.speed)

    def speed_of(self, loop: Loop) -> float:
        """Frames of a loop that are read in one; exactly 1 if the tempo is its own."""
        if self.tempo is None:
            return 1.0
        frames = loop.beats / self.tempo  # that it would have
        if not self.led and round(frames) == loop.frames:
            return 1.0
        return loop.frames / frames

    def seek(self, beat: Beats) -> None:
        """Go on from a song beat."""
        if self.current is None:
            self.turn_beat = beat
        else:
            self.settle(beat, beat, self.current)

    def settle(self, wished: Beats, exact: Beats, loop: Loop) -> None:
        """Be at a song beat in a loop: at the nearest frame of one that passes as it is."""
        if self.led or self.speed_of(loop) != 1.0:
            self.turn_beat, self.position = place_between(exact, loop)
        else:
            self.turn_beat, self.position = place(wished, loop)

    def choose_speed(self) -> None:
        """Read at the speed that is asked for; without one, slip to a whole position and stay."""
        if self.current is None:
            return
        self.speed = self.speed_of(self.current)
        if self.led or self.speed != 1.0:
            return
        short = round(self.position) - self.position
        if abs(short) < _WHOLE:
            self.position = float(round(self.position))
        else:
            self.speed += min(max(short / QUANTUM, -_SLIP), _SLIP)

    def move_on(self, frames: Frames) -> None:
        """Be so many frames of the output later."""
        if self.current is not None:
            there = self.position + frames * self.speed
            turns, self.position = divmod(there, self.current.frames)
            self.turn_beat += turns * self.current.beats
