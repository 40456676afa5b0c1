"""Inside the player's process: opens the output, obeys control, watches the device.

Threading: `Worker.run` is the main thread. It takes a few messages at a time and then pauses, so
that a flood of them waits in the sender and not in the way of the audio thread.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import queue
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from livediffusion.ipc.arena import Arena
from livediffusion.ipc.lifeline import hold
from livediffusion.ipc.wire import CONNECTED, Server
from livediffusion.player import note as notes
from livediffusion.player.deck import Swap
from livediffusion.player.engine import Engine, ran_recently, warm_up
from livediffusion.player.lean import Kinship
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer
from livediffusion.player.pace import lead_of, tempo_of
from livediffusion.player.settings import PlayerSettings
from livediffusion.player.speaker import Speaker
from livediffusion.player.telling import Telling
from livediffusion.player.watch import Watch, take_priority
from livediffusion.types import Json, Seconds

_log = logging.getLogger(__name__)
_PAUSE: Seconds = 0.002
_SWITCH: Seconds = 0.001  # how long another thread may keep Python's lock from the audio thread
_BATCH = 16  # messages between two pauses
_HEARTBEAT: Seconds = 0.1
_LAST_FADE: Seconds = 0.4
_LAST_BLOCK: Seconds = 0.05  # until the fade begins
_QUEUE_LENGTH = 512


def main(settings: PlayerSettings, lifeline: Connection) -> None:
    """The process: plays until the supervisor asks for an end, or is gone."""
    Worker(settings).run(hold(lifeline))


class Worker:
    """The player's process, apart from the audio thread."""

    def __init__(self, settings: PlayerSettings) -> None:
        take_priority()
        self._settings = settings
        self._arena = Arena(settings.arena_path)
        self._mixer = Mixer(settings.sample_rate, settings.beats_per_bar)
        self._engine = Engine(self._arena, self._mixer)
        self._kinship = Kinship()
        self._said: list[str] = []  # notices that nobody has heard yet
        self._left: Json = {}
        self._hello_due = False
        self._speaker = Speaker(settings, self._engine, self._say)
        self._take_up()
        self._telling = Telling(self._arena, self._engine)
        warm_up(settings.sample_rate)
        self._speaker.start()
        self._server = Server(settings.socket_path, _QUEUE_LENGTH)

    def run(self, stop: threading.Event) -> None:
        """Serve until asked to end."""
        sys.setswitchinterval(_SWITCH)
        gc.collect()
        gc.freeze()
        gc.disable()  # nothing here makes cycles, and a collection would hold up the audio
        watch = Watch(self._engine)
        beaten = 0.0
        while not stop.is_set():
            self._obey()
            self._report()
            now = time.monotonic()
            watch.check(now)
            if now - beaten > _HEARTBEAT:
                self._arena.beat_heart("player")
                beaten = now
            if self._speaker.look_again(now):
                self._hello_due = True
        self._end()

    # Messages.

    def _obey(self) -> None:
        """Wait a moment for messages, and carry out a few."""
        try:
            message = self._server.received.get(timeout=5 * _PAUSE)
        except queue.Empty:
            return
        for next_message in (message, *self._server.drain(_BATCH - 1)):
            try:
                self._carry_out(next_message)
            except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
                self._say(f"the player passed over a message that it does not understand: {error}")
        time.sleep(_PAUSE)

    def _carry_out(self, message: Json) -> None:
        mixer, order = self._mixer, self._engine.order
        kind, at_ns = message["type"], int(message.get("at") or 0)
        if kind == "set":
            self._set(message["name"], message["value"], at_ns)
        elif kind == "swap":
            self._swap(message)
        elif kind == "stand by":
            self._stand_by(message)
        elif kind == "lean":
            self._lean(message)
        elif kind == "drop":
            slots = {int(slot) for slot in message["slots"]}
            self._kinship.forget(slots)
            order(mixer.drop, slots)
        elif kind in ("play", "stop", "panic"):
            motions = {"play": mixer.play, "stop": mixer.stop, "panic": mixer.panic}
            order(motions[kind], at_ns=at_ns)
        elif kind in ("lead", "bend", "nudge"):
            self._pace(kind, message)
        elif kind == "output":
            self._speaker.change(message["name"])
            self._hello_due = True
        elif kind == CONNECTED:
            self._hello_due = True

    def _set(self, name: str, value: float | bool, at_ns: int) -> None:
        mixer, order = self._mixer, self._engine.order
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite")
        setters: dict[str, Callable[[], None]] = {
            "gain": lambda: order(mixer.set_gain, float(value), at_ns=at_ns),
            "mute": lambda: order(mixer.set_mute, bool(value), at_ns=at_ns),
            "hold": lambda: order(mixer.set_hold, bool(value), at_ns=at_ns),
            "filter": lambda: order(mixer.set_filter, float(value), at_ns=at_ns),
        }
        setters[name]()

    def _pace(self, kind: str, message: Json) -> None:
        mixer, order = self._mixer, self._engine.order
        if kind == "lead":
            order(mixer.lead, lead_of(message["lead"]))
        elif kind == "bend":
            order(mixer.bend, tempo_of(message["tempo"]))
        elif math.isfinite(message["beats"]):
            order(mixer.nudge, float(message["beats"]))

    def _swap(self, message: Json) -> None:
        slot, frames, beats = int(message["slot"]), int(message["frames"]), int(message["beats"])
        grid, fade_ms = float(message["grid"]), message.get("fade_ms")
        if beats < 1 or not 0.0 <= grid < math.inf or slot < 0:
            raise ValueError("a swap needs a slot, beats of at least 1 and a grid from 0")
        not_before = message.get("not_before")
        loop = Loop.listened_to(self._arena.slot(slot, frames), beats, slot, str(message["key"]))
        self._mixer.measure(loop, not_before, self._engine.ordered_loops())
        fade_s = (self._settings.fade_ms if fade_ms is None else max(float(fade_ms), 0.0)) * 1e-3
        swap = Swap(loop, not_before, grid, round(fade_s * self._settings.sample_rate))
        self._engine.order(self._mixer.swap, swap)

    def _stand_by(self, message: Json) -> None:
        slot, frames, beats = int(message["slot"]), int(message["frames"]), int(message["beats"])
        if beats < 1 or slot < 0:
            raise ValueError("a loop that stands by needs a slot, and beats of at least 1")
        loop = Loop.listened_to(self._arena.slot(slot, frames), beats, slot, str(message["key"]))
        self._kinship.standing[slot] = loop
        self._engine.order(self._mixer.stand_by, loop)

    def _lean(self, message: Json) -> None:
        amounts = {int(slot): float(amount) for slot, amount in message["amounts"].items()}
        if not all(0.0 <= amount <= 1.0 for amount in amounts.values()):
            raise ValueError("how far to lean must be in 0..1")
        alike = self._kinship.pairs(amounts, self._mixer.deck.loops)
        self._engine.order(self._mixer.lean, int(message["over"]), amounts, alike)

    def _report(self) -> None:
        """Leave a note if anything has changed, then tell control: a slot is free only then."""
        happened = self._mixer.happened
        events = [happened.popleft() for _ in range(len(happened))]
        note = notes.describe(self._mixer)
        if note != self._left:
            notes.leave(self._arena, note)
            self._left = note
        self._telling.look()
        if self._hello_due and not self._engine.orders:
            self._hello_due = not self._server.send(self._hello())
        for event in events:
            self._telling.happened(event)
            told: Json = {"type": event.what, "slot": event.slot, "key": event.key}
            if event.what == "swapped":
                told |= {"beat": event.beat, "frame": event.offset, "late_beats": event.late}
            self._server.send(told)
        while self._said and self._server.send({"type": "notice", "text": self._said[0]}):
            self._said.pop(0)

    def _hello(self) -> Json:
        deck = self._mixer.deck
        held: list[tuple[str, Loop]] = [("pending", item.swap.loop) for item in list(deck.pending)]
        if (current := deck.current) is not None:
            held.append(("current", current))
        if (fade := deck.fade) is not None and fade.loop is not current:
            held.append(("fading", fade.loop))
        held += [("standing", loop) for loop in list(deck.standing.values())]
        slots = {
            str(loop.slot): {
                "key": loop.key, "frames": loop.frames, "beats": loop.beats, "role": role
            }
            for role, loop in held
        }  # fmt: skip
        playing = self._mixer.motion == "playing"
        beat = self._arena.read_transport().beat_now()
        return {
            "type": "hello", "slots": slots, "output": self._speaker.name,
            "beat": beat, "playing": playing,
        }  # fmt: skip

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said = [*self._said[-20:], text]
            _log.warning("%s", text)

    # Beginning and end.

    def _take_up(self) -> None:
        """Go on from a predecessor's note, if there is one."""
        note, page = self._arena.read_note(), self._arena.read_transport()
        if note is None or not ran_recently(page):
            return
        self._speaker.again = True
        self._speaker.lost = page.underruns
        self._mixer.deck.late, self._mixer.deck.swaps = page.late, page.swaps
        self._mixer.deck.turn_beat = page.beat_now()
        try:
            motion = notes.take_up(self._arena, self._mixer, note)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            self._say(f"the player starts afresh: its predecessor's note is not whole ({error})")
            self._mixer.deck.current = None
            return
        self._engine.succeed(page, motion)

    def _end(self) -> None:
        """Fade out and finish the output, in about half a second."""
        self._engine.order(self._mixer.panic, _LAST_FADE)
        time.sleep(_LAST_BLOCK)
        self._telling.look()
        time.sleep(_LAST_FADE + min(self._engine.latency, 0.1))
        with contextlib.suppress(Exception):
            self._speaker.end()
        self._server.close()
