"""What is on show: the loop that sounds, those behind it, where the blend is going, the levels.

Ten times a second, and only while somebody looks; the rest of what a page shows it gets as any
other surface does. Pictures are not in it: a page asks for each once, by its key.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from livediffusion.control.delivery import Delivery
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.player.process import Hello, Swapped
from livediffusion.state.performance import Performance
from livediffusion.types import SAMPLE_RATE, Beats, Frames, Json, Seconds

_INTERVAL: Seconds = 0.1
_FAR: Beats = 16.0  # of the blend's way is shown
_STRIDE: Beats = 0.5
_METERED: Frames = SAMPLE_RATE // 10
_FLOOR = 1e-6  # of a level: -120 dB
_SWAPS = 12  # remembered
_AWAY: Seconds = 2.0  # without a heartbeat


class Show:
    """Threading: the control loop writes; `text` may be read, and `watchers` counted, by one
    other thread."""

    def __init__(self, arena: Arena) -> None:
        self.watchers = 0
        self.text = ""  # JSON, as it was last; whoever sends it compares by identity
        self.activity: Callable[[], Json] = dict  # counters of what comes in
        self.waiting: Callable[[], str] = str  # for what, before the first loop
        self._arena = arena
        self._swaps: deque[Json] = deque(maxlen=_SWAPS)
        self._next: Seconds = 0.0

    @property
    def sounding(self) -> str:
        """The key of the loop that sounds; "" before the first."""
        return str(self._swaps[-1]["key"]) if self._swaps else ""

    def swapped(self, event: Swapped, delivery: Delivery) -> None:
        """A loop has begun to sound."""
        held = delivery.held.get(event.slot)
        if held is not None:
            self._swaps.append({"key": event.key, "beats": held.beats, "since": event.beat})

    def meet_player(self, hello: Hello) -> None:
        """The player is there (again): what it plays may have begun unseen."""
        current = next((held for held in hello.slots.values() if held.role == "current"), None)
        if current and (not self._swaps or self._swaps[-1]["key"] != current.key):
            since = hello.beat if self._swaps else None  # None: nobody knows
            self._swaps.append({"key": current.key, "beats": current.beats, "since": since})

    def look(
        self, now: Seconds, transport: Transport, performance: Performance, delivery: Delivery
    ) -> None:
        """Make it anew, when it is time and somebody looks."""
        if not self.watchers or now < self._next:
            return
        self._next = now + _INTERVAL
        beat = transport.beat_now()
        self.text = json.dumps(
            {
                "clock": time.monotonic(),
                "beat": round(beat, 5),
                "pace": transport.beats_per_second if transport.playing else 0.0,
                "frame": transport.frame,
                "playing": transport.playing,
                "loops": [*self._swaps],
                **_behind(delivery),
                "path": _path(performance, beat),
                "levels": self._levels(transport),
                "away": [name for name in ("player", "renderer") if self._is_away(name)],
                "waiting": "" if transport.loop_frames else self.waiting(),
                **self.activity(),
            }
        )

    def _levels(self, transport: Transport) -> list[float]:
        """Peak left and right, and loudness (RMS) of both, of the last tenth of a second, dBFS."""
        if not transport.loop_frames or transport.frame < _METERED:
            return [-120.0, -120.0, -120.0]
        heard = self._arena.read_ring(transport.frame - _METERED, _METERED)
        left, right = (float(peak) for peak in np.abs(heard).max(axis=0))
        loud = math.sqrt(float(np.square(heard).mean()))
        return [round(20.0 * math.log10(max(x, _FLOOR)), 1) for x in (left, right, loud)]

    def _is_away(self, name: str) -> bool:
        age = self._arena.heartbeat_age("player" if name == "player" else "renderer")
        return age > _AWAY


def _behind(delivery: Delivery) -> Json:
    """The loops that wait for their beat, and the one that is being rendered."""
    queued = [
        {"key": delivery.held[one.slot].key, "beats": delivery.held[one.slot].beats,
         "due": round(one.due, 4)}
        for one in sorted(delivery.scheduler.queued, key=lambda one: one.due)
        if one.slot in delivery.held
    ]  # fmt: skip
    step = next(iter(delivery.scheduler.in_flight), None)
    rendering = None if step is None else {"due": step.due, "idle": step.idle}
    return {"queued": queued, "rendering": rendering, "standing": len(delivery.leaning.standing)}


def _path(performance: Performance, beat: Beats) -> list[list[float]]:
    """The blend from now on, as [beat, weight of prompt 1, ...], up to where it comes to rest."""
    outlook, texts = performance.outlook, performance.trajectory.texts
    until = min(outlook.moving_until, beat + _FAR)
    count = math.ceil(max(until - beat, 0.0) / _STRIDE)
    beats = [beat + i * _STRIDE for i in range(count)] + ([until] if until > beat else [beat])
    found = []
    for at in beats:
        weights = dict(outlook.request_at(at).prompts)
        found.append([round(at, 3), *(round(weights.get(text, 0.0), 3) for text in texts)])
    return found
