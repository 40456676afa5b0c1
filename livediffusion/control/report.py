"""What the outside is told about how it goes: read-outs by OSC, and a status file for `play`."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
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
_DROPS_SAID_S = 10.0  # no more often than this
_SILENCE_DB = -120.0

_log = logging.getLogger(__name__)


class Reporter:
    """Threading: the control process's main thread only."""

    def __init__(self, run_dir: Path, feedback: Feedback) -> None:
        self.fatal: str | None = None
        self.waiting = "the model is being loaded"
        self.statistics: Callable[[], dict[str, int]] = dict  # of what comes in over OSC
        self.midi: Callable[[], dict[str, int]] = dict  # of what comes in over MIDI
        self.shown: dict[str, tuple[Value, ...]] = {}  # read-outs by address, as last said
        self._file = run_dir / "status.json"
        self._feedback = feedback
        self._next = 0.0
        self._drops = 0  # that were told of
        self._drops_said = -_DROPS_SAID_S

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
        counts = self.statistics()
        readouts = self._readouts(transport, delivery, beat, eta)
        for name, value in (readouts | {"drops": counts.get("drops", 0)}).items():
            self.shown[f"/ld/out/{name}"] = (value,)
            self._feedback.publish(f"/ld/out/{name}", (value,), "livediffusion", now)
        self._tell_of_drops(counts.get("drops", 0), now)
        self._write_status(performance, delivery, beat, eta, counts)

    def _tell_of_drops(self, drops: int, now: Seconds) -> None:
        """Say how many packets the system has dropped, now and then while they grow."""
        if drops > self._drops and now - self._drops_said >= _DROPS_SAID_S:
            _log.warning(_DROPPED, drops - self._drops)
            self._drops, self._drops_said = drops, now

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
        self,
        performance: Performance,
        delivery: Delivery,
        beat: Beats,
        eta: Beats,
        counts: dict[str, int],
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
            "osc": counts,
            "midi": self.midi(),
            "waiting": self.waiting,
            "fatal": self.fatal,
        }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(status, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self._file)


_DROPPED = (
    "%d OSC packets came faster than they could be read and are lost; "
    "of what was read the last value stands."
)
