"""Who holds which loop slot of the arena: the control process is the only one that hands out."""

from __future__ import annotations

from collections.abc import Iterable

from livediffusion.ipc.arena import SLOTS
from livediffusion.render.request import RenderRequest

SPARE = 4  # the one that sounds, the one that it fades from, one being rendered, one being dropped
STANDING = 8  # may stand by in the player, to be leaned on
MOST_AHEAD = SLOTS - SPARE - STANDING


class Slots:
    """Free and taken slots, and what was rendered into each.

    A slot that went to the player is free only when the player has said so.
    """

    def __init__(self) -> None:
        self._free = set(range(SLOTS))
        self._requests: dict[int, RenderRequest] = {}

    def take(self) -> int | None:
        """A free slot, the lowest; None while all are taken."""
        if not self._free:
            return None
        slot = min(self._free)
        self._free.remove(slot)
        return slot

    def give_back(self, slot: int) -> None:
        """The slot may be written again."""
        self._free.add(slot)
        self._requests.pop(slot, None)

    def fill(self, slot: int, request: RenderRequest) -> None:
        """Note what was rendered into a slot."""
        self._requests[slot] = request

    def request(self, slot: int) -> RenderRequest | None:
        """What a slot holds; None when it is free, or was filled before this process started."""
        return self._requests.get(slot)

    def keep_only(self, held: Iterable[int], ours: Iterable[int]) -> None:
        """After the player said what it holds: everything but that and `ours` is free."""
        taken = set(held) | set(ours)
        self._free = set(range(SLOTS)) - taken
        self._requests = {s: r for s, r in self._requests.items() if s in taken}
