"""`livediffusion status`: how the daemons of this user on this machine are, asked from outside.

What is asked is the run's folder, and not a port: the player, the control process and the
supervisor write there, so that there is an answer also while one of them is away.
"""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from livediffusion.errors import UserError
from livediffusion.ipc import runs
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.statusline import meter, place
from livediffusion.types import Json

_NOBODY = "No livediffusion is playing on this machine; start one with `livediffusion play`."
_FRESH_S = 3.0  # a heart that beat so long ago still beats


def ask() -> list[Json]:
    """One report for each daemon that runs. Raises UserError when there is none."""
    reports = [found for run_dir in runs.living() if (found := report(run_dir)) is not None]
    if not reports:
        raise UserError(_NOBODY)
    return reports


def report(run_dir: Path) -> Json | None:
    """Everything that the three processes and their supervisor say; None if it just ended."""
    try:
        arena = Arena(run_dir / "arena")
        pid = int((run_dir / "pid").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    page, supervision = arena.read_transport(), runs.read_supervision(run_dir)
    processes = dict(supervision.get("children", {}))
    for name, child in processes.items():
        processes[name] = {**child, "answers": arena.heartbeat_age(name) < _FRESH_S}
    return {
        "pid": pid,
        "folder": str(run_dir),
        "log": supervision.get("log"),
        "seconds": time.time() - supervision.get("began", time.time()),
        "sound": _sound(page),
        "processes": processes,
        **runs.read_status(run_dir),
    }


def shown(found: Json) -> RenderableType:
    """A report for people."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for what, words in _rows(found):
        table.add_row(what, Text(words))
    return Group(Text(f"livediffusion {found['pid']}, for {_time(found['seconds'])}"), table)


def _sound(page: Transport) -> Json:
    age = (time.monotonic_ns() - page.monotonic_ns) * 1e-9
    alive = page.monotonic_ns > 0 and age < _FRESH_S
    return {
        "playing": page.playing and alive,
        "beat": page.beat_now() if alive else page.beat,
        "tempo": page.beats_per_second * 60.0,
        "peak": page.peak,
        "underruns": page.underruns,
        "loop_beats": page.loop_beats,
        "swaps": page.swaps,
    }


def _rows(found: Json) -> list[tuple[str, str]]:
    sound = found["sound"]
    rows = [("sound", _sounding(found, sound))]
    if "patch" not in found:
        return [*rows, ("control", "has not spoken yet"), *_processes(found)]
    blend = " + ".join(f"{weight:.0%} {text}" for text, weight in found["blend"] if weight >= 0.005)
    scene = f", scene {found['scene']}" if found.get("scene") else ""
    renders = f"last {found['render_ms']:.0f} ms, 19 of 20 under {found['render_p95_ms']:.0f} ms"
    return [
        *rows,
        ("plays", f"{found['patch']}{scene}, with model {found['model']}"),
        ("blend", blend or "nothing"),
        ("output", found["output"] or "not open yet"),
        ("renders", f"{renders}; {found['lead']:.1f} beats ahead, change in {found['eta']:.1f}"),
        ("clock", found["clock"]),
        ("missed", f"{found['late']} late loops, {sound['underruns']} underruns"),
        ("OSC", _osc(found["osc"])),
        ("listeners", ", ".join(found["listeners"]) or "nobody"),
        ("MIDI", _midi(found)),
        *_processes(found),
    ]


def _sounding(found: Json, sound: Json) -> str:
    if not sound["loop_beats"]:
        return f"none yet: {found.get('waiting', 'it is starting')}"
    if not sound["playing"]:
        return "stopped"
    bar = place(sound["beat"]).strip()
    return f"bar {bar} at {sound['tempo']:.2f} bpm, {meter(sound['peak'])}"


def _osc(counts: Json) -> str:
    parts = [f"{counts.get('packets', 0)} packets"]
    for name, words in (("drops", "dropped"), ("malformed", "no OSC"), ("errors", "refused")):
        if counts.get(name):
            parts.append(f"{counts[name]} {words}")
    return ", ".join(parts)


def _midi(found: Json) -> str:
    inputs = ", ".join(found["midi_inputs"]) or "no input"
    return f"{inputs}; {found['midi'].get('events', 0)} events"


def _processes(found: Json) -> list[tuple[str, str]]:
    rows = [(name, _process(child)) for name, child in found["processes"].items()]
    return [*rows, ("log", found["log"])] if found["log"] else rows


def _process(child: Json) -> str:
    if child["state"] == "resting":
        return f"stopped too often, tried again from time to time. {child['last_words']}"
    if child["state"] != "running":
        return f"is being started again. {child['last_words']}"
    state = f"{'well' if child['answers'] else 'does not answer'}, process {child['pid']}"
    times = child["restarts"]
    again = f", started again {times} time{'s' if times > 1 else ''}: " if times else ""
    return f"{state}{again}{child['last_words'] if times else ''}"


def _time(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
