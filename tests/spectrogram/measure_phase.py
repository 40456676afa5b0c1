"""Not a test: time and mel spectral convergence of each way to find phase, on real pictures.

    python tests/spectrogram/measure_phase.py FOLDER-WITH-RIFFUSIONS-SEED-IMAGES

On one core, at Riffusion's settings (5.12 s), to a loop at its own rate; the best of several runs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from made_up_music import decibels
from PIL import Image

from livediffusion.spectrogram.image import image_to_picture, picture_to_bands
from livediffusion.spectrogram.loop import loop_to_bands, picture_to_loop
from livediffusion.spectrogram.params import PHASES, RIFFUSION

BEATS, TEMPO, RATE = 8, RIFFUSION.native_tempo, RIFFUSION.sample_rate
RUNS = {"peaks": 7, "fast": 7, "reference": 2}


def measure(path: Path) -> None:
    """Print one line for a picture."""
    with Image.open(path) as image:
        picture = image_to_picture(image)
    wanted = picture_to_bands(picture, RIFFUSION)
    said = []
    for method in PHASES:
        picture_to_loop(
            picture, RIFFUSION, BEATS, TEMPO, sample_rate=RATE, method=method, iterations=0
        )  # tables, numba
        times = []
        for _ in range(RUNS[method]):
            start = time.perf_counter()
            made = picture_to_loop(
                picture, RIFFUSION, BEATS, TEMPO, sample_rate=RATE, method=method
            )
            times.append(time.perf_counter() - start)
        bands = loop_to_bands(made.audio, RIFFUSION, BEATS, sample_rate=RATE)
        said.append(f"{method} {decibels(bands - wanted, wanted):.2f} dB {min(times):.3f} s")
    print(f"{path.stem}:", ", ".join(said), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in ("agile", "marim", "motorway", "og_beat", "vibes"):
        measure(Path(sys.argv[1]) / f"{name}.png")
