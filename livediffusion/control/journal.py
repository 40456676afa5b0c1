"""What survives the death of the control process: the patch, every value, and who subscribed."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from livediffusion.state.history import History
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.scenes import Launch, find_scene
from livediffusion.state.values import Change, interpret
from livediffusion.types import Beats, Json, Seconds

_NAME = "journal.json"
_INTERVAL_S = 0.2
# The file is loaded, the pad's weights are in the blend, what the scene did is in the values.
_NOT_RESTORED = ("/ld/patch", "/ld/model", "/ld/xy", "/ld/scene")


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
        path, waiting = performance.patch.path, performance.waiting
        state: Json = {
            "patch": str(path) if path else "",
            "text": performance.patch.content,
            "model": performance.model,
            "values": {a: list(v) for a, v in performance.everything(beat).items()},
            "touched": sorted(performance.touched),
            "xy": list(performance.xy),
            "scene": performance.scene,
            "waiting": [waiting.scene.name, waiting.at, waiting.beats] if waiting else [],
            "history": performance.history.to_json(),
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
        # The text, and not the file: it may have been edited since and be broken.
        patch = parse_patch(state["text"], Path(state["patch"]))
        performance = Performance(patch, state["model"])
        changes: list[Change] = []
        prompts = sum(address.endswith("/text") for address in state["values"])
        for address, values in state["values"].items():
            if address not in _NOT_RESTORED:
                with contextlib.suppress(Refused):  # the patch file may have changed since
                    changes += interpret(address, values, prompts)
        performance.restore(changes, state["touched"], beat)
        performance.xy = (float(state["xy"][0]), float(state["xy"][1]))
        performance.scene = state["scene"]
        performance.history = History.from_json(state["history"])
        if state["waiting"]:
            name, at, length = state["waiting"]
            performance.wait_for(Launch(find_scene(patch.scenes, name), at, length))
        endpoints = tuple((str(host), int(port)) for host, port in state["subscriptions"])
        return Memory(performance, endpoints, bool(state["playing"]))
