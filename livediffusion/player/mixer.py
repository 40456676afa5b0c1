"""What sounds, frame by frame: loops, fades, knobs, limiter. Pure: no threads, files or clocks.

Everything is computed in quanta of 64 frames, whatever the device asks for, so the output does
not depend on how it is cut into blocks. At gain 0 dB, unmuted and with the filter at 0 the loop
passes bit for bit, 64 frames later (the limiter's look-ahead).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from livediffusion.player.deck import Deck, Happening, Swap
from livediffusion.player.filter import DJFilter
from livediffusion.player.lean import Pair
from livediffusion.player.limiter import DELAY, Limiter
from livediffusion.player.loop import Loop
from livediffusion.player.pace import Pace
from livediffusion.player.ramp import QUANTUM, FloatArray, Ramp, gain_of
from livediffusion.types import (
    BPM,
    CHANNELS,
    SAMPLE_RATE,
    Beats,
    Decibels,
    Frames,
    Lead,
    Seconds,
)

__all__ = ["Happening", "Loop", "Mixer", "Motion", "Swap"]

Motion: TypeAlias = Literal["stopped", "playing", "stopping", "panicked", "returning"]

_KNOB_RAMP: Seconds = 0.005
_START_RAMP: Seconds = 0.002
_STOP_FADE: Seconds = 0.2
_PANIC_FADE: Seconds = 0.05
_JUMP_FADE: Seconds = 0.02
_GAIN_RANGE: tuple[Decibels, Decibels] = (-60.0, 6.0)


class Mixer:
    """Turns orders into sound.

    Threading: everything belongs to the audio thread, except `measure`, which one other thread
    may call before it hands a swap over.
    """

    def __init__(self, sample_rate: int = SAMPLE_RATE, bar: Beats = 4.0) -> None:
        self.sample_rate = sample_rate
        self.deck = Deck()
        self.pace = Pace(sample_rate)
        self.motion: Motion = "stopped"
        self.gain: Decibels = 0.0
        self.mute = False
        self.frame: Frames = 0  # of the output, the next to be filled
        self.peak = 0.0  # of the last block, linear
        self.rms = 0.0
        self.happened: deque[Happening] = deque()  # offsets are output frames
        self._bar = bar
        self._knobs = Ramp(1.0)
        self._transport = Ramp(0.0)
        self._filter = DJFilter(sample_rate)
        self._limiter = Limiter(sample_rate)
        self._quantum: FloatArray = np.zeros((QUANTUM, CHANNELS), np.float32)
        self._left: Frames = 0  # frames at the end of the quantum that nobody has asked for yet
        self._start_again = False
        self._leaves: Seconds = 0.0  # when the next frame to be filled leaves

    @property
    def next_frame(self) -> Frames:
        """The output frame from which an order that is given now is heard."""
        return self.frame + self._left

    @property
    def beat(self) -> Beats:
        """The song beat at output frame `frame`."""
        if self.motion == "stopped":
            return 0.0
        return self.deck.beat - (DELAY + self._left) * self.deck.beats_per_frame

    @property
    def beats_per_second(self) -> float:
        """The tempo at which the song beat runs; 0 while it stands."""
        return 0.0 if self.motion == "stopped" else self.deck.beats_per_frame * self.sample_rate

    @property
    def knob(self) -> float:
        """The filter's knob, -1..1."""
        return self._filter.knob

    # Orders.

    def measure(self, loop: Loop, due: Beats | None = None, ordered: Sequence[Loop] = ()) -> None:
        """Learn how alike a new loop is to its neighbours; on another thread than the audio's.

        `ordered` are loops whose swaps are still on their way to `swap`.
        """
        self.deck.measure(loop, due, ordered)

    def swap(self, swap: Swap) -> None:
        """Go over to a loop when its beat comes."""
        self.deck.order(swap)

    def stand_by(self, loop: Loop) -> None:
        """Hold a loop that may be leaned on."""
        self.deck.stand_by(loop)

    def lean(self, over: int, amounts: dict[int, float], alike: list[Pair]) -> None:
        """Have so much of loops that stand by in the mix while the one in slot `over` sounds.

        All by their slots; `alike` says how alike they are. The mix is there within 30 ms.
        """
        self.deck.lean(over, amounts, alike)

    def drop(self, slots: set[int]) -> None:
        """Forget what waits or stands by in these slots."""
        self.deck.drop(slots)
        self._collect(0)

    def set_gain(self, decibels: Decibels) -> None:
        """Set the gain, -60..+6 dB, within 5 ms."""
        self.gain = min(max(decibels, _GAIN_RANGE[0]), _GAIN_RANGE[1])
        self._turn()

    def set_mute(self, mute: bool) -> None:
        """Silence the output, or let it sound again, within 5 ms; time runs on."""
        self.mute = mute
        self._turn()

    def set_hold(self, hold: bool) -> None:
        """Let swaps wait; the newest that is due is taken on release."""
        self.deck.hold = hold

    def set_filter(self, knob: float) -> None:
        """Turn the filter's knob, -1..1."""
        self._filter.turn(knob)

    def lead(self, lead: Lead | None) -> None:
        """Follow a clock that leads, from now on; None: nobody leads."""
        self.pace.follow(lead)

    def bend(self, tempo: BPM | None) -> None:
        """While nobody leads: bend the loops to a tempo; None: each goes at its own."""
        self.pace.bend = tempo

    def nudge(self, beats: Beats) -> None:
        """Move the song on by so many beats, within about a beat."""
        self.pace.nudge(beats)

    def play(self) -> None:
        """Start at beat 0; after a panic come back at the next bar."""
        if self.motion == "stopped":
            self.motion = "playing"
            self._transport.jump(0.0)
        elif self.motion == "stopping":
            self._start_again = True
        elif self.motion == "panicked":
            self.motion = "returning"

    def stop(self) -> None:
        """Fade out, then go back to beat 0."""
        self._start_again = False
        if self.motion not in ("stopped", "stopping"):
            self.motion = "stopping"
            self._transport.to(0.0, round(_STOP_FADE * self.sample_rate))

    def panic(self, fade: Seconds = _PANIC_FADE) -> None:
        """Fade to silence at once; time runs on."""
        if self.motion in ("playing", "returning"):
            self.motion = "panicked"
            self._transport.to(0.0, round(fade * self.sample_rate))

    def resume(self, beat: Beats, motion: Motion) -> None:
        """Go on where a predecessor was heard; `beat` is wished for output frame `frame`."""
        self.motion = motion
        self._transport.jump(0.0)
        self.deck.seek(beat + (DELAY + self._left) * self.deck.beats_per_frame)

    # Sound.

    def process(self, frames: Frames) -> FloatArray:
        """The next frames of output, (frames, channels)."""
        out: FloatArray = np.empty((frames, CHANNELS), np.float32)
        self.fill(out)
        return out

    def fill(self, out: FloatArray, leaves: Seconds | None = None) -> None:
        """Fill a block of output, (frames, channels), completely.

        `leaves` is when its first frame leaves, on the leader's clock; None: right after the
        block before.
        """
        if leaves is not None:
            self._leaves = leaves
        done = min(self._left, len(out))
        out[:done] = self._quantum[QUANTUM - self._left :][:done]
        self._left -= done
        while len(out) - done >= QUANTUM:
            self._render(out[done : done + QUANTUM], done)
            done += QUANTUM
        if rest := len(out) - done:
            self._render(self._quantum, done)
            out[done:] = self._quantum[:rest]
            self._left = QUANTUM - rest
        self.frame += len(out)
        self._leaves += len(out) / self.sample_rate
        if len(out):
            self.peak = float(np.abs(out).max())
            self.rms = float(np.sqrt(np.mean(np.square(out))))

    def _render(self, block: FloatArray, offset: Frames) -> None:
        """Compute the next quantum, (QUANTUM, channels); `offset` is its place in the output."""
        if self.motion == "stopped":
            self.deck.stand()
            block[:] = 0.0
        else:
            self._move()
            self._keep_pace(offset)
            self.deck.render(block)
            self._transport.apply(block)
            if self.motion == "stopping" and not self._transport.moving:
                self._come_to_rest()
        self._filter.process(block)
        self._knobs.apply(block)
        self._limiter.process(block)
        if self.deck.happened:
            self._collect(offset)

    def _keep_pace(self, offset: Frames) -> None:
        """Choose the tempo of the next quantum, and its beat if that is somewhere else."""
        deck, silent = self.deck, self._transport.value == 0.0
        loop = deck.current
        own = loop.beats / loop.frames if loop is not None else 0.0
        heard = self._leaves + (offset + DELAY) / self.sample_rate
        step = self.pace.step(deck.beat, own, heard, silent, deck.fade is not None)
        deck.tempo, deck.led = step.tempo, step.led
        if step.jump is not None:
            deck.jump(step.jump, 0 if silent else round(_JUMP_FADE * self.sample_rate))

    def _move(self) -> None:
        """Let the sound in when its moment has come."""
        if self.motion == "playing" and self._transport.target == 0.0:
            if self.deck.current is not None or self.deck.pending:
                self._transport.to(1.0, round(_START_RAMP * self.sample_rate))
        elif self.motion == "returning":
            beat = self.deck.beat
            bar = -(-beat // self._bar) * self._bar
            if (wait := self.deck.frames_until(bar)) < QUANTUM:
                self.motion = "playing"
                self._transport.to(1.0, round(_START_RAMP * self.sample_rate), max(wait, 0))

    def _come_to_rest(self) -> None:
        self.motion = "playing" if self._start_again else "stopped"
        self._start_again = False
        self.deck.rewind()

    def _turn(self) -> None:
        target = 0.0 if self.mute else gain_of(self.gain)
        self._knobs.to(target, round(_KNOB_RAMP * self.sample_rate))

    def _collect(self, offset: Frames) -> None:
        """Pass on what the deck did, with the output frame at which it is heard."""
        start = self.frame + offset + DELAY
        while self.deck.happened:
            happening = self.deck.happened.popleft()
            self.happened.append(replace(happening, offset=start + happening.offset))
