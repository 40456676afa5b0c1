"""Material whose attacks and pitch can be measured after it has been bent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 48000
_LENGTH = 600  # frames of a click


def frames_at(tempo: float, beats: int) -> int:
    """How many frames the program gives a loop of this tempo."""
    return round(beats * 60.0 / tempo * RATE)


def clicks(tempo: float, beats: int = 8, each: int = 4, bed: float = 0.0) -> Samples:
    """A loop with a click on each quarter of a beat, over a bed of noise."""
    frames = frames_at(tempo, beats)
    drawn = np.random.default_rng(5)
    audio = drawn.standard_normal((frames, 2)) * bed
    click = drawn.standard_normal((_LENGTH, 2)) * np.exp(-np.arange(_LENGTH) / 120.0)[:, None]
    click[:4] = 1.0  # begins loudly, so that its beginning can be told
    for number in range(beats * each):
        start = round(number * frames / (beats * each))
        audio[(start + np.arange(_LENGTH)) % frames] += click * 0.3
    return audio.astype(np.float32)


def sine(hertz: float, frames: int, level: float = 0.4) -> Samples:
    """A loop of the tone nearest to a pitch that goes round without a seam."""
    turns = round(hertz * frames / RATE)
    tone = level * np.sin(2.0 * np.pi * turns * np.arange(frames) / frames)
    return np.stack([tone, tone], axis=1).astype(np.float32)


def pitch(samples: Samples) -> float:
    """The loudest frequency, Hz, to about a hundredth of a bin."""
    windowed = samples[:, 0] * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(windowed, 8 * len(windowed)))
    peak = int(np.argmax(spectrum))
    below, top, above = np.log(spectrum[peak - 1 : peak + 2] + 1e-20)
    return (
        float(peak + 0.5 * (below - above) / (below - 2.0 * top + above))
        * RATE
        / (8 * len(windowed))
    )


def cents(heard: float, wanted: float) -> float:
    """How far a pitch is from another."""
    return float(1200.0 * np.log2(heard / wanted))


def attacks_in(samples: Samples, threshold: float = 0.15) -> NDArray[np.int64]:
    """Where clicks begin."""
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > threshold)
    first = np.concatenate([[True], np.diff(loud) > 1200])
    return loud[first]


def largest_step(samples: Samples) -> float:
    """The largest difference of two samples that follow each other."""
    return float(np.abs(np.diff(samples, axis=0)).max())


def levels(samples: Samples, window: int = 4800) -> NDArray[np.float64]:
    """Levels in dB of windows one after another."""
    whole = samples[: len(samples) // window * window].astype(np.float64)
    return 10.0 * np.log10(np.mean(whole.reshape(-1, window * 2) ** 2, axis=1))
