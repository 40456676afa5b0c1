"""MIDI, OSC and the clock: what is there, what moves, and does a message get through?"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from livediffusion.config import Config, OscConfig, is_loopback
from livediffusion.control.endpoint import AllowList
from livediffusion.control.inbox import Inbox
from livediffusion.control.midi import MidiInputs
from livediffusion.control.osc import OscServer
from livediffusion.control.oscwire import encode
from livediffusion.control.remote import connection
from livediffusion.ipc.arena import Transport
from livediffusion.soundcheck.card import Finding
from livediffusion.state.controls import MidiMapping, is_device
from livediffusion.state.decoder import ControlDecoder
from livediffusion.types import Json, Seconds

MIDI, OSC, CLOCK = "MIDI", "OSC", "clock"
_PACKETS = 50
_ANSWERS_WITHIN: Seconds = 1.0
_LINK_LOOKS: Seconds = 2.0
_NAPS, _NAP = 200, 0.002  # seconds
_LATE_NAP: Seconds = 0.01
_TICKS = 24  # a beat


@dataclass(slots=True)
class Heard:
    """What came in over MIDI: inputs, what moved, clock ticks (device to times)."""

    inputs: list[str] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    ticks: dict[str, list[Seconds]] = field(default_factory=dict)


def listen(patterns: tuple[str, ...], seconds: Seconds) -> Heard:
    """Open every MIDI input that is asked for, and note what moves."""
    heard, decoder = Heard(), ControlDecoder()
    inputs = MidiInputs(patterns, threading.Event())
    inputs.clock_ear = lambda device, message, at: (
        heard.ticks.setdefault(device, []).append(at) if message[:1] == _TICK else None
    )
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.02)
            heard.inputs = sorted({*heard.inputs, *inputs.devices})
            for event in inputs.drain():
                if event.kind not in ("gone", "garbage"):
                    names = [str(moved.control) for moved in decoder.feed(event)]
                    heard.moved.update(f"{name} of {event.device}" for name in names)
    finally:
        inputs.close()
    return heard


def midi(heard: Heard, mappings: tuple[MidiMapping, ...]) -> Finding:
    """Whether the devices are there that the patch wants, and whether they speak."""
    wanted = sorted({one.device for one in mappings if one.device != "*"})
    missing = [name for name in wanted if not any(is_device(name, one) for one in heard.inputs)]
    figures: Json = {"inputs": heard.inputs, "moved": dict(heard.moved), "missing": missing}
    there = f"{', '.join(heard.inputs)} {'is' if len(heard.inputs) == 1 else 'are'} there"
    if missing:
        others = f"; {there}" if heard.inputs else ""
        sentence = f"The patch maps {', '.join(missing)}, which is not connected{others}."
        return Finding(MIDI, "warn", sentence, figures)
    if not heard.inputs:
        verdict, need = ("warn", "but") if mappings else ("pass", "and")
        sentence = (
            f"No MIDI input is there, {need} the patch maps {len(mappings) or 'no'} controls."
        )
        return Finding(MIDI, "warn" if verdict == "warn" else "pass", sentence, figures)
    if not heard.moved:
        sentence = f"{there}; nothing was moved (--listen 10 gives you more time)."
        return Finding(MIDI, "pass", sentence, figures)
    names = [name for name, _ in heard.moved.most_common(4)]
    more = f" and {len(heard.moved) - 4} more" if len(heard.moved) > 4 else ""
    return Finding(MIDI, "pass", f"{there}; moved: {', '.join(names)}{more}.", figures)


def osc(config: OscConfig, playing: bool) -> Finding:
    """Send to our own port; where a livediffusion plays, it has the port and is asked."""
    if playing:
        return _ask_the_daemon(config)
    inbox = Inbox()
    server = OscServer(config, inbox, AllowList(config.allow))
    try:
        if not server.listening:
            sentence = (
                f"Port {config.port} on {config.host} cannot be listened on: end the program that "
                "has it, or choose another under [osc] in config.toml."
            )
            return Finding(OSC, "fail", sentence)
        times = _trips(config, inbox)
    finally:
        server.close()
    figures: Json = {"sent": _PACKETS, "came": len(times), "port": config.port}
    if len(times) < _PACKETS:
        sentence = (
            f"Of {_PACKETS} packets to port {config.port}, {len(times)} came: is a firewall on?"
        )
        return Finding(OSC, "fail", sentence, figures)
    slowest = max(times) * 1000.0
    who = "this machine" if is_loopback(config.host) else _who(config)
    sentence = (
        f"{_PACKETS} packets to port {config.port} came within {slowest:.1f} ms; {who} may send."
    )
    return Finding(OSC, "pass", sentence, {**figures, "slowest_ms": slowest})


def clock(config: Config, heard: Heard) -> Finding:
    """Whether the clock that is to lead is there; else whether this machine keeps time."""
    if config.clock.source == "midi":
        return _midi_clock(heard)
    if config.clock.source == "link":
        return _link()
    late = _late_naps()
    figures: Json = {"source": "internal", "late_ms": late * 1000.0}
    if late > _LATE_NAP:
        sentence = (
            f"The internal clock leads, but this machine wakes up {late * 1000:.0f} ms late at "
            "times: close other programs."
        )
        return Finding(CLOCK, "warn", sentence, figures)
    sentence = f"The internal clock leads; this machine wakes up within {late * 1000:.1f} ms."
    return Finding(CLOCK, "pass", sentence, figures)


_TICK = (0xF8,)


def _midi_clock(heard: Heard) -> Finding:
    figures: Json = {"source": "midi", "ticks": {name: len(t) for name, t in heard.ticks.items()}}
    steady = {name: times for name, times in heard.ticks.items() if len(times) > _TICKS}
    if not steady:
        sentence = (
            "MIDI clock is to lead and none came: start the master, or wait with --listen 10."
        )
        return Finding(CLOCK, "warn", sentence, figures)
    name, times = max(steady.items(), key=lambda item: len(item[1]))
    bpm = 60.0 / (_TICKS * (times[-1] - times[0]) / (len(times) - 1))
    more = f" Several send a clock: {', '.join(sorted(steady))}." if len(steady) > 1 else ""
    sentence = f"MIDI clock comes from {name} at {bpm:.1f} bpm.{more}"
    return Finding(CLOCK, "warn" if more else "pass", sentence, {**figures, "bpm": bpm})


def _link() -> Finding:
    from livediffusion.control.link import LinkClock

    link = LinkClock(Transport, lambda sentence: None)
    try:
        time.sleep(_LINK_LOOKS)
        status = link.status
    finally:
        link.close()
    figures: Json = {"source": "link", "status": status}
    if status[:1].isdigit():
        return Finding(CLOCK, "pass", f"Link is to lead: {status}.", figures)
    sentence = f"Link is to lead: {status}. Is it switched on in the other program?"
    return Finding(CLOCK, "warn", sentence, figures)


def _late_naps() -> Seconds:
    """How late this machine wakes up, at the 99th percentile."""
    late = []
    for _ in range(_NAPS):
        wanted = time.monotonic() + _NAP
        time.sleep(_NAP)
        late.append(time.monotonic() - wanted)
    return float(np.percentile(late, 99))


def _trips(config: OscConfig, inbox: Inbox) -> list[Seconds]:
    times = []
    with connection(config) as wire:
        for number in range(_PACKETS):
            sent = time.monotonic()
            wire.send(encode("/ld/gain", (-float(number),)))
            if _arrives(lambda: any(True for _ in inbox.drain(time.monotonic()))):
                times.append(time.monotonic() - sent)
    return times


def _arrives(has_come: Callable[[], bool]) -> bool:
    end = time.monotonic() + _ANSWERS_WITHIN
    while time.monotonic() < end:
        if has_come():
            return True
        time.sleep(0.0005)
    return False


def _ask_the_daemon(config: OscConfig) -> Finding:
    with connection(config) as wire:
        wire.settimeout(_ANSWERS_WITHIN)
        sent = time.monotonic()
        try:
            wire.send(encode("/ld/state", (1,)))
            wire.recv(65536)
        except (TimeoutError, ConnectionError):
            sentence = f"The livediffusion that is playing does not answer on port {config.port}."
            return Finding(OSC, "fail", f"{sentence} Name its config with --config.")
    took = (time.monotonic() - sent) * 1000.0
    sentence = f"The livediffusion that is playing answers on port {config.port} in {took:.0f} ms."
    return Finding(OSC, "pass", sentence, {"port": config.port, "answer_ms": took})


def _who(config: OscConfig) -> str:
    return f"this machine and {', '.join(map(str, config.allow))}"
