"""What the outside is told about how it goes: read-outs by OSC, and a status file for `play`."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path

from livediffusion.control.delivery import Delivery
from livediffusion.control.osc_feedback import Feedback
from livediffusion.ipc import runs
from livediffusion.ipc.arena import Transport
from livediffusion.state.performance import Performance
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.timeline.steps import Rules
from livediffusion.timeline.transport import bar_of
from livediffusion.types import Beats, Json, Seconds, Value

_INTERVAL_S = 0.1
_DROPS_SAID_S = 10.0  # no more often than this
_SUPERVISION_S = 1.0  # from one look at what the supervisor says to the next
_SILENCE_DB = -120.0

_log = logging.getLogger(__name__)


class Reporter:
    """Threading: the control process's main thread only."""

    def __init__(self, run_dir: Path, feedback: Feedback) -> None:
        self.fatal: str | None = None
        self.waiting = "the model is being loaded"
        self.statistics: Callable[[], dict[str, int]] = dict  # of what comes in over OSC
        self.recording: Callable[[], int] = int  # seconds
        self.midi: Callable[[], dict[str, int]] = dict  # of what comes in over MIDI
        self.midi_inputs: Callable[[], list[str]] = list  # that are open
        self.clock: Callable[[], str] = lambda: "internal"  # who leads, and how that goes
        self.osc_port = 0
        self.output = ""  # where the sound goes
        self.engine = ""  # that renders: its id
        self.shown: dict[str, tuple[Value, ...]] = {}  # read-outs by address, as last said
        self._run_dir = run_dir
        self._feedback = feedback
        self._next = 0.0
        self._restarts = 0  # of all processes
        self._next_supervision = 0.0
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
        self._look_at_supervision(now)
        readouts = self._readouts(transport, delivery, beat, eta)
        counted = {"drops": counts.get("drops", 0), "refused": counts.get("errors", 0)}
        for name, value in (readouts | counted).items():
            self.shown[f"/ld/out/{name}"] = (value,)
            self._feedback.publish(f"/ld/out/{name}", (value,), "livediffusion", now)
        self._tell_of_drops(counts.get("drops", 0), now)
        self._write_status(performance, delivery, beat, eta, counts)

    def _tell_of_drops(self, drops: int, now: Seconds) -> None:
        """Say how many packets the system has dropped, now and then while they grow."""
        if drops > self._drops and now - self._drops_said >= _DROPS_SAID_S:
            _log.warning(_DROPPED, drops - self._drops)
            self._drops, self._drops_said = drops, now

    def _look_at_supervision(self, now: Seconds) -> None:
        """Learn how often a process was started again."""
        if now < self._next_supervision:
            return
        self._next_supervision = now + _SUPERVISION_S
        children = runs.read_supervision(self._run_dir).get("children", {})
        self._restarts = sum(child["restarts"] for child in children.values())

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
            "clock": self.clock(),
            "level": 20.0 * math.log10(transport.peak) if transport.peak > 1e-6 else _SILENCE_DB,
            "late": delivery.scheduler.late,
            "recording": self.recording(),
            "underruns": transport.underruns,
            "output": self.output,
            "restarts": self._restarts,
        }

    def _write_status(
        self,
        performance: Performance,
        delivery: Delivery,
        beat: Beats,
        eta: Beats,
        counts: dict[str, int],
    ) -> None:
        trajectory, scheduler = performance.trajectory, delivery.scheduler
        steps = scheduler.sounding.steps if scheduler.sounding is not None else 1
        status: Json = {
            "patch": performance.patch.name,
            "scene": performance.scene,
            "model": performance.model,
            "blend": list(zip(trajectory.texts, trajectory.blend_at(beat), strict=True)),
            "tempo": scheduler.tempo,
            "render_ms": delivery.render_ms,
            "render_p95_ms": scheduler.times.p95(steps) * 1000.0,
            "eta": eta,
            "lead": scheduler.lead,
            "late": scheduler.late,
            "standing": len(delivery.leaning.standing),
            "engine": self.engine,
            "output": self.output,
            "clock": self.clock(),
            "osc_port": self.osc_port,
            "osc": counts,
            "midi": self.midi(),
            "midi_inputs": self.midi_inputs(),
            "listeners": self._feedback.listeners,
            "recording": self.recording(),
            "waiting": self.waiting,
            "fatal": self.fatal,
        }
        runs.write_status(self._run_dir, status)


_DROPPED = (
    "%d OSC packets came faster than they could be read and are lost; "
    "of what was read the last value stands."
)
