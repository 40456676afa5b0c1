"""Measure what it costs to read a loop at another speed, and how far its sound is then off.

    python tests/player/measure_reader.py [FILE.wav]

For each speed: processor time for 64 and for 256 frames (median and 99th percentile, and the
median's share of real time), the mean difference of the spectra of 43 ms, a third of an octave
wide, to the loop's own at the same places in the music, and the level against the loop's. The
last row is the loop itself 5 ms late, for comparison. The file is 48 kHz; without one a click
loop over noise is read.
"""

# ruff: noqa: E402 - the tests' own folders are no package

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

import numpy as np
from clicks import RATE, Samples, clicks, levels
from numpy.typing import NDArray

from livediffusion.player.loop import Loop
from livediffusion.player.reader import Reader

_SPEEDS = (1.0, 1.00002, 1.003, 1.05, 140.0 / 93.75, 0.9, 0.5)
_HOP, _WINDOW = 256, 2048


def read(loop: Loop, speed: float, block: int) -> tuple[Samples, NDArray[np.float64]]:
    """A turn of the loop at a speed, and the processor time of each block in seconds."""
    out = np.empty((int(loop.frames / speed) // block * block, 2), np.float32)
    reader, position, took = Reader(), 0.25 if speed != 1.0 else 0.0, []
    for start in range(0, len(out), block):
        began = time.thread_time()
        reader.read(loop, position, speed, out[start : start + block])
        took.append(time.thread_time() - began)
        position = (position + block * speed) % loop.frames
    return out, np.array(took)


def spectra(samples: Samples, hop: float, count: int) -> NDArray[np.float64]:
    """Amplitudes in thirds of an octave, (count, bands), of a circle of sound."""
    starts = np.round(np.arange(count) * hop).astype(int)[:, None] - _WINDOW // 2
    frames = samples.mean(axis=1)[(starts + np.arange(_WINDOW)) % len(samples)]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW))) ** 2
    edges = np.searchsorted(np.fft.rfftfreq(_WINDOW, 1.0 / RATE), np.geomspace(60, 19000, 26))
    return np.sqrt(np.add.reduceat(power, edges[:-1], axis=1) + 1e-6)


def apart(heard: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """Mean difference in dB where there is something to hear."""
    audible = wanted > wanted.max() * 1e-3
    return float(np.abs(20.0 * np.log10(heard / wanted))[audible].mean())


def main() -> None:
    """Print the table."""
    audio = clicks(120.0, bed=0.01)
    if len(sys.argv) > 1:
        import soundfile

        audio, _ = soundfile.read(sys.argv[1], dtype="float32", always_2d=True)
        audio = np.ascontiguousarray(np.repeat(audio, 2, axis=1)[:, :2])
    loop = Loop.listened_to(audio, 8)
    mean = levels(audio, len(audio))[0]
    print("  speed  64 frames, us        256 frames, us       spectra    level")
    for speed in _SPEEDS:
        cells = []
        for block in (64, 256):
            out, took = read(loop, speed, block)
            middle, high = np.percentile(took, [50, 99]) * 1e6
            share = middle * 1e-6 * RATE / block * 100.0
            cells.append(f"{middle:4.0f} {high:5.0f} {share:5.1f} %")
        count = len(out) // _HOP - 8
        off = apart(spectra(out, _HOP, count), spectra(audio, _HOP * speed, count))
        whole = levels(out, len(out))[0] - mean
        print(f"{speed:7.5f}  {cells[0]}   {cells[1]}  {off:5.2f} dB  {whole:+5.2f} dB")
    count = len(audio) // _HOP
    late = apart(
        spectra(np.roll(audio, RATE // 200, axis=0), _HOP, count), spectra(audio, _HOP, count)
    )
    print(f"   late                                            {late:5.2f} dB")


if __name__ == "__main__":
    main()
