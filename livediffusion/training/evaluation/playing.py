"""What the engine gives to the player: how loud, and how soon."""

from __future__ import annotations

import dataclasses
import os
import platform
import statistics
from pathlib import Path

import torch
from torch import Tensor

from livediffusion.render.offline import default_request, open_engine, render_loop, warm_up
from livediffusion.spectrogram.level import level_loop, loop_loudness
from livediffusion.training.classifier import CLASSES
from livediffusion.training.dataset import Progress
from livediffusion.training.evaluation.bench import Bench
from livediffusion.training.evaluation.figures import Figure, Section
from livediffusion.training.pictures import POCKET

STEPS = (1, 2, 4, 8)
MOST_RANGE = 3.0  # LUFS between the loudest and the softest genre


def levels(bench: Bench, audio: Tensor) -> Section:
    """Loops (n, 2, samples) in order of `CLASSES` after the engine's levelling."""
    rate, seeds = POCKET.sample_rate, bench.size.seeds
    full_scale = POCKET.max_amplitude * 4.0 / POCKET.window  # as in `picture_to_loop`
    levelled = [level_loop(loop, rate, full_scale=full_scale) for loop in audio]
    loudness = torch.tensor([loop_loudness(loop, rate) for loop in levelled])
    by_genre = loudness.unflatten(0, (len(CLASSES), seeds)).mean(1)
    peak = max(float(loop.abs().max()) for loop in levelled)
    offset = max(float(loop.mean(1).abs().max()) for loop in levelled)
    figures = [
        Figure("range of genres' means", _range(by_genre), "dB", most=MOST_RANGE),
        Figure("range of all loops", _range(loudness), "dB"),
        Figure("mean", float(loudness.mean()), "LUFS"),
        Figure("highest peak", 20.0 * float(torch.tensor(peak).log10()), "dBFS"),
        Figure("largest DC offset", offset),
    ]
    details = {g: float(value) for g, value in zip(CLASSES, by_genre, strict=True)}
    return Section("level, LUFS", figures, f"{len(audio)} loops", {"by genre": details})


def _range(values: Tensor) -> float:
    return float(values.max() - values.min())


def machine() -> str:
    """The processor's name and how many cores there are."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = named[0] if named else name
    return f"{name}, {os.cpu_count()} CPUs"


def render_times(bench: Bench, progress: Progress) -> Section:
    """Median milliseconds of a loop from nothing, text cached, by steps and by stage."""
    engine = open_engine(folder=bench.folder)
    warm_up(engine)
    base = default_request(engine, "dark techno")
    render_loop(engine, base)  # reads the text
    figures, details = [], {}
    for index, steps in enumerate(STEPS):
        loops = []
        for seed in range(bench.size.renders):
            request = dataclasses.replace(base, steps=steps, seeds=((seed, 1.0),))
            loops.append(render_loop(engine, request))
        median = statistics.median(loop.render_ms for loop in loops)
        figures.append(Figure(f"{steps} steps", median, "ms"))
        stages = {name: [loop.stages[name] for loop in loops] for name in loops[0].stages}
        medians = {name: statistics.median(times) for name, times in stages.items()}
        details[str(steps)] = medians
        if steps == POCKET.steps:
            figures += [Figure(f"{steps} steps, {name}", ms, "ms") for name, ms in medians.items()]
        progress("timing renders", (index + 1) / len(STEPS))
    note = f"{machine()}; {engine.engine_id}; {bench.size.renders} loops of 8 beats, cold"
    return Section("render time", figures, note, {"stages, ms": details})
