"""What survives the death of the control process: the patch, every value, and who subscribed."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from livediffusion.state.parameters import Refused
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import Change, interpret
from livediffusion.types import Beats, Json, Seconds

_NAME = "journal.json"
_INTERVAL_S = 0.2
_NOT_RESTORED = ("/ld/patch", "/ld/xy")  # the file is loaded; the pad's weights are in the blend


@dataclass(frozen=True, slots=True)
class Memory:
    """What the predecessor left."""

    performance: Performance
    subscriptions: tuple[tuple[str, int], ...]
    playing: bool  # and not stopped, or silent after a panic


class Journal:
    """Threading: the control process's main thread only."""

    def __init__(self, run_dir: Path) -> None:
        self._file = run_dir / _NAME
        self._written: Json = {}
        self._next: Seconds = 0.0

    def remember(
        self,
        now: Seconds,
        beat: Beats,
        performance: Performance,
        subscriptions: list[tuple[str, int]],
        playing: bool,
    ) -> None:
        """Write down what has changed, at most five times a second."""
        if now < self._next:
            return
        self._next = now + _INTERVAL_S
        path = performance.patch.path
        state: Json = {
            "patch": str(path) if path else "",
            "model": performance.model,
            "values": {a: list(v) for a, v in performance.everything(beat).items()},
            "touched": sorted(performance.touched),
            "xy": list(performance.xy),
            "playing": playing,
            "subscriptions": [list(endpoint) for endpoint in subscriptions],
        }
        if state != self._written:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
            fresh.replace(self._file)
            self._written = state

    def recall(self, beat: Beats) -> Memory | None:
        """The predecessor's performance as it is at `beat`; None when this is the first."""
        try:
            state: Json = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        performance = Performance(load_patch(Path(state["patch"])), state["model"])
        changes: list[Change] = []
        prompts = sum(address.endswith("/text") for address in state["values"])
        for address, values in state["values"].items():
            if address not in _NOT_RESTORED:
                with contextlib.suppress(Refused):  # the patch file may have changed since
                    changes += interpret(address, values, prompts)
        performance.restore(changes, state["touched"], beat)
        performance.xy = (float(state["xy"][0]), float(state["xy"][1]))
        endpoints = tuple((str(host), int(port)) for host, port in state["subscriptions"])
        return Memory(performance, endpoints, bool(state["playing"]))
