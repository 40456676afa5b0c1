"""Genres by what can be measured of their sound, real beside generated: no judge, no model."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from livediffusion.training.classifier import CLASSES
from livediffusion.training.dataset import Progress
from livediffusion.training.evaluation import sound
from livediffusion.training.evaluation.bench import Bench, to_audio
from livediffusion.training.evaluation.figures import Figure, Section

OF_NO_USE = ("loudness, LUFS",)  # before levelling


def genre_means(bench: Bench, audio: Tensor, progress: Progress) -> Section:
    """How the genres' means of each measure agree; `audio` is generated, in order of `CLASSES`.

    Real loops come from pictures too, so that the phase is as guessed in both.
    """
    real, rows, seeds = _real_sound(bench, progress)
    values, wanted = sound.measure(audio), sound.measure(real)
    figures, details = [], dict[str, Any]()
    for name in sound.ALL:
        if name in OF_NO_USE:
            continue
        made = values[name].unflatten(0, (len(CLASSES), bench.size.seeds)).mean(1)
        truth = torch.stack([wanted[name][rows == i].mean() for i in range(len(CLASSES))])
        together = float(np.corrcoef(made.numpy(), truth.numpy())[0, 1])
        figures.append(Figure(f"{name}, correlation", together))
        pairs = zip(CLASSES, truth.tolist(), made.tolist(), strict=True)
        details[name] = {genre: {"real": a, "generated": b} for genre, a, b in pairs}
    note = (
        f"means of {len(CLASSES)} genres, {seeds} real and {bench.size.seeds} generated loops each"
    )
    return Section("sound by genre", figures, note, details)


def _real_sound(bench: Bench, progress: Progress) -> tuple[Tensor, Tensor, int]:
    """Sound of plain real loops, the genre's number of each, and how many of a genre."""
    plain = bench.plain()
    kept = [row for row, is_plain in zip(bench.rows, plain.tolist(), strict=True) if is_plain]
    seeds = len(kept) // len(CLASSES)
    parts = []
    for index, part in enumerate(bench.real[plain].split(32)):
        parts.append(to_audio(part))
        progress("listening to real loops", min(1.0, 32 * (index + 1) / len(kept)))
    return torch.cat(parts), torch.tensor([CLASSES.index(row.genre) for row in kept]), seeds
