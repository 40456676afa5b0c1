"""What the control process orders, and how it is answered: JSON over the wire. No torch here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from livediffusion.errors import UserError
from livediffusion.render.loop import Loop, Stopwatch
from livediffusion.render.request import BEFORE, RenderRequest
from livediffusion.types import Json


@dataclass(frozen=True, slots=True)
class Order:
    """A loop that shall come into a slot."""

    id: int
    slot: int
    request: Json

    @classmethod
    def all_of(cls, message: Json) -> tuple[Order, ...]:
        """Those of a message, to be rendered at once, one from another's phase if it says so.

        KeyError, TypeError or ValueError where it is none.
        """
        return tuple(
            cls(int(one["id"]), int(one["slot"]), dict(one["request"]))
            for one in (message, *message.get("with", ()))
        )

    @property
    def model(self) -> str:
        """The model that it names."""
        return str(self.request.get("model"))

    def wanted(self, before: str = "") -> RenderRequest:
        """What is to be rendered; after the loop `before` in the same message. Raises UserError."""
        try:
            request = RenderRequest.from_json(self.request)
            follows = before and request.phase_from == BEFORE
            return dataclasses.replace(request, phase_from=before) if follows else request
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"The order is not understood ({error}); versions differ.") from error

    def ready(self, loop: Loop, shared: Stopwatch, sharers: int) -> Json:
        """The answer that its slot holds the loop; to its time comes its part of what is shared."""
        stages = {name: ms + shared.stages[name] / sharers for name, ms in loop.stages.items()}
        return {
            "type": "ready",
            "id": self.id,
            "slot": self.slot,
            "frames": len(loop.audio),
            "beats": loop.request.beats,
            "tempo": loop.request.tempo,
            "request": loop.request.to_json(),
            "cache_key": loop.request.cache_key(),
            "audio_key": loop.request.audio_key(),
            "cached": loop.cached,
            "cold": loop.cold,
            "render_ms": loop.render_ms + sum(shared.stages.values()) / sharers,
            "stages": stages,
            "peak": loop.peak,
            "loudness": loop.loudness,
        }

    def failed(self, error: str, *, cancelled: bool = False) -> Json:
        """The answer that its slot holds nothing, and why."""
        answer = {"type": "failed", "id": self.id, "slot": self.slot, "error": error}
        return {**answer, "cancelled": cancelled}
