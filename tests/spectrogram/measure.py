"""Not a test: what a picture's way to a loop costs, stage by stage, and how near it comes.

    python tests/spectrogram/measure.py [threads]

Times are the best of several runs, since other work on the machine can only add to them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch
from made_up_music import POCKET, decibels, music
from torch import Tensor

from livediffusion.spectrogram.image import picture_to_bands
from livediffusion.spectrogram.level import level_loop
from livediffusion.spectrogram.loop import loop_to_picture, picture_to_loop
from livediffusion.spectrogram.mel import from_bands
from livediffusion.spectrogram.params import RIFFUSION, SpectrogramParams
from livediffusion.spectrogram.phase import reconstruct, start_phase
from livediffusion.spectrogram.synthesis import outlet, synthesis_grid
from livediffusion.types import SAMPLE_RATE

BEATS = 8
RUNS = 15


def best_ms(work: Callable[[], object]) -> float:
    """Shortest time of one call, in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def measure(name: str, params: SpectrogramParams, tempo: float) -> None:
    """Print one line of times and one of spectral convergence."""
    audio = music(params.sample_rate, BEATS, params.native_tempo)
    picture = loop_to_picture(audio, params, BEATS, sample_rate=params.sample_rate, normalise=True)
    grid, _ = synthesis_grid(params, BEATS, tempo)
    bands = picture_to_bands(picture, params)
    amplitudes = from_bands(bands, params, grid.n_fft)
    phase = start_phase(amplitudes, grid)
    made, _ = reconstruct(amplitudes, grid, phase=phase, iterations=2)
    out = outlet(params, BEATS, tempo, SAMPLE_RATE)
    loop = out.sound(made)
    two = best_ms(lambda: reconstruct(amplitudes, grid, phase=phase, iterations=2))
    ten = best_ms(lambda: reconstruct(amplitudes, grid, phase=phase, iterations=10))
    warm = picture_to_loop(picture, params, BEATS, tempo).phase
    times = {
        "bands": best_ms(lambda: picture_to_bands(picture, params)),
        "inverse": best_ms(lambda: from_bands(bands, params, grid.n_fft)),
        "start": best_ms(lambda: start_phase(amplitudes, grid)),
        "iteration": (ten - two) / 8,
        "sound": best_ms(lambda: out.sound(made)),
        "level": best_ms(lambda: level_loop(loop)),
        "cold": best_ms(lambda: picture_to_loop(picture, params, BEATS, tempo)),
        "warm": best_ms(lambda: picture_to_loop(picture, params, BEATS, tempo, phase=warm)),
    }
    print(name, f"{tempo:g} bpm, ms:", ", ".join(f"{k} {v:.1f}" for k, v in times.items()))
    nearness = (
        f"{n}: {convergence(amplitudes, params, tempo, n):.1f}" for n in (0, 1, 2, 4, 8, 32)
    )
    print("  spectral convergence from cold, dB after iterations", ", ".join(nearness))


def convergence(
    amplitudes: Tensor, params: SpectrogramParams, tempo: float, iterations: int
) -> float:
    """How far the loop's own amplitudes are from those asked for, in dB."""
    grid, _ = synthesis_grid(params, BEATS, tempo)
    made, _ = reconstruct(amplitudes, grid, iterations=iterations)
    return decibels(grid.project(made[0]).abs() - amplitudes[0], amplitudes[0])


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    for tempo in (120.0, 123.4):
        measure("pocket", POCKET, tempo)
    measure("riffusion", RIFFUSION, RIFFUSION.native_tempo)
