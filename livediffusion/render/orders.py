"""What the control process orders, and how it is answered: JSON over the wire. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.errors import UserError
from livediffusion.render.loop import Loop
from livediffusion.render.request import RenderRequest
from livediffusion.types import Json


@dataclass(frozen=True, slots=True)
class Order:
    """A loop that shall come into a slot."""

    id: int
    slot: int
    request: Json

    @classmethod
    def from_json(cls, message: Json) -> Order:
        """From the wire; KeyError, TypeError or ValueError where it is none."""
        return cls(int(message["id"]), int(message["slot"]), dict(message["request"]))

    @property
    def model(self) -> str:
        """The model that it names."""
        return str(self.request.get("model"))

    def wanted(self) -> RenderRequest:
        """What is to be rendered. Raises UserError."""
        try:
            return RenderRequest.from_json(self.request)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"The order is not understood ({error}); versions differ.") from error

    def ready(self, loop: Loop) -> Json:
        """The answer that its slot holds the loop."""
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
            "render_ms": loop.render_ms,
            "stages": loop.stages,
            "peak": loop.peak,
            "loudness": loop.loudness,
        }

    def failed(self, error: str, *, cancelled: bool = False) -> Json:
        """The answer that its slot holds nothing, and why."""
        answer = {"type": "failed", "id": self.id, "slot": self.slot, "error": error}
        return {**answer, "cancelled": cancelled}
