"""Waveforms read from tables of one period, whose harmonics a filter may move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZE = 4096  # samples of a period
Table = NDArray[np.float32]


def build(amplitudes: NDArray[np.float64]) -> Table:
    """Tables (n, SIZE + 1) of sines with these amplitudes (n, harmonics), from the first up.

    The last sample repeats the first, for reading between samples.
    """
    count = min(amplitudes.shape[1], SIZE // 2 - 1)
    spectra = np.zeros((len(amplitudes), SIZE // 2 + 1), complex)
    spectra[:, 1 : count + 1] = -0.5j * SIZE * amplitudes[:, :count]
    waves = np.fft.irfft(spectra, SIZE, axis=1)
    return np.concatenate([waves, waves[:, :1]], axis=1).astype(np.float32)


def read(table: Table, turns: NDArray[np.float64], rows: NDArray[np.float64] | None) -> Table:
    """Samples at phases in turns (count,), on the table's rows (count,), both between entries."""
    place = (turns % 1.0) * SIZE
    column = place.astype(np.int32)
    rest = (place - column).astype(np.float32)
    if rows is None:
        low, high = table[0, column], table[0, column + 1]
        return np.asarray(low + rest * (high - low), dtype=np.float32)
    row = np.minimum(rows.astype(np.int32), len(table) - 2)
    flat, index = table.ravel(), row * (SIZE + 1) + column
    low = flat[index] + rest * (flat[index + 1] - flat[index])
    index += SIZE + 1
    high = flat[index] + rest * (flat[index + 1] - flat[index])
    return np.asarray(low + (rows - row).astype(np.float32) * (high - low), dtype=np.float32)
