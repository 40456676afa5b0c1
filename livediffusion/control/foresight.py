"""Bundles that wait for their time are acted on before it, so that they are heard at it.

What the player can do by itself is sent to it with the time, and done in the block that leaves
then; what must be rendered is shown to the scheduler, so that its loop is ready. When the time has
come the messages act as any others do, which changes nothing any more of what is heard.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from livediffusion.control.inbox import Inbox, Pending
from livediffusion.ipc.arena import Transport
from livediffusion.player.process import Player
from livediffusion.state.handlers import PLAYER_VALUES
from livediffusion.state.parameters import Refused
from livediffusion.state.performance import Performance
from livediffusion.state.scenes import begin
from livediffusion.state.values import Change, interpret
from livediffusion.types import Beats, Seconds

_HORIZON: Seconds = 8.0  # how far ahead the scheduler looks
_LEAD: Seconds = 0.1  # between the player's getting an order and the mixing of its block
_INTERVAL: Seconds = 0.01
_TOGETHER: Seconds = 0.001  # bundles whose times are this near act as one
_SAME_PLACE: Beats = 0.001
_LAUNCHES = ("scene", "scene.next")


class Foresight:
    """Threading: the control process's main thread only."""

    def __init__(self, inbox: Inbox, performance: Performance, player: Player) -> None:
        self._inbox = inbox
        self._performance = performance
        self._player = player
        self._sent: set[int] = set()  # numbers of what the player knows
        self._rendered: dict[int, bool] = {}  # by number: whether it needs a render
        self._shown: tuple[tuple[int, ...], int, object] | None = None  # to the scheduler
        self._shown_at: Beats = 0.0
        self._due: Seconds = 0.0  # of what is shown
        self._next: Seconds = 0.0

    def look(self, now: Seconds, transport: Transport) -> None:
        """See what is coming; call it after what is due has acted."""
        if now < self._next and (self._shown is None or now < self._due):
            return
        self._next = now + _INTERVAL
        coming = self._inbox.coming(now + _HORIZON)
        if not coming and not self._sent and self._shown is None:
            return
        lead = _LEAD + transport.latency
        for pending in coming:
            if pending.due <= now + lead and pending.number not in self._sent:
                self._sent.add(pending.number)
                self._send_ahead(pending)
        numbers = {pending.number for pending in coming}
        self._sent &= numbers
        self._rendered = {n: known for n, known in self._rendered.items() if n in numbers}
        self._show(coming, transport)

    def _send_ahead(self, pending: Pending) -> None:
        player, at = self._player, pending.due
        for change in self._changes(pending):
            key = change.row.key
            if key in PLAYER_VALUES:
                player.set(key, change.values[0], at)  # type: ignore[arg-type]
            elif key in ("play", "stop", "panic") and change.fires:
                {"play": player.play, "stop": player.stop, "panic": player.panic}[key](at)

    def _show(self, coming: list[Pending], transport: Transport) -> None:
        """Let the scheduler know of the first that must be rendered."""
        performance = self._performance
        rendered = [pending for pending in coming if self._is_rendered(pending)]
        if not rendered or not transport.beats_per_second:
            performance.outlook.announce(None)
            self._shown = None
            return
        due = rendered[0].due
        first = [pending for pending in coming if abs(pending.due - due) <= _TOGETHER]
        beat = transport.beat_at(round(due * 1e9))
        numbers = tuple(pending.number for pending in first)
        shown = numbers, performance.trajectory.revision, performance.patch
        if shown == self._shown and abs(beat - self._shown_at) < _SAME_PLACE:
            return
        self._shown, self._shown_at, self._due = shown, beat, due
        later, only_scenes = performance.twin(), True
        for pending in first:
            for change in self._changes(pending):
                only_scenes = only_scenes and change.row.key in _LAUNCHES
                with contextlib.suppress(Refused):  # it is said when the time has come
                    later.apply(change, beat, pending.messages[0].source)
        launch = later.waiting
        if launch is not None and (only_scenes or launch.at <= beat):
            begin(later, launch)
            beat = max(beat, launch.at)
        performance.outlook.announce((beat, later.trajectory))

    def _is_rendered(self, pending: Pending) -> bool:
        known = self._rendered.get(pending.number)
        if known is None:
            rows = [change.row for change in self._changes(pending)]
            known = any(row.renders or row.key in _LAUNCHES for row in rows)
            self._rendered[pending.number] = known
        return known

    def _changes(self, pending: Pending) -> Iterator[Change]:
        prompts = len(self._performance.trajectory.texts)
        for message in pending.messages:
            with contextlib.suppress(Refused):
                yield from interpret(message.address, message.values, prompts)
