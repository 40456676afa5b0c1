"""Brings everybody together: the desk, the performance, the renderer and the player.

Threading: the control process's main thread only; everything here returns at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from livediffusion.config import Config
from livediffusion.control.clocks import Clocks
from livediffusion.control.delivery import Delivery
from livediffusion.control.desk import Asked, Desk
from livediffusion.control.foresight import Foresight
from livediffusion.control.guests import Guests
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.patches import Patches
from livediffusion.control.recording import Recording
from livediffusion.control.report import Reporter
from livediffusion.control.show import Show
from livediffusion.control.slots import MOST_AHEAD
from livediffusion.control.timekeeper import Timekeeper
from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena
from livediffusion.player import process as player
from livediffusion.render import process as renderer
from livediffusion.render.seed_images import find_image, seed_images_folder
from livediffusion.state.effects import (
    EditMappings,
    FindImage,
    Listen,
    LoadModel,
    LoadPatch,
    Mark,
    Nudge,
    PlayerDo,
    PlayerSet,
    Record,
    ReturnTo,
    SaveScene,
    SendState,
    UseOutput,
)
from livediffusion.state.handlers import PLAYER_VALUES
from livediffusion.state.parameters import Refused
from livediffusion.state.performance import Performance
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.timeline.steps import Rules
from livediffusion.types import Beats, ModelDefaults, Seconds

_RETRY_S = 1.0  # after a render that failed

_log = logging.getLogger(__name__)


class Conductor:
    """One performance's moving parts."""

    def __init__(
        self,
        config: Config,
        arena: Arena,
        performance: Performance,
        desk: Desk,
        feedback: Feedback,
        run_dir: Path,
        patch_folders: Iterable[Path],
        clocks: Clocks,
    ) -> None:
        self.performance = performance
        self.reporter = Reporter(run_dir, feedback)
        self._config = config
        self._arena = arena
        self._desk = desk
        self._feedback = feedback
        self._player = player.Player(run_dir)
        self._foresight = Foresight(desk.inbox, performance, self._player)
        self._renderer = renderer.Renderer(run_dir / "renderer.sock")
        self._delivery = Delivery(self._player, self._renderer)
        images = seed_images_folder(config.render.seed_images)
        self.guests = Guests(self._renderer, desk.inbox, self._ready_model, images)
        self.held = self._delivery.held  # which loop is in which slot
        self.show = Show(arena)
        self.show.waiting = lambda: self.reporter.waiting
        self._time = Timekeeper(clocks, performance, self._player, self._tell)
        self.reporter.clock = lambda: self._time.status
        self.recording = Recording(config, arena, run_dir, performance, feedback)
        self.guests.requests = self.recording.request_of
        desk.played = self.recording.played
        self.reporter.recording = lambda: self.recording.seconds
        self.patches = Patches(config, performance, self._renderer, desk, feedback, patch_folders)
        self._ready_to_render = False
        self.playing = True  # what the performer wants
        self._not_before: Seconds = 0.0
        self._output: str | None = None  # asked for while the player was away

    def tick(self, now: Seconds) -> None:
        """Hear everybody, then decide; call it often."""
        transport = self._arena.read_transport()
        beat = transport.beat_now()
        for asked in self._desk.listen(now, beat, transport.beats_per_second):
            self._carry_out(asked, now, beat)
        for motion in self._time.look(now):
            self._do("stop" if motion.action == "stop" else "play", motion.time)
        self._delivery.scheduler.sounds_at(transport.beats_per_second * 60.0)
        self._foresight.look(now, transport)
        self.patches.hear(now, beat)
        for heard in self._player.poll():
            self._hear_player(heard)
        for answer in self._renderer.poll():
            self._hear_renderer(answer, now)
        if self._ready_to_render and now >= self._not_before:
            self._delivery.order_next(self._beat(), self.performance.outlook, self.rules)
        self.guests.look()
        self._lean(now)
        self.recording.look(now)
        self.reporter.report(now, transport, self.performance, self._delivery, self.rules)
        self.show.look(now, transport, self.performance, self._delivery)
        self._feedback.flush(now)

    @property
    def rules(self) -> Rules:
        """What the performer and the machine allow at this moment."""
        render = self._config.render
        return Rules(
            beats=self.performance.patch.beats,
            beats_per_bar=BEATS_PER_BAR,
            quantise=self.performance.quantise,
            ahead=min(render.ahead, MOST_AHEAD),
            steps_min=render.steps_min,
            batch=self._batch,
        )

    @property
    def _batch(self) -> int:
        """How many loops the model that renders makes faster at once."""
        defaults = self.performance.trajectory.defaults
        return defaults.batch if defaults is not None else 1

    def close(self) -> None:
        """Hang up."""
        self._time.close()
        self.recording.close()
        self.patches.close()
        self._player.close()
        self._renderer.close()

    def _beat(self) -> Beats:
        """The song beat at this moment."""
        return self._arena.read_transport().beat_now()

    def _lean(self, now: Seconds) -> None:
        """Let a knob be heard before its loop is there; with hold on, nothing may change."""
        values = self.performance.values
        amount = 0.0 if values["hold"] else float(values["lean"])
        self._delivery.lean(now, self._beat(), self.performance.outlook, amount)

    # What the performer asks of others.

    def _carry_out(self, asked: Asked, now: Seconds, beat: Beats) -> None:
        effect, source = asked.effect, asked.source
        try:
            if isinstance(effect, PlayerSet):
                self._set_player(effect.name, effect.value)
            elif isinstance(effect, PlayerDo):
                self._do(effect.action)
                if effect.action != "panic":
                    self._time.share(self.playing)
            elif isinstance(effect, Nudge):
                self._player.nudge(effect.beats)
            elif isinstance(effect, UseOutput):
                self._use_output(effect.name)
            elif isinstance(effect, LoadModel):
                self.patches.use_model(effect.name)
            elif isinstance(effect, FindImage):
                self._use_image(effect.name)
            elif isinstance(effect, LoadPatch | ReturnTo | SaveScene | EditMappings):
                self.patches.carry_out(effect, source, beat)
            elif isinstance(effect, Listen):
                self._listen(effect, source, beat)
            elif isinstance(effect, Record):
                self.recording.set(effect.on)
            elif isinstance(effect, Mark):
                self.recording.mark(effect.text)
            elif isinstance(effect, SendState):
                self._feedback.answer(source, self.performance.everything(beat), now)
        except Refused as refusal:
            self._desk.refuse(source, str(refusal), now)
        except UserError as error:
            self._desk.refuse(source, f"{error} The old patch plays on.", now)

    def _set_player(self, name: str, value: object) -> None:
        assert name in PLAYER_VALUES
        self._player.set(name, value)  # type: ignore[arg-type]

    def _use_image(self, name: str) -> None:
        try:
            path = find_image(name, self.guests.images)
        except UserError as error:
            raise Refused(str(error)) from None
        self.performance.use_image(name, str(path))

    def _use_output(self, name: str) -> None:
        """Have the player go over to another output, or tell it when it is back."""
        self._output = None if self._player.set_output(name or None) else name

    def _do(self, action: str, at: Seconds | None = None) -> None:
        self.playing = action == "play"
        player = self._player
        {"play": player.play, "stop": player.stop, "panic": player.panic}[action](at)

    def _listen(self, effect: Listen, source: str, beat: Beats) -> None:
        """Subscribe somebody, who gets every value at once, or end it."""
        if not effect.on:
            self._feedback.unsubscribe(source, effect.port, effect.host)
            return
        endpoint = self._feedback.subscribe(source, effect.port, effect.host)
        self._feedback.tell(endpoint, self.performance.everything(beat))

    # The player.

    def _hear_player(self, event: player.Event) -> None:
        if isinstance(event, player.Swapped):
            self._delivery.swapped(event.slot)
            self.show.swapped(event, self._delivery)
        elif isinstance(event, player.Released):
            self._delivery.released(event.slot)
        elif isinstance(event, player.Hello):
            self._meet_player(event)
        elif isinstance(event, player.Notice):
            self._tell(event.text)

    def _meet_player(self, hello: player.Hello) -> None:
        """The player is there (again): tell it the knobs, and let it play."""
        self._delivery.meet_player(hello)
        self.show.meet_player(hello)
        self._time.meet_player()
        self.reporter.output = hello.output
        if self._output is not None:
            self._use_output(self._output)
        for name in PLAYER_VALUES:
            self._set_player(name, self.performance.values[name])
        if self.playing and not hello.playing:
            self._player.play()

    def _tell(self, sentence: str) -> None:
        """Let every surface know what went wrong; who noticed it has logged it."""
        self.recording.noticed(sentence)
        self._feedback.announce(sentence)

    # The renderer.

    def _hear_renderer(self, event: renderer.Event, now: Seconds) -> None:
        if isinstance(event, renderer.LoopReady):
            self.recording.rendered(event)
            fade_ms = float(self.performance.values["fade"])
            if self._delivery.place(event, self._beat(), fade_ms) and self.playing:
                self._player.play()
        elif isinstance(event, renderer.RenderFailed):
            self._delivery.give_up(event.id)
            if not event.cancelled:
                self._not_before = now + _RETRY_S
                _log.warning("%s", event.error)
                self._tell(event.error)
        elif isinstance(event, renderer.GuestReady | renderer.GuestFailed):
            self.guests.hear(event)
        elif isinstance(event, renderer.ModelState):
            self._hear_model(event)
        elif isinstance(event, renderer.Notice):
            self._tell(event.text)
        elif isinstance(event, renderer.Disconnected):
            self._delivery.lose_renderer()
            self._ready_to_render = False

    def _ready_model(self) -> ModelDefaults | None:
        """What the model asks for that is ready to render; None while none is."""
        return self.performance.trajectory.defaults if self._ready_to_render else None

    def _hear_model(self, event: renderer.ModelState) -> None:
        if event.state == "loading":
            return
        if event.state == "failed":
            self.patches.model_failed()
            _log.error("%s", event.error)
            self._tell(event.error)
            if self._delivery.scheduler.sounding is None and not self._ready_to_render:
                self.reporter.fatal = event.error
        elif event.defaults is not None:
            self.recording.uses(event)
            self.reporter.engine = event.engine_id
            self._ready_to_render = True
            self.reporter.waiting = "the first loop is being rendered"
            self.patches.model_came(event.model, self._beat())
            if event.model == self.performance.model:
                self.performance.trajectory.defaults = event.defaults
                self.performance.outlook.refresh()
            else:  # a restarted renderer began with the model of the start
                self._renderer.load(self.performance.model)
                self._ready_to_render = False
