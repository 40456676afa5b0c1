"""All that `livediffusion bench` measures, and the machine that it was measured on.

Renders are timed in this process; everything else is measured on a running daemon that plays to
the real-time clock without sound.
"""

from __future__ import annotations

import multiprocessing
import platform
from pathlib import Path

from rich.console import Console

from livediffusion.bench.knobs import measure_knobs
from livediffusion.bench.load import under_load
from livediffusion.bench.page import measure_page
from livediffusion.bench.playing import playing
from livediffusion.bench.renders import measure_renders
from livediffusion.config import load_config
from livediffusion.progress import bar
from livediffusion.types import Json, Seconds


def measure(
    config_path: Path | None, model: str | None, seconds: Seconds, console: Console
) -> Json:
    """All figures, as JSON; takes about five minutes and the given seconds of load."""
    config = load_config(config_path)
    name = model or config.render.model
    with bar(console) as advance:
        results: Json = {"model": name}
        # First: while this process has not loaded torch, it is as small as a supervisor.
        with playing(config, name) as daemon:
            results |= measure_knobs(daemon, advance)
            results["under_load"] = under_load(daemon, seconds, advance)
            results["memory_peak_mb"] = daemon.memory.peak_mb
        results |= measure_renders(config, name, advance)
        results["machine"] = _machine()
    return results


def measure_page_open(config_path: Path | None, model: str | None, console: Console) -> Json:
    """Knob to sound and underruns with the page open and without; takes about ten minutes."""
    config = load_config(config_path)
    name = model or config.render.model
    with bar(console) as advance, playing(config, name, page=True) as daemon:
        results = measure_page(daemon, advance)
    return {"model": name, "page": results, "machine": _machine()}


def measure_architecture(config_path: Path | None, console: Console, *, full_size: bool) -> Json:
    """Figures of Stable Diffusion 1.5's networks, or of narrow ones, with random weights.

    Minutes on a GPU or for narrow networks, hours for the others on a CPU.
    """
    import livediffusion.render.offline  # noqa: F401 - says how torch is to be started
    from livediffusion.bench.architecture import FULL, SCALED_DOWN
    from livediffusion.bench.full_size import measure_full_size

    size = FULL if full_size else SCALED_DOWN
    with bar(console) as advance:
        results = measure_full_size(size, load_config(config_path).render, advance)
    return {**results, "machine": _machine()}


def _machine() -> Json:
    import diffusers
    import torch

    return {
        "processor": _processor(),
        "cpus": multiprocessing.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
