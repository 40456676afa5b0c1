"""The player's deeds played again: a mixer set to its state, and given its orders at their frames.

Pure: whoever plays it finds the sound of a loop by its key. See `player.telling` for the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np

from livediffusion.player.fade import Likeness
from livediffusion.player.freeze import Thawing
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer
from livediffusion.player.ramp import FloatArray
from livediffusion.player.swaps import Swap
from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames, Json, Seconds

Sound: TypeAlias = Callable[[str, Frames, int], FloatArray]  # of a key, so many frames and beats

ORDERS = frozenset(
    {"swap", "stand_by", "lean", "drop", "set_gain", "set_mute", "set_hold", "set_filter",
     "play", "stop", "panic", "lead", "bend", "nudge", "resume"}
)  # fmt: skip
MARKS = frozenset({"swapped"})  # what the mixer does by itself
_REMEMBERED = 48  # loops besides those that the mixer holds
_CHUNK: Frames = SAMPLE_RATE


class Tape:
    """Plays records, in the order of their frames, from the first state on."""

    def __init__(self, deeds: Iterable[Json], sound: Sound, *, as_measured: bool = True) -> None:
        """Without `as_measured` likenesses are measured anew: `sound` gives other loops."""
        self._deeds = in_order(deed for deed in deeds if deed["do"] not in MARKS)
        self._sound = sound
        self._as_measured = as_measured
        self._loops: dict[int, Loop] = {}
        self._mixer = Mixer()
        self._leaves: Seconds | None = None

    @property
    def start(self) -> Frames | None:
        """The output frame from which the tape can be played; None when there is no state."""
        return self._deeds[0]["frame"] if self._deeds else None

    def play(self, end: Frames) -> Iterator[FloatArray]:
        """Blocks of output, (frames, channels), from `start` to output frame `end`.

        Raises ValueError for a record that this version does not know.
        """
        start = self.start
        if start is None:
            return
        self._mixer.frame = start
        for deed in self._deeds:
            if deed["frame"] >= end:
                break
            yield from self._until(deed)
            self._do(deed)
        yield from self._fill(end)

    def _until(self, deed: Json) -> Iterator[FloatArray]:
        """Play on to where a record acts; silence where there was no player."""
        if deed["do"] == "begin":
            count = deed["frame"] - self._mixer.frame
            for left in range(count, 0, -_CHUNK):
                yield np.zeros((min(left, _CHUNK), CHANNELS), np.float32)
        elif deed["do"] == "block" or self._mixer.next_frame < deed["frame"]:
            yield from self._fill(deed["frame"])

    def _fill(self, frame: Frames) -> Iterator[FloatArray]:
        """Play on to an output frame."""
        mixer = self._mixer
        if self._leaves is not None and mixer.frame < frame:  # in one go, as it was played
            out: FloatArray = np.empty((frame - mixer.frame, CHANNELS), np.float32)
            mixer.fill(out, self._leaves)
            self._leaves = None
            yield out
        while mixer.frame < frame:
            yield mixer.process(min(frame - mixer.frame, _CHUNK))
        mixer.happened.clear()

    def _do(self, deed: Json) -> None:
        what = deed["do"]
        if "lost" in deed:
            raise ValueError(f"what the player did was not written down whole: {deed['lost']}")
        if what == "state":
            self._take_state(deed)
        elif what == "begin":
            self._mixer.frame = deed["frame"]
        elif what == "block":
            self._leaves = float(deed["with"][0])
        elif what in ORDERS:
            arguments = [Thawing(self._loop).thaw(value) for value in deed["with"]]
            for argument in arguments:
                if isinstance(argument, Swap):
                    self._meet(argument, deed.get("alike", []))
            getattr(self._mixer, what)(*arguments)
        else:
            raise ValueError(f"this version does not know what '{what}' means in a recording")

    def _take_state(self, deed: Json) -> None:
        """Go on with the mixer that is written down."""
        self._loops.clear()
        mixer = Thawing(self._loop).thaw(deed["state"])
        if not isinstance(mixer, Mixer):
            raise ValueError("the state of the player is not whole")
        mixer.frame = deed["frame"]  # a player that follows one that died begins at 0
        self._mixer, self._leaves = mixer, None
        self._learn(deed.get("alike", []))

    def _meet(self, swap: Swap, alike: list[Json]) -> None:
        """Let the deck know how alike the new loop is to the others."""
        self._mixer.measure(swap.loop, swap.not_before)
        if self._as_measured:
            self._learn(alike)

    def _learn(self, alike: list[Json]) -> None:
        for pair in alike:
            one, two = (self._loops.get(number) for number in pair["loops"])
            if one is not None and two is not None:
                likeness = Likeness(float(pair["rho"]), bool(pair["same"]))
                self._mixer.deck.likenesses.learn(one, two, likeness)

    def _loop(self, name: Json) -> Loop:
        """The loop of a number; its sound is looked for the first time."""
        number = int(name["number"])
        loop = self._loops.pop(number, None)
        if loop is None:
            audio = self._sound(name["key"], name["frames"], name["beats"])
            loop = Loop.listened_to(audio, name["beats"], name["slot"], name["key"])
        self._loops[number] = loop
        held = {id(held) for held in self._mixer.deck.loops}
        for old in list(self._loops)[:-_REMEMBERED]:
            if id(self._loops[old]) not in held:
                del self._loops[old]
        return loop


def in_order(deeds: Iterable[Json]) -> list[Json]:
    """Records from the first state on, by frame.

    What came before a state, but later in the music, is in that state. The moment of a block
    comes before the orders that its quanta obey.
    """
    ordered: list[Json] = []
    since: list[Json] | None = None  # the last state
    for deed in deeds:
        if deed["do"] == "state":
            ordered = [
                before for before in _sorted(since, ordered) if before["frame"] < deed["frame"]
            ]
            since = [deed]
        elif since is not None:
            since.append(deed)
    return _sorted(since, ordered)


def _sorted(since: list[Json] | None, before: list[Json]) -> list[Json]:
    if since is None:
        return before
    state, *rest = since
    rest.sort(key=lambda deed: (deed["frame"], deed["do"] != "block"))
    return [*before, state, *rest]
