"""Drum loops for tests, made of decaying noise and tones at exact places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 22050
KICK, SNARE, HAT = "x.........x.....", "....x.......x...", "x.x.x.xxx.x.x.x."


def _hit(voice: str, rate: int) -> NDArray[np.float64]:
    t = np.arange(round(0.12 * rate)) / rate
    noise = np.random.default_rng(5).normal(size=len(t))
    if voice == "kick":
        return np.sin(2 * np.pi * 55.0 * t) * np.exp(-30.0 * t)
    high = np.diff(noise, prepend=0.0) * np.exp(-90.0 * t)
    return 0.3 * high if voice == "hat" else 0.4 * noise * np.exp(-40.0 * t)


def drums(bpm: float, beats: float, rate: int = RATE, late: float = 0.0) -> NDArray[np.float32]:
    """Audio (frames,) of a groove whose first bar begins `late` beats after the file."""
    frames = round(beats * 60.0 / bpm * rate)
    audio = np.zeros(frames + rate)
    for voice, pattern in (("kick", KICK), ("snare", SNARE), ("hat", HAT)):
        hit = _hit(voice, rate)
        for step in range(-16, int(4 * beats)):
            at = round((step / 4.0 + late) * 60.0 / bpm * rate)
            if pattern[step % 16] == "x" and 0 <= at < frames:
                audio[at : at + len(hit)] += hit
    return (0.5 * audio[:frames]).astype(np.float32)
