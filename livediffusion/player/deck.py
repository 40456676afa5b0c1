"""Which loop sounds where: loops, the swaps that wait, the fade from one to the next.

The song beat is derived from whole loop frames, so nothing drifts: `turn_beat` is the song beat
at the loop's frame 0 (a multiple of its beats) and `position` the frame that comes next.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from livediffusion.player.fade import HALF_KNOWN, Fade, Likeness, likeness
from livediffusion.player.loop import Loop, place
from livediffusion.player.ramp import FloatArray
from livediffusion.types import Beats, Frames


@dataclass(frozen=True, slots=True, eq=False)
class Swap:
    """An order to go over to a loop, at the first multiple of `grid` beats not before `not_before`.

    Grid 0: at `not_before` itself; without one at once.
    """

    loop: Loop
    not_before: Beats | None = None
    grid: Beats = 0.0
    fade_frames: Frames = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A swap that waits for song beat `due`; `wished` is where an early order would be due."""

    swap: Swap
    due: Beats
    wished: Beats


@dataclass(frozen=True, slots=True)
class Happening:
    """What the deck did: `offset` frames after the start of the block it was rendering."""

    what: Literal["swapped", "released"]
    slot: int
    key: str
    offset: Frames = 0
    beat: Beats = 0.0
    late: Beats = 0.0


class Deck:
    """The current loop, the one that fades out, and the swaps that wait.

    Threading: belongs to the audio thread, except `measure`, which one other thread may call.
    """

    def __init__(self) -> None:
        self.current: Loop | None = None
        self.fade: Fade | None = None
        self.pending: list[Pending] = []
        self.position: Frames = 0
        self.turn_beat: Beats = 0.0
        self.hold = False
        self.swaps = 0
        self.late = 0
        self.happened: deque[Happening] = deque()
        self._likeness: dict[tuple[int, int], Likeness] = {}

    @property
    def beat(self) -> Beats:
        """The song beat of the frame that comes next."""
        if self.current is None:
            return self.turn_beat
        return self.turn_beat + self.position * self.current.beats / self.current.frames

    @property
    def beats_per_frame(self) -> float:
        """The tempo that sounds; 0 without a loop."""
        return self.current.beats / self.current.frames if self.current is not None else 0.0

    def frames_until(self, beat: Beats) -> Frames:
        """Frames from the next frame to a song beat; negative when it is past."""
        if self.current is None:
            return 0
        loop = self.current
        return round((beat - self.turn_beat) * loop.frames / loop.beats) - self.position

    def measure(self, loop: Loop, due: Beats | None, ordered: Sequence[Loop]) -> None:
        """Learn how alike a new loop is to those that it may fade from or to (not the callback).

        `ordered` are loops whose swaps have not reached the audio thread yet.
        """
        others = [*ordered, *(pending.swap.loop for pending in list(self.pending))]
        if (current := self.current) is not None:
            others.append(current)
        kept = {id(other) for other in (*others, loop)}
        for pair in [pair for pair in self._likeness if not kept.issuperset(pair)]:
            del self._likeness[pair]
        for other in others:
            alike = likeness(other, loop, self.beat if due is None else due)
            self._likeness[id(other), id(loop)] = self._likeness[id(loop), id(other)] = alike

    def order(self, swap: Swap) -> None:
        """Take in an order; it waits for its beat."""
        due = wished = self._due(swap)
        if swap.not_before is not None:
            wished = _on_grid(swap.not_before, swap.grid)
        self.pending.append(Pending(swap, due, wished))

    def _due(self, swap: Swap) -> Beats:
        """The first beat that fits an order and whose frame has not been rendered yet."""
        now, start = self.beat, swap.not_before
        if start is None or (start < now and self.frames_until(start) < 0):
            start = now
        due = _on_grid(start, swap.grid)
        before = due - swap.grid  # its frame may still come: beats fall between frames
        missed = swap.not_before is not None and before < swap.not_before
        if self.current is None or missed or self.frames_until(before) < 0:
            return due
        return before

    def drop(self, slots: set[int]) -> None:
        """Forget swaps that wait with these slots, and say which slots are free."""
        dropped = {item.swap.loop for item in self.pending if item.swap.loop.slot in slots}
        self.pending = [item for item in self.pending if item.swap.loop.slot not in slots]
        keys = {loop.slot: loop.key for loop in dropped}
        for slot in sorted(slots):
            self._release(slot, keys.get(slot, ""), 0)

    def seek(self, beat: Beats) -> None:
        """Go on from a song beat."""
        if self.current is None:
            self.turn_beat = beat
        else:
            self.turn_beat, self.position = place(beat, self.current)

    def rewind(self) -> None:
        """Back to song beat 0, without a fade; of the swaps that wait the last is taken."""
        if self.fade is not None:
            self._end_fade(0)
        self.turn_beat, self.position = 0.0, 0
        if self.pending and not self.hold:
            self._take(max(self.pending, key=lambda item: item.due), 0, silent=True)

    def stand(self) -> None:
        """Take what is due while the song stands still and nothing sounds."""
        if self.pending:
            self._take_due(0, silent=True)

    def render(self, out: FloatArray) -> None:
        """Fill a block, (frames, channels), and move on."""
        done = 0
        while done < len(out):
            self._take_due(done)
            if self.current is None:
                out[done:] = 0.0
                return
            count = min(len(out) - done, self._frames_to_next_change())
            part = out[done : done + count]
            self._advance(part)
            done += count
            if self.fade is not None and self.fade.left == 0:
                self._end_fade(done)

    def _advance(self, out: FloatArray) -> None:
        loop = self.current
        assert loop is not None
        loop.read(self.position, out)
        if self.fade is not None:
            self.fade.mix(out)
        turns, self.position = divmod(self.position + len(out), loop.frames)
        self.turn_beat += turns * loop.beats

    def _frames_to_next_change(self) -> Frames:
        """Frames until a fade ends or a swap is due, at least 1."""
        if self.fade is not None:
            return self.fade.left
        waits = [self.frames_until(item.due) for item in self.pending] if not self.hold else []
        return min((frames for frames in waits if frames > 0), default=1 << 30)

    def _take_due(self, offset: Frames, silent: bool = False) -> None:
        """Take the newest swap that is due; the first that comes while there is no loop at all."""
        if not self.pending or self.fade is not None:
            return
        if self.current is None:
            now = max(self.beat, min(item.due for item in self.pending))
            due = [item for item in self.pending if item.due <= now]
        elif self.hold:
            return
        else:
            due = [item for item in self.pending if self.frames_until(item.due) <= 0]
        if due:
            latest = max(item.due for item in due)
            self._take([item for item in due if item.due == latest][-1], offset, silent)

    def _take(self, item: Pending, offset: Frames, silent: bool = False) -> None:
        """Go over to a waiting loop; those that were due before it are passed over."""
        old, new = self.current, item.swap.loop
        on_time = old is not None and self.frames_until(item.due) == 0
        beat = item.due if on_time else self.beat
        behind, position = self.position, self.position
        if old is None or (old.frames, old.beats) != (new.frames, new.beats):
            self.turn_beat, position = place(beat, new)
        self.current, self.position = new, position
        index = self.pending.index(item)
        over = [p for i, p in enumerate(self.pending) if (p.due, i) <= (item.due, index)]
        self.pending = [p for p in self.pending if p not in over]
        self.swaps += 1
        self.late += item.due > item.wished
        late = max(beat - item.wished, 0.0)
        self.happened.append(Happening("swapped", new.slot, new.key, offset, beat, late))
        for passed in over:
            self._release(passed.swap.loop.slot, passed.swap.loop.key, offset)
        if old is None:
            return
        alike = self._likeness.get((id(old), id(new)), HALF_KNOWN)
        if not silent and item.swap.fade_frames and not alike.same and old is not new:
            self.fade = Fade(old, behind, item.swap.fade_frames, alike.rho)
        else:
            self._release(old.slot, old.key, offset)

    def _end_fade(self, offset: Frames) -> None:
        assert self.fade is not None
        old, self.fade = self.fade.loop, None
        self._release(old.slot, old.key, offset)

    def _release(self, slot: int, key: str, offset: Frames) -> None:
        """Say that a slot is free, unless something still needs it."""
        used = {item.swap.loop.slot for item in self.pending}
        used |= {loop.slot for loop in (self.current, self.fade and self.fade.loop) if loop}
        if slot not in used:
            self.happened.append(Happening("released", slot, key, offset))


def _on_grid(beat: Beats, grid: Beats) -> Beats:
    """The first multiple of `grid` that is not before a beat; the beat itself for grid 0."""
    return math.ceil(beat / grid - 1e-9) * grid if grid else beat
