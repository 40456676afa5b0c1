"""What happens in each audio block: orders in, sound out, the transport page written.

Threading: `fill` is called by the output's audio thread. Orders reach it through a deque, and
happenings leave through another; appending and popping are atomic, so nobody waits.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias

import numpy as np

from livediffusion.ipc.arena import Arena, Transport
from livediffusion.player.mixer import Loop, Mixer, Motion, Swap
from livediffusion.player.ramp import FloatArray
from livediffusion.types import CHANNELS, Frames, Lead

Carried: TypeAlias = tuple[Frames, str, Any]  # output frame, what, with which arguments
_Order: TypeAlias = tuple[int, int, Callable[..., None], tuple[Any, ...]]  # ns, number, what

_LEAN = 0.02  # how far the smoothed clock follows a block that comes late
_JUMP_NS = 100_000_000


class LeavingClock:
    """When blocks leave, without the jitter of the callbacks.

    A callback can come late but not early, so the earliest ones tell the time.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._expected_ns = 0.0

    def smooth(self, leaves_ns: int, frames: Frames) -> int:
        """A better estimate of when a block of so many frames leaves."""
        error = leaves_ns - self._expected_ns
        if abs(error) > _JUMP_NS or error < 0.0:
            estimate = float(leaves_ns)
        else:
            estimate = self._expected_ns + error * _LEAN
        self._expected_ns = estimate + frames * 1e9 / self._sample_rate
        return int(estimate)


class Engine:
    """The mixer, wired to the arena."""

    def __init__(self, arena: Arena, mixer: Mixer) -> None:
        self.mixer = mixer
        self.orders: deque[_Order] = deque()
        self.blocks = 0
        self.underruns: Callable[[], int] = int
        self.latency = 0.0
        self.error: Exception | None = None
        self.carried: deque[Carried] | None = None  # what was done, if anybody wants to know
        self._arena = arena
        self._clock = LeavingClock(mixer.sample_rate)
        self._successor_of: tuple[Transport, Motion] | None = None
        self._numbers = count()
        self._timed: list[_Order] = []  # a heap of what waits for its block; the audio thread's

    def order(self, method: Callable[..., None], *arguments: Any, at_ns: int = 0) -> None:
        """Have one of the mixer's methods called before the next block.

        Or before the block in which a moment of the monotonic clock leaves.
        """
        self.orders.append((at_ns, next(self._numbers), method, arguments))

    def ordered_loops(self) -> list[Loop]:
        """Loops of swaps that wait for the next block."""
        swaps = [arguments[0] for *_, arguments in list(self.orders) if arguments]
        return [swap.loop for swap in swaps if isinstance(swap, Swap)]

    def succeed(self, page: Transport, motion: Motion) -> None:
        """Go on from a predecessor's last transport page, as if it had not died."""
        self._successor_of = page, motion

    def go_on(self) -> None:
        """Another output takes over: on the beat, however long it took to open.

        Only while no output calls `fill`.
        """
        if self._successor_of is None and self.blocks:
            self.succeed(self._arena.read_transport(), self.mixer.motion)

    def fill(self, out: FloatArray, leaves_ns: int) -> None:
        """Fill a block, (frames, channels); an error is kept, and silence returned."""
        try:
            self._fill(out, self._clock.smooth(leaves_ns, len(out)))
        except Exception as error:  # noqa: BLE001 - nothing may unwind into the audio driver
            self.error = error
            out.fill(0.0)
        self.blocks += 1

    def _fill(self, out: FloatArray, leaves_ns: int) -> None:
        mixer = self.mixer
        if self._successor_of is not None:
            self._take_over(leaves_ns)
        self._obey(leaves_ns + len(out) * 1_000_000_000 // mixer.sample_rate)
        if mixer.pace.lead is not None:
            self._note(mixer.frame, "block", leaves_ns * 1e-9)
        frame, beat, tempo = mixer.frame, mixer.beat, mixer.beats_per_second
        mixer.fill(out, leaves_ns * 1e-9)
        self._arena.write_ring(frame, out)
        deck, loop = mixer.deck, mixer.deck.current
        self._arena.write_transport(
            Transport(
                frame=frame,
                monotonic_ns=max(leaves_ns, 0),
                beat=beat,
                beats_per_second=tempo,
                loop_frames=loop.frames if loop is not None else 0,
                loop_beats=loop.beats if loop is not None else 0,
                peak=mixer.peak,
                rms=mixer.rms,
                latency=self.latency,
                underruns=self.underruns(),
                late=deck.late,
                swaps=deck.swaps,
                playing=mixer.motion == "playing",
                fading=deck.fade is not None,
                block=len(out),
            )
        )

    def _obey(self, until_ns: int) -> None:
        """Carry out the orders of a block that ends at a moment."""
        while self.orders:
            order = self.orders.popleft()
            if order[0] >= until_ns:
                heapq.heappush(self._timed, order)
            else:
                self._carry_out(order[2], order[3])
        while self._timed and self._timed[0][0] < until_ns:
            _, _, method, arguments = heapq.heappop(self._timed)
            self._carry_out(method, arguments)

    def _carry_out(self, method: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if getattr(method, "__self__", None) is self.mixer:
            self._note(self.mixer.next_frame, method.__name__, *arguments)
        method(*arguments)

    def _note(self, frame: Frames, what: str, *arguments: Any) -> None:
        carried = self.carried
        if carried is not None:
            carried.append((frame, what, arguments))

    def _take_over(self, leaves_ns: int) -> None:
        assert self._successor_of is not None
        (page, motion), self._successor_of = self._successor_of, None
        gap = max(leaves_ns - page.monotonic_ns, 0)
        frame = self.mixer.frame = page.frame + round(gap * 1e-9 * self.mixer.sample_rate)
        self._arena.silence_ring(page.end, frame)
        self._note(frame, "begin", page.end)
        if motion != "stopped":
            self._carry_out(self.mixer.resume, (page.beat_at(leaves_ns), motion))


def ran_recently(page: Transport, within_s: float = 3600.0) -> bool:
    """Whether a transport page can be gone on from (a reboot resets the clock)."""
    age = (time.monotonic_ns() - page.monotonic_ns) * 1e-9
    return page.monotonic_ns > 0 and -1.0 < age < within_s


def warm_up(sample_rate: int) -> None:
    """Do once what a first time makes slow, before anybody listens."""
    mixer, tempo = Mixer(sample_rate), 4 * 60.0 * sample_rate / 1000
    loops = [Loop(np.full((1000, CHANNELS), 0.9, np.float32), 4, slot) for slot in (0, 1)]
    mixer.set_filter(0.5)
    mixer.set_gain(6.0)
    mixer.play()
    for loop in loops:
        mixer.measure(loop)
        mixer.swap(Swap(loop, fade_frames=500))
        mixer.process(2000)
    mixer.stand_by(loops[0])
    mixer.lean(1, {0: 0.5}, [(0, 1, 0.5)])
    mixer.process(2000)
    for factor in (1.0001, 1.1):
        mixer.lead(Lead(0.0, 0.0, tempo * factor))
        mixer.process(4000)
