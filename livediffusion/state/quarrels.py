"""Two controls that move one target by turns: the last move counts, and somebody should know."""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.types import ControlMessage, Seconds

_SOON: Seconds = 0.25  # after another's move
_TURNS = 4  # that are no accident
_MOST = 256  # remembered


@dataclass(slots=True)
class _Contest:
    source: str
    time: Seconds
    turns: int = 0


class Quarrels:
    """Fed with every message that a control makes."""

    def __init__(self) -> None:
        self.count = 0  # turns taken so far
        self._contests: dict[str, _Contest] = {}  # by address
        self._said: set[tuple[str, frozenset[str]]] = set()

    def heard(self, message: ControlMessage) -> str | None:
        """A sentence, once, when two controls pull at one target."""
        address, source, time = message.address, message.source, message.time
        before = self._contests.get(address)
        if before is None or time - before.time > _SOON:
            self._contests[address] = _Contest(source, time)
            return None
        is_turn = before.source != source
        turns = before.turns + is_turn
        self.count += is_turn
        pair = (address, frozenset({before.source, source}))
        self._contests[address] = _Contest(source, time, turns)
        if not is_turn or turns < _TURNS or pair in self._said or len(self._said) >= _MOST:
            return None
        self._said.add(pair)
        one, other = sorted(name.removeprefix("midi ") for name in pair[1])
        return f"{one} and {other} both move {address}: the last move counts. Unmap one of them."
