"""The renderer process: orders in, loops out, one at a time, and nothing kills it.

Threading: everything happens in the main thread but loading (`Loader`), making a loaded model
faster, and the wire's reading. While a render runs, messages are taken in between its stages and
steps. torch is imported by the loading thread, so that the process answers within a fraction of
a second of its start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable
from multiprocessing.connection import Connection

from livediffusion.errors import UserError
from livediffusion.ipc import lifeline as lifelines
from livediffusion.ipc.arena import SLOT_FRAMES, Arena
from livediffusion.ipc.wire import CONNECTED, DISCONNECTED, Server
from livediffusion.render.engine_room import EngineRoom
from livediffusion.render.guests import Guests, Interrupted
from livediffusion.render.heart import Heart
from livediffusion.render.loader import Loaded, Loader
from livediffusion.render.loop import Cancelled, Loop, Stopwatch
from livediffusion.render.orders import Order
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import RendererSettings, available_threads
from livediffusion.types import Json

_IDLE_S = 0.2
_QUIET_S = 0.03  # after an answer, in which the performance's next order comes before any guest
_WAKE: Json = {"type": "wake"}
_log = logging.getLogger(__name__)


def main(settings: RendererSettings, lifeline: Connection) -> None:
    """Serve until the supervisor asks for an end, or is gone."""
    # Read by torch when it is imported: all threads alike, and asleep when they have no work.
    os.environ["OMP_NUM_THREADS"] = str(settings.threads or available_threads())
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    stop = lifelines.hold(lifeline)
    server = Server(settings.socket_path)
    try:
        Worker(settings, Arena(settings.arena_path), server).run(stop)
    finally:
        server.close()


class Worker:
    """Takes orders from the wire and writes loops into the arena's slots."""

    def __init__(self, settings: RendererSettings, arena: Arena, server: Server) -> None:
        self._arena = arena
        self._server = server
        self._heart = Heart(arena)
        self._room = EngineRoom(settings.cache_mb, settings.batch, self._notice, self._tell_state)
        self._loader = Loader(settings, self._notice, lambda: server.received.put(_WAKE))
        self._former = ""  # the model that made room for the one being loaded
        self._failed = Loaded("", None, "No model is loaded; load one.")  # why there is no engine
        self._unsaid: deque[str] = deque(maxlen=20)  # notices that nobody was there to hear
        self._orders: deque[tuple[Order, ...]] = deque()  # what came together is rendered so
        self._answered = 0.0  # when the last order was, on time.monotonic()'s clock
        self._guests = Guests(server.send, self._make_way, self._room.cache.picture)
        self._cancelled = False  # the order in flight is not wanted any more
        self._stop = threading.Event()
        self._load(settings.model)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        self._stop = stop
        while not stop.is_set():
            self._heart.beat()
            self._receive(_IDLE_S if not self._can_work() and not self._guests.waiting else 0.0)
            if (loaded := self._loader.take()) is not None:
                self._install(loaded)
            if self._can_work():
                self._render(self._orders.popleft())
            elif self._guests.waiting:
                self._let_in()

    def _can_work(self) -> bool:
        """Whether there is an order, and its model is not still on its way."""
        if not self._orders:
            return False
        if self._room.engine is None and self._loader.model is not None:
            return False
        model = self._orders[0][0].model
        return self._room.model == model or not self._loader.expects(model)

    def _receive(self, timeout_s: float) -> None:
        """Take in all messages; wait for the first one at most `timeout_s`."""
        try:
            first = self._server.received.get(timeout=timeout_s) if timeout_s else None
        except queue.Empty:
            return
        for message in ([first] if first else []) + list(self._server.drain()):
            try:
                self._take(message)
            except (KeyError, TypeError, ValueError):
                _log.warning("the renderer got a message that it does not know: %.200s", message)

    def _take(self, message: Json) -> None:
        kind = message.get("type")
        if kind in (CONNECTED, DISCONNECTED):
            # A new control process has slots of its own: nothing may be written into the old.
            self._orders.clear()
            self._guests.dismiss()
            self._cancelled = True
            if kind == CONNECTED:
                self._server.send({**self._state(), "type": "hello"})
                for _ in range(len(self._unsaid)):
                    self._notice(self._unsaid.popleft())
        elif kind == "render":
            self._orders.append(Order.all_of(message))
        elif kind == "guest":
            self._guests.take(message)
        elif kind == "dismiss":
            self._guests.dismiss(int(message["id"]))
        elif kind == "load":
            self._load(str(message["model"]))
        elif kind == "cancel":
            self._cancelled = True
            while self._orders:
                self._fail(self._orders.popleft(), "cancelled", cancelled=True)

    def _load(self, model: str) -> None:
        if self._room.engine is not None and self._room.model == model and not self._loader.model:
            self._tell_state()
            return
        self._loader.ask(model, beside=self._room.engine is not None)
        self._server.send({"type": "model", "state": "loading", "model": model})

    def _install(self, loaded: Loaded) -> None:
        """Let a freshly loaded engine take over; after a failure the old one stays."""
        if loaded.engine is None:
            if loaded.no_room and self._room.engine is not None:
                self._give_up_room(self._room.model, loaded.model)
                return
            if self._room.engine is None:
                self._failed = loaded
            self._server.send(_failure(loaded))
            if self._former:
                self._loader.ask(self._former)
                self._former = ""
            return
        self._former = ""
        self._room.install(loaded.engine)
        self._tell_state()

    def _give_up_room(self, old: str, new: str) -> None:
        """Load a model instead of the present one, not beside it; the loop goes on meanwhile."""
        self._former = old
        self._room.clear()
        self._notice(
            f"There is no room for '{new}' beside '{old}': the loop goes on until it is loaded."
        )
        self._loader.ask(new)

    def _tell_state(self) -> None:
        self._server.send(self._state())

    def _state(self) -> Json:
        """The model that renders now, else the one that is on its way, else the failure."""
        if self._room.engine is not None:
            return self._room.described()
        if self._loader.model is not None:
            return {"type": "model", "state": "loading", "model": self._loader.model}
        return _failure(self._failed)

    def _render(self, orders: tuple[Order, ...]) -> None:
        """Render what came together and answer each, whatever happens."""
        self._cancelled = False
        waiting = list(orders)
        try:
            with self._heart.busy():
                self._render_all(waiting)
            self._room.hasten()
        except Cancelled:
            self._fail(waiting, "cancelled", cancelled=True)
        except Exception as error:  # one bad loop must not end the set
            _log.exception("rendering failed")
            sentence = f"This loop cannot be rendered ({_first_line(error)}); see the log."
            self._fail(waiting, sentence)
            if type(error).__name__ == "AcceleratorError":
                raise  # the device's context is lost; only a new process gets another
        finally:
            self._room.tidy_up()
            self._answered = time.monotonic()

    def _render_all(self, waiting: list[Order]) -> None:
        """Answer orders, with loops or with sentences, until none is waiting."""
        self._room.take_over()
        shared, sharers, before = Stopwatch(), len(waiting), ""
        if sharers > 1 and self._room.engine is not None:
            shared = self._room.pictures(_understood(waiting), self._progress)
        said = set[str]()
        while waiting:
            try:
                loop = self._loop(waiting[0], before)
            except UserError as error:
                # Of several that fail alike one is enough to be told.
                answer = waiting[0].failed(str(error), cancelled=str(error) in said)
                said.add(str(error))
            else:
                answer = waiting[0].ready(loop, shared, sharers)
                before = loop.request.audio_key()
            self._server.send(answer)
            del waiting[0]

    def _fail(self, orders: Iterable[Order], error: str, *, cancelled: bool = False) -> None:
        """Answer all with a sentence, of which the performer shall see one."""
        for number, order in enumerate(orders):
            self._server.send(order.failed(error, cancelled=cancelled or number > 0))

    def _let_in(self) -> None:
        """Render for a guest, now that the performance wants nothing."""
        if self._room.engine is None:
            if self._loader.model is None:
                self._guests.refuse_all(self._failed.error)
            else:
                self._receive(_IDLE_S)
            return
        with self._heart.busy():
            self._guests.render_next(self._room.engine)

    def _make_way(self) -> None:
        """Between a guest's steps: first all that the performance wants, until it is quiet."""
        while True:
            self._heart.beat()
            self._receive(max(0.0, self._answered + _QUIET_S - time.monotonic()))
            while self._can_work() and not self._stop.is_set():
                self._render(self._orders.popleft())
            if self._stop.is_set() or self._loader.ended:
                raise Interrupted
            if time.monotonic() >= self._answered + _QUIET_S:
                return

    def _loop(self, order: Order, before: str) -> Loop:
        """What was ordered, in its slot; it goes on from the loop `before` it, if it may."""
        if self._room.engine is None:
            raise UserError(self._failed.error)
        loop = self._room.loop(order.wanted(before), self._progress)
        frames = len(loop.audio)
        if frames > SLOT_FRAMES:
            raise UserError("This loop is too long to be played; use fewer beats or more tempo.")
        self._progress()
        self._arena.slot(order.slot, frames)[:] = loop.audio
        return loop

    def _progress(self) -> None:
        """Between stages and steps: live, listen, and stop when the loop is not wanted."""
        self._heart.beat()
        self._receive(0.0)
        if self._cancelled or self._stop.is_set():
            raise Cancelled

    def _notice(self, text: str) -> None:
        _log.warning("%s", text)
        if not self._server.send({"type": "notice", "text": text}):
            self._unsaid.append(text)


def _understood(orders: Iterable[Order]) -> list[RenderRequest]:
    """What is wanted, without orders that will be answered with a sentence."""
    found = []
    for order in orders:
        with contextlib.suppress(UserError):
            found.append(order.wanted())
    return found


def _failure(loaded: Loaded) -> Json:
    return {"type": "model", "state": "failed", "model": loaded.model, "error": loaded.error}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
