"""The whole evaluation, in order."""

from __future__ import annotations

import os
import time
from pathlib import Path

from torch import Tensor

from livediffusion.training.classifier import CLASSES
from livediffusion.training.dataset import Progress
from livediffusion.training.evaluation import (
    adherence,
    attributes,
    distribution,
    gallery,
    hearing,
    limits,
    motion,
    playing,
)
from livediffusion.training.evaluation.bench import NORMAL, Bench, Size, prepare, to_audio
from livediffusion.training.evaluation.figures import Report, Section


def evaluate(
    folder: Path,
    workdir: Path,
    progress: Progress,
    size: Size = NORMAL,
    processes: int | None = None,
) -> Report:
    """Measure a model folder against held-out real loops.

    Renders loops and trains the judge in `workdir` where they are not there from an earlier
    time, and leaves pictures in `workdir/evaluation`. Equal models, sizes and threads give equal
    figures, but for times. Raises UserError where the composer's sounds are missing.
    """
    began, processes = time.monotonic(), processes or os.cpu_count() or 1
    bench = prepare(folder, workdir, size, progress, processes)
    pictures = _plain_loops(bench, progress)
    audio = _sound(pictures, progress)
    sections = _sections(bench, pictures, audio, progress, processes)
    progress("drawing pictures", 0.0)
    page = gallery.draw(bench, pictures)
    progress("drawing pictures", 1.0)
    about = {
        "model": str(folder),
        "machine": playing.machine(),
        "size": size.name,
        "seconds": round(time.monotonic() - began),
        "pictures": str(page),
    }
    return Report(about, sections)


def _sections(
    bench: Bench, pictures: Tensor, audio: Tensor, progress: Progress, processes: int
) -> list[Section]:
    judge = adherence.judge_on_real_loops(bench)
    judged = judge.figures[0].value
    return [
        judge,
        adherence.plain_names(bench, pictures, audio, judged),
        adherence.free_prompts(bench, judged, progress),
        attributes.attributes(bench, progress, processes),
        hearing.genre_means(bench, audio, progress),
        distribution.likeness_of_sets(bench, progress),
        distribution.diversity(bench, pictures),
        distribution.copies(bench, pictures, progress, processes),
        motion.morphs(bench, progress),
        motion.walks(bench, progress),
        motion.seam(bench, pictures, audio),
        limits.limits(bench),
        playing.levels(bench, audio),
        playing.render_times(bench, progress),
    ]


def _plain_loops(bench: Bench, progress: Progress) -> Tensor:
    """Pictures of every genre's own name with every seed, in order of `CLASSES`."""
    progress("playing every genre", 0.0)
    prompts = [genre for genre in CLASSES for _ in range(bench.size.seeds)]
    seeds = [1000 + i % bench.size.seeds for i in range(len(prompts))]
    pictures = bench.generate(prompts, seeds)
    progress("playing every genre", 1.0)
    return pictures


def _sound(pictures: Tensor, progress: Progress) -> Tensor:
    progress("making their sound", 0.0)
    audio = to_audio(pictures)
    progress("making their sound", 1.0)
    return audio
