"""What survives the death of the control process: the patch, every value, who subscribed, and
the bundles that wait for their time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livediffusion.control.inbox import Inbox, Pending
from livediffusion.ipc.runs import replace_json
from livediffusion.state.cast import recall
from livediffusion.state.history import History
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.scenes import Launch, find_scene
from livediffusion.state.values import Change, interpret
from livediffusion.types import Beats, ControlMessage, Json, Seconds

_log = logging.getLogger(__name__)
_NAME, _BUNDLES = "journal.json", "bundles.json"
_INTERVAL_S = 0.2
_URGENT_S = 0.01  # between two writes while messages keep coming
# The file is loaded, the pad's weights are in the blend, what the scene did is in the values.
_NOT_RESTORED = ("/ld/patch", "/ld/model", "/ld/xy", "/ld/scene", "/ld/seed/image")


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
        self._bundles = run_dir / _BUNDLES
        self._bundled = 0  # the inbox's revision that is in the file
        self._written: Json = {}
        self._next: Seconds = 0.0
        self._last: Seconds = -_INTERVAL_S
        self._heard = 0  # messages that are in the file, or changed nothing

    def remember(
        self,
        now: Seconds,
        beat: Beats,
        performance: Performance,
        subscriptions: list[tuple[str, int]],
        playing: bool,
        heard: int = 0,
    ) -> None:
        """Write down what has changed: at once when somebody was heard, else now and then.

        `heard` counts what has acted so far: what has only come in is not in the state yet. A flood
        is written down every 10 ms.
        """
        urgent = heard != self._heard and now - self._last >= _URGENT_S
        if now < self._next and not urgent:
            return
        self._next, self._last, self._heard = now + _INTERVAL_S, now, heard
        path, waiting = performance.patch.path, performance.waiting
        state: Json = {
            "patch": str(path) if path else "",
            "text": performance.patch.content,
            "model": performance.model,
            "values": {a: list(v) for a, v in performance.everything(beat).items()},
            "touched": sorted(performance.touched),
            "cast": list(performance.cast),
            "image": [performance.image, *performance.images[performance.image]],
            "xy": list(performance.xy),
            "scene": performance.scene,
            "waiting": [waiting.scene.name, waiting.at, waiting.beats] if waiting else [],
            "history": performance.history.to_json(),
            "playing": playing,
            "subscriptions": [list(endpoint) for endpoint in subscriptions],
        }
        if state != self._written and replace_json(self._file, state):
            self._written = state

    def remember_bundles(self, inbox: Inbox) -> None:
        """Write down what waits for its time, when something has come or gone."""
        revision = inbox.revision
        if revision == self._bundled:
            return
        units = [
            [unit.due, [[m.address, m.values, m.source] for m in unit.messages]]
            for unit in inbox.coming(math.inf)
        ]
        if replace_json(self._bundles, {"units": units}):
            self._bundled = revision

    def recall_bundles(self) -> list[Pending]:
        """What waited in the predecessor; its clock is ours, as both are of one machine."""
        try:
            units = json.loads(self._bundles.read_text(encoding="utf-8"))["units"]
            return [_unit(float(due), messages) for due, messages in units]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def recall(self, beat: Beats) -> Memory | None:
        """The predecessor's performance as it is at `beat`; None when this is the first.

        Also None where its journal makes no sense: a control process that could not begin would
        be worse than one that begins with the patch.
        """
        try:
            state: Json = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        try:
            return _recalled(state, beat)
        except Exception:  # noqa: BLE001 - whatever it is, it would be met again at each restart
            _log.exception("The journal makes no sense; the patch begins afresh.")
            return None


def _recalled(state: Json, beat: Beats) -> Memory:
    """A performance from what `remember` wrote."""
    # The text, and not the file: it may have been edited since and be broken.
    patch = parse_patch(state["text"], Path(state["patch"]))
    performance = Performance(patch, state["model"])
    recall(performance, tuple(state["cast"]))
    performance.use_image(*state["image"])
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


def _unit(due: Seconds, messages: list[list[Any]]) -> Pending:
    made = (
        ControlMessage(due, str(address), tuple(values), str(source), tagged=True)
        for address, values, source in messages
    )
    return Pending(due, 0, tuple(made))
