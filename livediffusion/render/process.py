"""The renderer as seen from the control process. No torch here.

Every order is answered by exactly one `LoopReady` or `RenderFailed`, also when the renderer dies
in between or was not there at all.
"""

from __future__ import annotations

import itertools
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from livediffusion.ipc.wire import CONNECTED, DISCONNECTED, Client
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import POCKET, POCKET_FOLDER, RendererSettings
from livediffusion.types import BPM, Frames, Json, ModelDefaults, Seconds

__all__ = [
    "POCKET",
    "POCKET_FOLDER",
    "Connected",
    "Disconnected",
    "Event",
    "GuestFailed",
    "GuestReady",
    "LoopReady",
    "ModelState",
    "Notice",
    "RenderFailed",
    "Renderer",
    "RendererSettings",
]


@dataclass(frozen=True, slots=True)
class LoopReady:
    """A slot holds the loop that was ordered. See `Loop` for what the figures mean."""

    id: int
    slot: int
    frames: Frames
    beats: int
    tempo: BPM
    request: RenderRequest  # as rendered: hashes filled in, `phase_from` None when cold
    cache_key: str
    audio_key: str
    cached: bool
    cold: bool
    render_ms: float
    stages: dict[str, float]
    peak: float
    loudness: float


@dataclass(frozen=True, slots=True)
class RenderFailed:
    """The slot holds nothing; `cancelled` when nothing is wrong and nobody need be told."""

    id: int
    slot: int
    error: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class GuestReady:
    """What a guest asked for: files in base64."""

    id: int
    audio: str  # an MP3; "" for who wanted the picture alone
    image: str  # the spectrogram: a JPEG, alone a PNG
    duration_s: Seconds
    render_ms: float  # until the picture was there, what was rendered in between included


@dataclass(frozen=True, slots=True)
class GuestFailed:
    """A guest cannot be served; `busy` when the same may be had another time."""

    id: int
    error: str
    busy: bool


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model is "loading", "ready" or has "failed"; a failure leaves the one before it usable."""

    state: str
    model: str
    hash: str = ""
    engine_id: str = ""
    defaults: ModelDefaults | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the performer."""

    text: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The renderer is there; a `ModelState` follows."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The renderer is away; all orders have failed."""


Event: TypeAlias = (
    LoopReady
    | RenderFailed
    | GuestReady
    | GuestFailed
    | ModelState
    | Notice
    | Connected
    | Disconnected
)


class Renderer:
    """Orders loops and says what became of them.

    Threading: used by one thread, which calls `poll` often; the wire has its own.
    """

    def __init__(self, socket_path: Path) -> None:
        """Keep calling the renderer that listens, now or later, on `socket_path`."""
        self._client = Client(socket_path)
        # A restarted control process must not take its predecessor's loops for its own.
        self._ids = itertools.count(secrets.randbelow(2**40))
        self._pending: dict[int, int] = {}  # id -> slot
        self._guests: set[int] = set()
        self._failed: deque[RenderFailed | GuestFailed] = deque()

    @property
    def connected(self) -> bool:
        """Whether the renderer is there at this moment."""
        return self._client.connected

    @property
    def in_flight(self) -> int:
        """Orders that have not been answered yet."""
        return len(self._pending)

    def order(self, request: RenderRequest, slot: int) -> int:
        """Have a loop rendered into a slot; the order's id. Orders are rendered one by one."""
        return self.order_all([(request, slot)])[0]

    def order_all(self, wanted: Sequence[tuple[RenderRequest, int]]) -> list[int]:
        """Have loops rendered into slots, at once where they fit together; the orders' ids.

        They are answered one by one, in this order. `BEFORE` as `phase_from` means the loop
        before.
        """
        numbers = [next(self._ids) for _ in wanted]
        orders = [
            {"id": number, "slot": slot, "request": request.to_json()}
            for number, (request, slot) in zip(numbers, wanted, strict=True)
        ]
        sent = self._client.send({"type": "render", **orders[0], "with": orders[1:]})
        for number, (_, slot) in zip(numbers, wanted, strict=True):
            if sent:
                self._pending[number] = slot
            else:
                self._failed.append(_away(number, slot))
        return numbers

    def invite(self, request: RenderRequest, *, picture_only: bool = False) -> int:
        """Have files made for somebody else when the performance wants nothing; the guest's id.

        Answered by one `GuestReady` or `GuestFailed`, unless dismissed.
        """
        number = next(self._ids)
        message: Json = {"type": "guest", "id": number, "request": request.to_json()}
        message["picture_only"] = picture_only
        if self._client.send(message):
            self._guests.add(number)
        else:
            self._failed.append(GuestFailed(number, _AWAY, busy=True))
        return number

    def dismiss(self, number: int) -> None:
        """Forget a guest, who will not be answered."""
        self._guests.discard(number)
        self._client.send({"type": "dismiss", "id": number})

    def load(self, model: str) -> bool:
        """Ask for a model by name; False when the renderer is away."""
        return self._client.send({"type": "load", "model": model})

    def cancel(self) -> bool:
        """Drop all orders, the one in flight at its next step; False when the renderer is away."""
        return self._client.send({"type": "cancel"})

    def poll(self) -> list[Event]:
        """What happened since the last call, without waiting."""
        events: list[Event] = []
        for message in self._client.drain():
            events += self._events(message)
        while self._failed:
            events.append(self._failed.popleft())
        return events

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _events(self, message: Json) -> list[Event]:
        kind = message.get("type")
        if kind == CONNECTED:
            return [Connected()]
        if kind == DISCONNECTED:
            lost = [_away(number, slot) for number, slot in self._pending.items()]
            gone = [GuestFailed(number, _AWAY, busy=True) for number in self._guests]
            self._pending.clear()
            self._guests.clear()
            return [Disconnected(), *lost, *gone]
        if kind in ("hello", "model"):
            return [_model_state(message)]
        if kind == "notice":
            return [Notice(str(message["text"]))]
        if kind in ("ready", "failed") and message["id"] in self._pending:
            del self._pending[message["id"]]
            return [_loop_ready(message) if kind == "ready" else _render_failed(message)]
        if kind in ("guest", "guest-failed") and message["id"] in self._guests:
            self._guests.remove(message["id"])
            return [_guest_answer(message)]
        return []


def _guest_answer(message: Json) -> GuestReady | GuestFailed:
    kind = GuestReady if message["type"] == "guest" else GuestFailed
    return kind(**{name: message[name] for name in kind.__slots__})


_AWAY = "The renderer is away; it is being started again."


def _away(number: int, slot: int) -> RenderFailed:
    # `Disconnected` has told it already; nothing is wrong with the order.
    return RenderFailed(number, slot, _AWAY, cancelled=True)


def _render_failed(message: Json) -> RenderFailed:
    cancelled = bool(message.get("cancelled", False))
    return RenderFailed(message["id"], message["slot"], str(message["error"]), cancelled)


def _loop_ready(message: Json) -> LoopReady:
    fields = {name: message[name] for name in LoopReady.__slots__}
    return LoopReady(**{**fields, "request": RenderRequest.from_json(message["request"])})


def _model_state(message: Json) -> ModelState:
    fields = {name: message[name] for name in ModelState.__slots__ if name in message}
    if found := message.get("defaults"):
        fields["defaults"] = ModelDefaults(message["model"], message["hash"], **found)
    return ModelState(**fields)
