"""Control's middle between a renderer and a player that only take down what they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from livediffusion.control.delivery import Delivery
from livediffusion.render.process import LoopReady
from livediffusion.render.request import RenderRequest
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret
from livediffusion.timeline.steps import Rules
from livediffusion.timeline.transport import loop_frames
from livediffusion.types import ModelDefaults

THREE = "".join(f'[[prompt]]\ntext = "{text}"\n' for text in ("house", "dub", "jazz"))


class Player:
    """Takes down what it is told."""

    def __init__(self) -> None:
        self.connected = True
        self.standing: dict[int, tuple[str, int]] = {}
        self.swaps: list[int] = []
        self.dropped: list[int] = []
        self.leans: list[tuple[int, dict[int, float]]] = []

    def swap(self, slot: int, key: str, frames: int, beats: int, **when: object) -> bool:
        self.swaps.append(slot)
        return self.connected

    def stand_by(self, slot: int, key: str, frames: int, beats: int) -> bool:
        self.standing[slot] = key, frames
        return self.connected

    def lean(self, over: int, amounts: Mapping[int, float]) -> bool:
        if self.connected:
            self.leans.append((over, dict(amounts)))
        return self.connected

    def drop(self, slots: Iterable[int]) -> bool:
        self.dropped += slots
        return self.connected


class Renderer:
    """Takes down what it is asked for."""

    def __init__(self) -> None:
        self.orders: list[tuple[int, RenderRequest]] = []
        self.cancelled = 0

    def order_all(self, wanted: Sequence[tuple[RenderRequest, int]]) -> list[int]:
        first = len(self.orders) + 1
        self.orders += [(slot, request) for request, slot in wanted]
        return list(range(first, len(self.orders) + 1))

    def cancel(self) -> bool:
        self.cancelled += 1
        return True


class Stage:
    """A performance whose first loop sounds; beats are told, never waited for."""

    def __init__(self, patch: str = THREE) -> None:
        self.performance = Performance(parse_patch(patch), "pocket")
        trajectory = self.performance.trajectory
        trajectory.defaults = ModelDefaults("pocket", "hash", 4, 1.0, "model", 120.0)
        self.player, self.renderer = Player(), Renderer()
        self.delivery = Delivery(self.player, self.renderer)  # type: ignore[arg-type]
        self.now = 0.0
        self.order()
        self.ready()
        self.delivery.swapped(self.player.swaps[0])

    def send(self, address: str, *values: object) -> None:
        for change in interpret(address, values, len(self.performance.trajectory.texts)):
            self.performance.apply(change, 1.0, "osc test")

    def order(self) -> RenderRequest | None:
        """Let control look for something to render; what it has ordered."""
        before = len(self.renderer.orders)
        self.delivery.order_next(1.0, self.performance.outlook, Rules())
        orders = self.renderer.orders
        return orders[-1][1] if len(orders) > before else None

    def ready(self) -> None:
        """The last order is ready."""
        slot, request = self.renderer.orders[-1]
        frames = loop_frames(request.beats, request.tempo)
        self.delivery.place(
            LoopReady(
                len(self.renderer.orders), slot, frames, request.beats, request.tempo, request,
                request.cache_key(), request.audio_key(), True, False, 1.0, {}, 0.5, -16.0,
            ),
            1.0,
            60.0,
        )  # fmt: skip

    def idle(self) -> list[RenderRequest]:
        """Let idle time do all it can; what it has rendered."""
        found = []
        while (request := self.order()) is not None:
            found.append(request)
            self.ready()
        return found

    def lean(self, amount: float = 0.7) -> dict[int, float] | None:
        """What the player is told to lean on; None if it is told nothing."""
        before, self.now = len(self.player.leans), self.now + 1.0
        self.delivery.lean(self.now, 1.0, self.performance.outlook, amount)
        leans = self.player.leans
        return leans[-1][1] if len(leans) > before else None

    def slot_of(self, text: str) -> int:
        """Where a prompt alone stands by."""
        standing = self.delivery.leaning.standing
        [slot] = [slot for slot, held in standing.items() if held.prompts == ((text, 1.0),)]
        return slot
