"""Which loop sounds where: loops, the swaps that wait, the fade from one to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from livediffusion.player.fade import Fade, Likenesses
from livediffusion.player.lean import LeaningReader, Pair
from livediffusion.player.loop import Loop
from livediffusion.player.playhead import Playhead
from livediffusion.player.ramp import FloatArray
from livediffusion.player.splice import likeness
from livediffusion.player.swaps import Happening, Pending, Swap, on_grid
from livediffusion.types import Beats, Frames

__all__ = ["Deck", "Happening", "Pending", "Swap"]

_LEAN: Frames = 1440  # how long a lean takes, 30 ms


class Deck(Playhead):
    """The current loop, the one that fades out, and the swaps that wait.

    Threading: belongs to the audio thread, except `measure`, which one other thread may call.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fade: Fade | None = None
        self.pending: list[Pending] = []
        self.reader = LeaningReader()
        self.going = LeaningReader()  # of what fades out
        self.standing: dict[int, Loop] = {}  # that may be leaned on, by slot
        self.hold = False
        self.swaps = 0
        self.late = 0
        self.happened: deque[Happening] = deque()
        self.likenesses = Likenesses()

    @property
    def loops(self) -> list[Loop]:
        """Every loop that may still be heard."""
        held = [self.current, self.fade and self.fade.loop]
        leant = [*self.reader.loops, *self.going.loops]
        waiting = [item.swap.loop for item in list(self.pending)]
        return [*(loop for loop in held if loop), *leant, *waiting]

    def measure(self, loop: Loop, due: Beats | None, ordered: Sequence[Loop]) -> None:
        """Learn how alike a new loop is to those that it may fade from or to (not the callback).

        `ordered` are loops whose swaps have not reached the audio thread yet.
        """
        others = [*ordered, *(pending.swap.loop for pending in list(self.pending))]
        others += self.reader.loops
        if (current := self.current) is not None:
            others.append(current)
        self.likenesses.measure(loop, self.beat if due is None else due, others)

    def order(self, swap: Swap) -> None:
        """Take in an order; it waits for its beat."""
        due = wished = self._due(swap)
        if swap.not_before is not None:
            wished = on_grid(swap.not_before, swap.grid)
        self.pending.append(Pending(swap, due, wished))

    def _due(self, swap: Swap) -> Beats:
        """The first beat that fits an order and whose frame has not been rendered yet."""
        now, start = self.beat, swap.not_before
        if start is None or (start < now and self.frames_until(start) < 0):
            start = now
        due = on_grid(start, swap.grid)
        before = due - swap.grid  # its frame may still come: beats fall between frames
        missed = swap.not_before is not None and before < swap.not_before
        if self.current is None or missed or self.frames_until(before) < 0:
            return due
        return before

    def stand_by(self, loop: Loop) -> None:
        """Hold a loop that may be leaned on."""
        self.standing[loop.slot] = loop

    def lean(self, over: int, amounts: Mapping[int, float], alike: Iterable[Pair]) -> None:
        """Have so much of loops that stand by in the mix, as long as the one in a slot sounds.

        They go by their slots. What is not as long as that loop is passed over.
        """
        own = self.current
        if own is not None and own.slot == over:
            fits = own.frames, own.beats
            leant = {
                loop: amounts[slot]
                for slot, loop in self.standing.items()
                if slot in amounts and (loop.frames, loop.beats) == fits
            }
            self.reader.lean(own, leant, alike, _LEAN)

    def drop(self, slots: set[int]) -> None:
        """Forget what waits or stands by in these slots, and say which of them are free."""
        if self.current is not None:
            self.reader.leave(self.current, slots, _LEAN)
        dropped = {item.swap.loop for item in self.pending if item.swap.loop.slot in slots}
        dropped |= {self.standing.pop(slot) for slot in slots & self.standing.keys()}
        self.pending = [item for item in self.pending if item.swap.loop.slot not in slots]
        keys = {loop.slot: loop.key for loop in dropped}
        for slot in sorted(slots):
            self._release(slot, keys.get(slot, ""), 0)

    def jump(self, beat: Beats, fade_frames: Frames) -> None:
        """Go on from a song beat, with a fade; swaps that are jumped over are due at once."""
        ahead = [item for item in self.pending if self.frames_until(item.due) > 0]
        behind = self.position
        self.seek(beat)
        for index, item in enumerate(self.pending):
            if item.due < beat and item in ahead:
                self.pending[index] = replace(item, due=beat, wished=beat)
        if fade_frames and self.current is not None:
            rho = likeness(self.current, behind, self.position, fade_frames)
            mix = self.reader.again()
            self._fade_from(self.current, behind, fade_frames, rho)
            self.reader = mix

    def rewind(self) -> None:
        """Back to song beat 0, without a fade; of the swaps that wait the last is taken."""
        if self.fade is not None:
            self._end_fade(0)
        self.turn_beat, self.position = 0.0, 0.0
        if self.pending and not self.hold:
            self._take(max(self.pending, key=lambda item: item.due), 0, silent=True)

    def stand(self) -> None:
        """Take what is due while the song stands still and nothing sounds."""
        if self.pending:
            self._take_due(0, silent=True)

    def render(self, out: FloatArray) -> None:
        """Fill a block, (at most QUANTUM frames, channels), and move on."""
        done = 0
        self.choose_speed()
        while done < len(out):
            self._take_due(done)
            if self.current is None:
                out[done:] = 0.0
                return
            count = min(len(out) - done, self._frames_to_next_change())
            self._advance(out[done : done + count])
            done += count
            if self.fade is not None and self.fade.left == 0:
                self._end_fade(done)

    def _advance(self, out: FloatArray) -> None:
        loop = self.current
        assert loop is not None
        self.reader.read(loop, self.position, self.speed, out)
        if self.fade is not None:
            self.fade.mix(out, self.speed_of(self.fade.loop))
        while self.reader.ended:
            gone = self.reader.ended.pop()
            self._release(gone.slot, gone.key, 0)
        self.move_on(len(out))

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
        until = self.frames_until(item.due) if old is not None else None
        beat = item.due if until == 0 else self.beat
        behind = self.position
        if old is None or (old.frames, old.beats) != (new.frames, new.beats):
            self.settle(beat, self.beat, new)
        self.current = new
        self.choose_speed()
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
        alike = self.likenesses.between(old, new)
        same = (alike.same or old is new) and not self.reader.loops
        if not silent and item.swap.fade_frames and not same:
            rho = self.reader.rho_to(old, new, self.likenesses)
            self._fade_from(old, behind, item.swap.fade_frames, rho)
        else:
            self._lean_no_more(offset)
            self._release(old.slot, old.key, offset)

    def _fade_from(self, old: Loop, behind: float, frames: Frames, rho: float) -> None:
        """Let a loop go that was to go on at a place; another reader reads what comes."""
        self.fade = Fade(old, self.reader, behind, frames, rho)
        self.going, self.reader = self.reader, LeaningReader()

    def _end_fade(self, offset: Frames) -> None:
        assert self.fade is not None
        gone = [self.fade.loop, *self.going.loops, *self.going.ended]
        self.fade, self.going = None, LeaningReader()
        for loop in gone:
            self._release(loop.slot, loop.key, offset)

    def _lean_no_more(self, offset: Frames) -> None:
        """What sounds is gone at once, and what it leant on."""
        gone = [*self.reader.loops, *self.reader.ended]
        if gone:
            self.reader = LeaningReader()
        for loop in gone:
            self._release(loop.slot, loop.key, offset)

    def _release(self, slot: int, key: str, offset: Frames) -> None:
        """Say that a slot is free, unless something still needs it."""
        if slot not in self.standing and slot not in {loop.slot for loop in self.loops}:
            self.happened.append(Happening("released", slot, key, offset))
