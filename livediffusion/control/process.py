"""The control process: the outside world comes in, the performance moves, the others are told."""

from __future__ import annotations

import threading
import time
from multiprocessing.connection import Connection

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
    config = overridden(config, settings.overrides)
    journal = Journal(settings.run_dir)
    arena = Arena(settings.run_dir / "arena")
    memory = journal.recall(arena.read_transport().beat_now())
    performance = memory.performance if memory else _first_performance(settings, config)
    wake = threading.Event()
    inbox = Inbox(wake)
    inbox.restore(journal.recall_bundles())
    network = Network(config, inbox, memory.subscriptions if memory else config.osc.feedback)
    midi, lights = MidiInputs(config.midi.inputs, wake), MidiOutputs(config.midi.outputs)
    clock_out = ClockOut(settings.run_dir, config.clock.send)
    feedback = network.feedback
    desk = Desk(performance, inbox, midi, lights, feedback, config.models)
    if memory is None:  # else a predecessor has said it
        desk.proofread(time.monotonic())
    folders = (settings.patch.parent, *settings.patch_folders)
    clocks = Clocks(config.clock, midi, arena.read_transport)
    conductor = Conductor(
        config, arena, performance, desk, feedback, settings.run_dir, folders, clocks
    )
    conductor.playing = memory.playing if memory else True
    conductor.patches.model = settings.model
    conductor.reporter.statistics = network.statistics
    conductor.reporter.osc_port = config.osc.port
    conductor.reporter.midi = desk.midi_statistics
    conductor.reporter.midi_inputs = lambda: midi.devices
    readouts = conductor.reporter.shown
    images = conductor.guests.images
    view = View(performance, arena, readouts, folders, config.models, images)
    show = conductor.show
    show.activity = lambda: {
        "osc": inbox.counts.messages,
        "midi": midi.statistics()["events"],
        "inputs": midi.devices,
    }
    gallery, token = Gallery(arena, conductor.held), token_of(settings.run_dir)
    guests = conductor.guests
    seeding = Seeding(guests.images, lambda: performance.trajectory.tempo)
    backstage = Backstage(show, gallery, Listening(arena), token, guests, seeding)
    network.open_web(view.snap, view.names, backstage, guests)
    conductor.recording.open()
    try:
        while not stop.is_set():
            inbox.wait(_TICK_S)
            now = time.monotonic()
            conductor.tick(now)
            clock_out.look(now)
            inbox.run_errands()
            network.look(performance.patch, len(performance.trajectory.texts))
            arena.beat_heart("control")
            beat = arena.read_transport().beat_now()
            subscriptions, playing = feedback.subscriptions, conductor.playing
            journal.remember(now, beat, performance, subscriptions, playing, desk.heard)
            journal.remember_bundles(inbox)
    finally:
        conductor.close()
        desk.close()
        midi.close()
        lights.close()
        clock_out.close()
        network.close()


def _first_performance(settings: ControlSettings, config: Config) -> Performance:
    patch = load_patch(settings.patch)
    performance = Performance(patch, model_name(config, patch.model, settings.model))
    performance.values["clock.source"] = config.clock.source
    performance.values["clock.offset"] = config.clock.offset
    return performance
