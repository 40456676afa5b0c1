"""What the player did, and at which frame, for a recording that can be played again.

A record is a JSON object: `do` names it, `frame` is the output frame from which it is heard. The
first is the `state` of the whole mixer; then come the orders that were carried out, `with` their
arguments; `block`, the moment at which a block leaves, while a clock leads; and `begin` of a
player that follows one that died. A mixer that is set to the state, and given the orders at their
frames, gives the same samples. `swapped` says what the deck did of itself.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Iterable
from typing import Any

from livediffusion.ipc.arena import Arena
from livediffusion.player.deck import Happening
from livediffusion.player.engine import Engine
from livediffusion.player.freeze import Frozen, to_json
from livediffusion.player.loop import Loop
from livediffusion.player.swaps import Swap
from livediffusion.types import Frames, Json

_REMEMBERED = 256  # loops that keep their number

_log = logging.getLogger(__name__)


class Telling:
    """Threading: the player's main thread, but for `_take_state`, which is an order."""

    def __init__(self, arena: Arena, engine: Engine) -> None:
        """Begin to tell at once, before there is an audio thread, when somebody listens."""
        self._deeds = arena.deeds
        self._engine = engine
        self._wanted = self._deeds.wanted
        self._numbers: dict[int, tuple[int, Loop]] = {}
        self._next = 1
        if self._wanted:
            self._take_state(arena.read_transport().end)

    def look(self) -> None:
        """Pass on what was done since the last call."""
        wanted = self._deeds.wanted
        if wanted != self._wanted:
            self._wanted = wanted
            if wanted:
                self._engine.order(self._take_state)
            else:
                self._engine.carried = None
        carried = self._engine.carried
        while carried:
            frame, what, arguments = carried.popleft()
            if what == "state":
                self._tell_state(frame, arguments)
            else:
                self._tell(frame, what, arguments)

    def happened(self, event: Happening) -> None:
        """Pass on what the deck did."""
        if event.what == "swapped" and self._engine.carried is not None:
            told = {"do": "swapped", "frame": event.offset, "beat": event.beat, "slot": event.slot}
            self._write({**told, "key": event.key, "late": event.late})

    def _tell_state(self, frame: Frames, mixer: object) -> None:
        record: Json = {"do": "state", "frame": frame}
        if isinstance(mixer, str):
            self._write({**record, "lost": mixer})
            return
        named = to_json(mixer, self._name)
        self._write({**record, "state": named, "alike": self._alike()})

    def _tell(self, frame: Frames, what: str, arguments: tuple[Any, ...]) -> None:
        record: Json = {"do": what, "frame": frame}
        try:
            record["with"] = [to_json(Frozen().freeze(a), self._name) for a in arguments]
        except TypeError as error:
            record["lost"] = str(error)
        for argument in arguments:
            if isinstance(argument, Swap):
                record["alike"] = self._alike([argument.loop])
        self._write(record)

    def _alike(self, loops: Iterable[Loop] | None = None) -> list[Json]:
        """How alike loops (None: all of them) are to those that the deck holds, as it sees it."""
        deck = self._engine.mixer.deck
        held = deck.loops
        pairs = [(one, two) for one in loops or held for two in held if one is not two]
        found = ((one, two, deck.likenesses.between(one, two)) for one, two in pairs)
        return [
            {"loops": [self._number(one), self._number(two)], "rho": alike.rho, "same": alike.same}
            for one, two, alike in found
        ]

    def _name(self, loop: Loop) -> Json:
        """By what a loop, and its sound, can be found again."""
        return {
            "number": self._number(loop),
            "slot": loop.slot,
            "key": loop.key,
            "frames": loop.frames,
            "beats": loop.beats,
        }

    def _number(self, loop: Loop) -> int:
        """A number that this loop, and no other, keeps."""
        if id(loop) not in self._numbers:
            self._numbers[id(loop)] = self._next, loop
            self._next += 1
            while len(self._numbers) > _REMEMBERED:
                del self._numbers[next(iter(self._numbers))]
        return self._numbers[id(loop)][0]

    def _take_state(self, frame: Frames | None = None) -> None:
        """Take down the whole mixer (in the audio thread: once a recording, some 0.3 ms).

        `frame` is the last one of a predecessor whose place the mixer takes.
        """
        engine = self._engine
        carried = engine.carried
        if carried is None:
            carried = engine.carried = deque()
        mixer = engine.mixer
        try:
            state = Frozen().freeze(mixer)
        except TypeError as error:
            state = str(error)
        carried.append((mixer.frame if frame is None else frame, "state", state))

    def _write(self, record: Json) -> None:
        try:
            self._deeds.write(json.dumps(record).encode())
        except ValueError:
            _log.exception("what the player did could not be told")
