"""A player without a device or a process, which plays as fast as it is asked to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livediffusion.ipc.arena import Arena
from livediffusion.player.engine import Engine
from livediffusion.player.lean import Kinship
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer, Swap
from livediffusion.player.telling import Telling
from livediffusion.types import Frames, Json

SOUNDS = {
    f"key-{n}": (np.random.default_rng(n).standard_normal((frames, 2)) * 0.2).astype(np.float32)
    for n, frames in enumerate((9600, 9600, 9600, 7000, 12000))
}


def sound(key: str, frames: Frames, beats: int) -> NDArray[np.float32]:
    """The sound of a loop that was played."""
    assert len(SOUNDS[key]) == frames
    return SOUNDS[key]


class Playing:
    """An engine without a device, and what it tells."""

    def __init__(self, folder: Path, arena: Arena | None = None) -> None:
        self.arena = arena or Arena.create(folder / "arena")
        self.engine = Engine(self.arena, Mixer())
        self.telling = Telling(self.arena, self.engine)
        self.kinship = Kinship()
        self.now_ns = 10**12
        self.place = self.arena.deeds.written
        self.heard: list[NDArray[np.float32]] = []
        self.deeds: list[Json] = []

    def swap(self, n: int, **when: Any) -> None:
        """Order a loop."""
        mixer, key = self.engine.mixer, f"key-{n}"
        loop = Loop.listened_to(SOUNDS[key], 4, n, key)
        mixer.measure(loop, when.get("not_before"), self.engine.ordered_loops())
        self.engine.order(mixer.swap, Swap(loop, **when))

    def stand_by(self, n: int) -> None:
        """Hold a loop, in a slot of its own, that may be leaned on."""
        loop = Loop.listened_to(SOUNDS[f"key-{n}"], 4, 10 + n, f"key-{n}")
        self.kinship.standing[loop.slot] = loop
        self.engine.order(self.engine.mixer.stand_by, loop)

    def lean(self, amounts: dict[int, float]) -> None:
        """Lean the loop that sounds on loops that stand by."""
        mixer = self.engine.mixer
        over = mixer.deck.current.slot if mixer.deck.current is not None else 0
        slots = {10 + n: amount for n, amount in amounts.items()}
        alike = self.kinship.pairs(slots, mixer.deck.loops)
        self.engine.order(mixer.lean, over, slots, alike)

    def block(self, frames: Frames = 100) -> None:
        """One block of the device, a little late or not."""
        out = np.empty((frames, 2), np.float32)
        self.engine.fill(out, self.now_ns)
        assert self.engine.error is None
        self.now_ns += frames * 10**9 // 48000
        self.heard.append(out)
        self.telling.look()
        records, whole = self.arena.deeds.read(self.place)
        assert whole
        for self.place, record in records:
            self.deeds.append(json.loads(record))

    def played(self) -> NDArray[np.float32]:
        """All that was heard."""
        return np.concatenate(self.heard)
