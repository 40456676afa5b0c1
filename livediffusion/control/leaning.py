"""Two speeds: what the player leans on until the loop that is wanted is there.

Each prompt alone is fetched in idle time and stands by in the player, in a slot of its own. What
the present settings no longer make is dropped, and fetched anew when there is time again.

Threading: the control process's main thread only; everything here returns at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from livediffusion.control.slots import STANDING
from livediffusion.player.process import Hello, Player
from livediffusion.render.process import LoopReady
from livediffusion.render.request import RenderRequest
from livediffusion.timeline.leaning import amounts
from livediffusion.timeline.steps import Trajectory
from livediffusion.timeline.transport import loop_frames
from livediffusion.types import CHANNELS, Beats, Seconds

_MOST_BYTES = 32 << 20  # of all that stands by: eight loops of 10 s, or five of 16 s
_FRAME_BYTES = CHANNELS * 4
_INTERVAL: Seconds = 0.008  # between two orders; the mix could not follow faster


class Leaning:
    """Keeps loops standing by, and tells the player how far to lean on them."""

    def __init__(self, player: Player) -> None:
        self.standing: dict[int, RenderRequest] = {}  # by slot
        self._player = player
        self._missing: dict[str, RenderRequest] = {}  # what should stand by, by its key
        self._seen: Sequence[RenderRequest] | None = None
        self._over: int | None = None  # the slot that sounds
        self._sent: dict[int, float] = {}  # what the player leans on, by slot
        self._next: Seconds = 0.0

    # What stands by.

    def missing(self, beat: Beats, trajectory: Trajectory) -> Collection[RenderRequest]:
        """What should stand by and does not; nothing while values move or the player is away."""
        if trajectory.moving_until > beat or not self._player.connected:
            return ()
        alone = trajectory.alone(beat)
        if alone is not self._seen:
            self._renew(alone)
        return self._missing.values()

    def stand_by(self, slot: int, request: RenderRequest, ready: LoopReady) -> bool:
        """Let a loop that was fetched stand by; False where it is of no use, its slot free."""
        key = request.cache_key()
        if key not in self._missing:
            return False
        if not self._player.stand_by(slot, ready.audio_key, ready.frames, ready.beats):
            return False
        self.standing[slot] = self._missing.pop(key)
        return True

    def meet_player(self, hello: Hello) -> None:
        """The player is there (again): whatever stands by in it is fetched anew."""
        self.standing.clear()
        self._sent, self._over, self._seen = {}, None, None
        for slot, held in hello.slots.items():
            if held.role == "current":
                self._over = slot
        if strangers := [slot for slot, held in hello.slots.items() if held.role == "standing"]:
            self._player.drop(strangers)

    def _renew(self, alone: Sequence[RenderRequest]) -> None:
        """Drop what the present settings do not make, and see what is missing."""
        self._seen = alone
        wanted = {request.cache_key(): request for request in alone[: _room_for(alone)]}
        there = {held.cache_key(): slot for slot, held in self.standing.items()}
        self._missing = {key: wanted[key] for key in wanted if key not in there}
        self.standing = {slot: wanted[key] for key, slot in there.items() if key in wanted}
        if stale := [slot for key, slot in there.items() if key not in wanted]:
            self._player.drop(stale)

    # How far to lean.

    def swapped(self, slot: int | None) -> None:
        """Another loop sounds, in this slot if it is ours, and leans on nothing yet."""
        self._over, self._sent = slot, {}

    def lean(
        self, now: Seconds, sounding: RenderRequest | None, wanted: RenderRequest, amount: float
    ) -> None:
        """Have the player lean by `amount` (0..1) of the way from what sounds to what is wanted."""
        if sounding is None or self._over is None or now < self._next:
            return
        found = amounts(sounding, wanted, self.standing, amount)
        if found != self._sent and self._player.lean(self._over, found):
            self._sent, self._next = found, now + _INTERVAL


def _room_for(alone: Sequence[RenderRequest]) -> int:
    """How many such loops may stand by."""
    longest = max((loop_frames(one.beats, one.tempo) for one in alone), default=1)
    return min(STANDING, _MOST_BYTES // (longest * _FRAME_BYTES))
