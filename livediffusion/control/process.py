"""The control process: the outside world comes in, the performance moves, the others are told."""

from __future__ import annotations

import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from livediffusion.config import Config, model_name, overridden
from livediffusion.control.backstage import Backstage
from livediffusion.control.clock_out import ClockOut
from livediffusion.control.clocks import Clocks
from livediffusion.control.conductor import Conductor
from livediffusion.control.desk import Desk
from livediffusion.control.gallery import Gallery
from livediffusion.control.inbox import Inbox
from livediffusion.control.journal import Journal
from livediffusion.control.listening import Listening
from livediffusion.control.machine import read_config
from livediffusion.control.midi import MidiInputs
from livediffusion.control.midi_out import MidiOutputs
from livediffusion.control.network import Network
from livediffusion.control.seeding import Seeding
from livediffusion.control.settings import ControlSettings
from livediffusion.control.view import View
from livediffusion.ipc.arena import Arena
from livediffusion.ipc.lifeline import hold
from livediffusion.ipc.runs import token_of
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance
from livediffusion.types import Seconds

_TICK_S: Seconds = 0.005


def main(settings: ControlSettings, lifeline: Connection) -> None:
    """Conduct until the supervisor asks for an end, or is gone.

    Raises UserError when config or patch are broken.
    """
    stop = hold(lifeline)
    config = read_config(settings.config, settings.run_dir)
    control = Control(settings, overridden(config, settings.overrides))
    try:
        while not stop.is_set():
            control.turn()
    finally:
        control.close()


class Control:
    """All that the process consists of, brought together, and one turn of it after the other.

    Threading: the main thread; those who listen outside have threads of their own.
    """

    def __init__(self, settings: ControlSettings, config: Config) -> None:
        """Go on where a predecessor has died, or begin. Raises UserError for a broken patch."""
        self._journal = Journal(settings.run_dir)
        self._arena = Arena(settings.run_dir / "arena")
        memory = self._journal.recall(self._arena.read_transport().beat_now())
        self._performance = memory.performance if memory else _first_performance(settings, config)
        wake = threading.Event()
        self._inbox = Inbox(wake)
        self._inbox.restore(self._journal.recall_bundles())
        subscriptions = memory.subscriptions if memory else config.osc.feedback
        self._network = Network(config, self._inbox, subscriptions)
        self._midi = MidiInputs(config.midi.inputs, wake)
        self._lights = MidiOutputs(config.midi.outputs)
        self._clock_out = ClockOut(settings.run_dir, config.clock.send)
        self._desk = self._set_up_desk(config)
        if memory is None:  # else a predecessor has said it
            self._desk.proofread(time.monotonic())
        folders = (settings.patch.parent, *settings.patch_folders)
        self._conductor = self._call_conductor(settings, config, folders)
        self._conductor.playing = memory.playing if memory else True
        self._open_web(config, folders, token_of(settings.run_dir))
        self._conductor.recording.open()

    def turn(self) -> None:
        """Wait for what comes, at most a tick; act on it, and remember what came of it."""
        self._inbox.wait(_TICK_S)
        now, performance = time.monotonic(), self._performance
        self._conductor.tick(now)
        self._clock_out.look(now)
        self._inbox.run_errands()
        self._network.look(performance.patch, len(performance.trajectory.texts))
        self._arena.beat_heart("control")
        beat = self._arena.read_transport().beat_now()
        subscriptions, playing = self._network.feedback.subscriptions, self._conductor.playing
        self._journal.remember(now, beat, performance, subscriptions, playing, self._desk.heard)
        self._journal.remember_bundles(self._inbox)

    def close(self) -> None:
        """Hang up everywhere."""
        for part in (self._conductor, self._desk, self._midi, self._lights, self._clock_out):
            part.close()
        self._network.close()

    def _set_up_desk(self, config: Config) -> Desk:
        return Desk(
            self._performance,
            self._inbox,
            self._midi,
            self._lights,
            self._network.feedback,
            config.models,
            config.addons.embeddings,
        )

    def _call_conductor(
        self, settings: ControlSettings, config: Config, folders: tuple[Path, ...]
    ) -> Conductor:
        conductor = Conductor(
            config,
            self._arena,
            self._performance,
            self._desk,
            self._network.feedback,
            settings.run_dir,
            folders,
            Clocks(config.clock, self._midi, self._arena.read_transport),
        )
        conductor.patches.model = settings.model
        reporter = conductor.reporter
        reporter.statistics = self._network.statistics
        reporter.osc_port = config.osc.port
        reporter.midi = self._desk.midi_statistics
        reporter.midi_inputs = lambda: self._midi.devices
        conductor.show.activity = lambda: {
            "osc": self._inbox.counts.messages,
            "midi": self._midi.statistics()["events"],
            "inputs": self._midi.devices,
        }
        return conductor

    def _open_web(self, config: Config, folders: tuple[Path, ...], token: str) -> None:
        """Serve the page and OSCQuery, from what the conductor knows."""
        conductor, performance, arena = self._conductor, self._performance, self._arena
        guests = conductor.guests
        view = View(
            performance, arena, conductor.reporter.shown, folders, config.models, guests.images
        )
        backstage = Backstage(
            conductor.show,
            Gallery(arena, conductor.held),
            Listening(arena),
            token,
            guests,
            Seeding(guests.images, lambda: performance.trajectory.tempo),
        )
        self._network.open_web(view.snap, view.names, backstage, guests)


def _first_performance(settings: ControlSettings, config: Config) -> Performance:
    patch = load_patch(settings.patch)
    performance = Performance(patch, model_name(config, patch.model, settings.model))
    performance.values["clock.source"] = config.clock.source
    performance.values["clock.offset"] = config.clock.offset
    return performance
