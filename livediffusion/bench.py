"""`livediffusion bench`: what this machine does, measured at the output.

Renders are timed in this process; everything else is measured on a running daemon that plays to
the real-time clock without sound.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import platform
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pythonosc.udp_client import SimpleUDPClient
from rich.console import Console
from rich.table import Table

from livediffusion.config import Config, load_config
from livediffusion.daemon import Supervisor
from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena
from livediffusion.progress import bar
from livediffusion.stage import Staged, run_folder
from livediffusion.state.patch import parse_patch
from livediffusion.types import SAMPLE_RATE, Frames, Json, Seconds

RENDERS = 12
KNOBS = 20
GAIN_KNOBS = 20
_TEMPO = 120
_BEATS = 8
_STARTS_WITHIN_S = 180.0
_HEARD_WITHIN_S = 30.0
_PATCH = """
quantise = "off"
tempo = 120
[[prompt]]
text = "dark techno"
[[prompt]]
text = "warm ambient pads"
weight = 0.0
"""

Advance = Callable[[str, float], None]


def measure(
    config_path: Path | None, model: str | None, seconds: Seconds, console: Console
) -> Json:
    """All figures, as JSON; takes about three minutes and the given seconds of load."""
    config = load_config(config_path)
    name = model or config.render.model
    with bar(console) as advance:
        results: Json = {"model": name}
        # First: while this process has not loaded torch, it is as small as a supervisor.
        with _playing(config, name) as (arena, client, memory):
            results["knob_to_sound_ms"] = _percentiles(
                _knob_to_sound(arena, client, advance, KNOBS)
            )
            results["gain_to_sound_ms"] = _percentiles(_gain_to_sound(arena, client, advance))
            results["under_load"] = _under_load(arena, client, seconds, advance)
            results["memory_peak_mb"] = memory.peak_mb
        results |= _measure_renders(config, name, advance)
        results["machine"] = _machine()
    return results


def table(results: Json) -> Table:
    """The figures as a table for people."""
    machine, engine = results["machine"], results["engine_id"]
    shown = Table(title=f"{machine['processor']}, {machine['cpus']} CPUs; {engine}", box=None)
    shown.add_column("what")
    shown.add_column("figure", justify="right")
    for kind in ("cold", "warm"):
        for stage, milliseconds in results[kind]["stages_ms"].items():
            shown.add_row(f"{kind}: {stage}", f"{milliseconds:.0f} ms")
        shown.add_row(
            f"{kind}: whole 8-beat loop (median)",
            f"{results[kind]['median_ms']:.0f} ms, {results[kind]['real_time_factor']:.1f} x",
        )
    for key, label in (("knob_to_sound_ms", "knob to sound"), ("gain_to_sound_ms", "gain")):
        figures = ", ".join(f"{name} {value:.0f}" for name, value in results[key].items())
        shown.add_row(f"{label}, ms", figures)
    load = results["under_load"]
    shown.add_row(f"underruns in {load['seconds']:.0f} s under load", str(load["underruns"]))
    shown.add_row("new loops in that time", str(load["swaps"]))
    if peak := results["memory_peak_mb"]:
        shown.add_row("memory of all processes, peak", f"{peak:.0f} MB")
    return shown


def _machine() -> Json:
    import torch

    return {
        "processor": _processor(),
        "cpus": multiprocessing.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _measure_renders(config: Config, model: str, advance: Advance) -> Json:
    """Stage times of loops with the text cached, from a cold and from a warm phase."""
    from livediffusion.render.cache import LoopCache
    from livediffusion.render.offline import default_request, open_engine, render_loop, warm_up

    advance("loading the model", 0.0)
    engine = open_engine(model, models=config.models, device=config.render.device)
    warm_up(engine)
    engine.hasten()
    advance("loading the model", 1.0)
    cache = LoopCache(config.render.cache_mb)
    base = dataclasses.replace(default_request(engine, "dark techno"), tempo=float(_TEMPO))
    last = render_loop(engine, base, cache)
    cold, warm = [], []
    for number in range(RENDERS):
        request = dataclasses.replace(base, seeds=((1, 1 - number / 100), (2, number / 100)))
        cold.append(render_loop(engine, request))
        chained = dataclasses.replace(request, phase_from=last.request.audio_key())
        last = render_loop(engine, chained, cache)
        warm.append(last)
        advance("rendering", (number + 1) / RENDERS)
    seconds = _BEATS * 60.0 / _TEMPO
    results: Json = {"engine_id": engine.engine_id}
    for name, loops in (("cold", cold), ("warm", warm)):
        median = statistics.median(loop.render_ms for loop in loops)
        stages = {
            stage: statistics.median(loop.stages[stage] for loop in loops)
            for stage in loops[0].stages
        }
        results[name] = {
            "stages_ms": stages,
            "median_ms": median,
            "real_time_factor": seconds * 1000.0 / median,
        }
    return results


class _MemoryWatch:
    """The most memory (MB) that this process and a supervisor's children held together.

    Threading: `run` belongs to a thread of its own, until `done` is set; anybody reads `peak_mb`.
    Proportional set sizes, so that what processes share counts once; 0 where Linux is not.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.done = threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        """Look once a second."""
        while not self.done.wait(1.0):
            self.look()

    def look(self) -> None:
        """Add up what is held now."""
        running = [child.process for child in self._supervisor.children]
        pids = ["self", *(str(process.pid) for process in running if process is not None)]
        self.peak_mb = max(self.peak_mb, sum(_memory_mb(pid) for pid in pids))


def _memory_mb(pid: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024.0


@contextmanager
def _playing(config: Config, model: str) -> Iterator[tuple[Arena, SimpleUDPClient, _MemoryWatch]]:
    """A daemon that plays to nothing, with the first loop sounding."""
    with run_folder() as run_dir:
        port = _free_port()
        path = run_dir / "bench.toml"
        path.write_text(_PATCH, encoding="utf-8")
        overrides = {"audio.device": "null", "osc.port": port, "web.serve": False}
        staged = Staged(config, path, parse_patch(_PATCH, path), model, overrides)
        supervisor, stop, failed = staged.supervisor(run_dir, lambda _: None), threading.Event(), []

        def run() -> None:
            try:
                supervisor.run(stop.is_set, lambda: None)
            except UserError as error:
                failed.append(error)

        memory = _MemoryWatch(supervisor)
        threads = [
            threading.Thread(target=run, name="supervisor"),
            threading.Thread(target=memory.run, name="memory"),
        ]
        for thread in threads:
            thread.start()
        try:
            arena = _wait_for_music(supervisor, failed)
            yield arena, SimpleUDPClient("127.0.0.1", port), memory
        finally:
            stop.set()
            memory.done.set()
            for thread in threads:
                thread.join()


def _wait_for_music(supervisor: Supervisor, failed: list[UserError]) -> Arena:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and not failed:
        if hasattr(supervisor, "arena") and supervisor.arena.read_transport().loop_frames:
            return supervisor.arena
        time.sleep(0.1)
    raise failed[0] if failed else UserError("The daemon did not start; try `livediffusion play`.")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _knob_to_sound(
    arena: Arena, client: SimpleUDPClient, advance: Advance, count: int
) -> list[float]:
    """Milliseconds from an OSC packet to the first output frame that it changed."""
    found = []
    for number in range(count):
        period = arena.read_transport().loop_frames
        time.sleep(
            1.2 * period / SAMPLE_RATE + 0.1 * (number % 7)
        )  # a whole period to compare with
        swaps, sent = arena.read_transport().swaps, time.monotonic_ns()
        client.send_message("/ld/prompt/2/weight", 0.1 + 0.8 * ((number * 7) % count) / count)
        _wait_for_swap(arena, swaps)
        time.sleep(0.1)
        found.append(_first_change(arena, sent, period))
        advance("turning a knob", (number + 1) / count)
    return found


def _first_change(arena: Arena, sent_ns: int, period: Frames) -> float:
    """Milliseconds after `sent_ns` at which the output first departs from the loop's period."""
    page = arena.read_transport()
    at_sent = page.frame - round((page.monotonic_ns - sent_ns) * 1e-9 * SAMPLE_RATE)
    count = page.frame - at_sent
    now = arena.read_ring(at_sent, count)
    before = arena.read_ring(at_sent - period, count)
    changed = np.flatnonzero(np.any(now != before, axis=1))
    if not len(changed):
        raise UserError("The sound did not change; is another daemon on this machine?")
    return float(changed[0]) / SAMPLE_RATE * 1000.0


def _gain_to_sound(arena: Arena, client: SimpleUDPClient, advance: Advance) -> list[float]:
    """The same for gain, which acts in the player."""
    found = []
    period = arena.read_transport().loop_frames
    time.sleep(2.5 * period / SAMPLE_RATE)
    for number in range(GAIN_KNOBS):
        sent = time.monotonic_ns()
        client.send_message("/ld/gain", -6.0 if number % 2 == 0 else 0.0)
        time.sleep(0.3)
        if number % 2 == 0:  # only a departure from the undisturbed loop can be told
            found.append(_first_change(arena, sent, period))
        else:
            time.sleep(1.1 * period / SAMPLE_RATE)
        advance("turning the gain", (number + 1) / GAIN_KNOBS)
    return found


def _under_load(arena: Arena, client: SimpleUDPClient, seconds: Seconds, advance: Advance) -> Json:
    """Underruns while every CPU is busy with something else and a knob never rests."""
    context = multiprocessing.get_context("spawn")
    burners = [context.Process(target=_burn, daemon=True) for _ in range(context.cpu_count())]
    for burner in burners:
        burner.start()
    before, start = arena.read_transport(), time.monotonic()
    try:
        while (passed := time.monotonic() - start) < seconds:
            client.send_message("/ld/prompt/2/weight", 0.5 + 0.5 * float(np.sin(passed * 3.0)))
            advance("playing under load", passed / max(seconds, 1e-9))
            time.sleep(0.05)
    finally:
        for burner in burners:
            burner.kill()
    after = arena.read_transport()
    return {
        "seconds": seconds,
        "underruns": after.underruns - before.underruns,
        "swaps": after.swaps - before.swaps,
    }


def _burn() -> None:
    while True:
        np.linalg.svd(np.random.default_rng(0).normal(size=(200, 200)))


def _wait_for_swap(arena: Arena, before: int) -> None:
    deadline = time.monotonic() + _HEARD_WITHIN_S
    while arena.read_transport().swaps <= before:
        if time.monotonic() > deadline:
            raise UserError("A knob was not heard within 30 s; look at `livediffusion play`.")
        time.sleep(0.002)


def _percentiles(values: list[float]) -> Json:
    return {f"p{q}": float(np.percentile(values, q)) for q in (50, 95, 99)}
