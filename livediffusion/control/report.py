"""What the outside is told about how it goes: read-outs by OSC, and a status file for `play`."""

from __future__ import annotations

import json
import math
from pathlib import Path

from livediffusion.control.delivery import Delivery
from livediffusion.control.osc_feedback import Feedback
from livediffusion.ipc.arena import Transport
from livediffusion.state.performance import Performance
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.timeline.steps import Rules
from livediffusion.timeline.transport import bar_of
from livediffusion.types import Beats, Json, Seconds, Value

_INTERVAL_S = 0.1
_SILENCE_DB = -120.0


class Reporter:
    """Threading: the control process's main thread only."""

    def __init__(self, run_dir: Path, feedback: Feedback) -> None:
        self.fatal: str | None = None
        self.waiting = "the model is being loaded"
        self._file = run_dir / "status.json"
        self._feedback = feedback
        self._next = 0.0

    def report(
        self,
        now: Seconds,
        transport: Transport,
        performance: Performance,
        delivery: Delivery,
        rules: Rules,
    ) -> None:
        """Ten times a second, say where things are."""
        if now < self._next:
            return
        self._next = now + _INTERVAL_S
        beat, scheduler = transport.beat_now(), delivery.scheduler
        eta = scheduler.eta(beat, performance.outlook, rules)
        for name, value in self._readouts(transport, delivery, beat, eta).items():
            self._feedback.publish(f"/ld/out/{name}", (value,), "livediffusion", now)
        self._write_status(performance, delivery, beat, eta)

    def _readouts(
        self, transport: Transport, delivery: Delivery, beat: Beats, eta: Beats
    ) -> dict[str, Value]:
        return {
            "beat": beat,
            "bar": bar_of(beat, BEATS_PER_BAR) + 1,
            "tempo": delivery.scheduler.tempo,
            "eta": eta,
            "lead": delivery.scheduler.lead,
            "render_ms": delivery.render_ms,
            "level": 20.0 * math.log10(transport.peak) if transport.peak > 1e-6 else _SILENCE_DB,
            "late": delivery.scheduler.late,
            "underruns": transport.underruns,
        }

    def _write_status(
        self, performance: Performance, delivery: Delivery, beat: Beats, eta: Beats
    ) -> None:
        trajectory = performance.trajectory
        status: Json = {
            "patch": performance.patch.name,
            "model": performance.model,
            "blend": list(zip(trajectory.texts, trajectory.blend_at(beat), strict=True)),
            "render_ms": delivery.render_ms,
            "eta": eta,
            "lead": delivery.scheduler.lead,
            "late": delivery.scheduler.late,
            "waiting": self.waiting,
            "fatal": self.fatal,
        }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(status, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self._file)
