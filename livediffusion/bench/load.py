"""Underruns while the machine is busy with something else."""

from __future__ import annotations

import multiprocessing
import time

import numpy as np

from livediffusion.bench.playing import Playing
from livediffusion.bench.renders import Advance
from livediffusion.bench.underruns import UnderrunWatch
from livediffusion.types import Json, Seconds


def under_load(daemon: Playing, seconds: Seconds, advance: Advance) -> Json:
    """Underruns while every CPU is busy with something else and a knob never rests."""
    arena = daemon.arena
    context = multiprocessing.get_context("spawn")
    burners = [context.Process(target=_burn, daemon=True) for _ in range(context.cpu_count())]
    for burner in burners:
        burner.start()
    swaps, start = arena.read_transport().swaps, time.monotonic()
    try:
        with UnderrunWatch(arena) as watch:
            while (passed := time.monotonic() - start) < seconds:
                weight = 0.5 + 0.5 * float(np.sin(passed * 3.0))
                daemon.osc.send_message("/ld/prompt/2/weight", weight)
                advance("playing under load", passed / max(seconds, 1e-9))
                time.sleep(0.05)
    finally:
        for burner in burners:
            burner.kill()
    swapped = arena.read_transport().swaps - swaps
    return {"seconds": seconds, "swaps": swapped, **watch.figures()}


def _burn() -> None:
    while True:
        np.linalg.svd(np.random.default_rng(0).normal(size=(200, 200)))
