"""Pictures of loops: what is in the player's slots, as small spectrograms that a page scrolls.

They are drawn from the sound, so that any loop can be seen, whatever model made it, and also
after a restart of whoever ordered it.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import wavfile

from livediffusion.ipc.arena import Arena, FloatArray
from livediffusion.player.process import Held
from livediffusion.types import SAMPLE_RATE

COLUMNS_A_BEAT = 32
BANDS = 128
_LOWEST, _HIGHEST = 35.0, 16000.0  # Hz
_RANGE = 80.0  # dB from black to white
_WINDOW = 4096  # frames: bass bands lie close together
_KEPT = 64  # pictures, of about 20 KB


class Gallery:
    """Threading: `picture` and `sound` may be called from any thread that has 50 ms to spend.

    `held` says which loop is in which slot, and is written by the control loop alone.
    """

    def __init__(self, arena: Arena, held: Mapping[int, Held]) -> None:
        self._arena = arena
        self._held = held
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def sound(self, key: str) -> tuple[FloatArray, int] | None:
        """A copy of a loop, (frames, channels), and its beats; None when it is not there (now)."""
        for slot, held in list(self._held.items()):
            if held.key == key:
                copy = self._arena.slot(slot, held.frames).copy()
                if self._held.get(slot) is held:  # else it was written into meanwhile
                    return copy, held.beats
        return None

    def picture(self, key: str) -> bytes | None:
        """The spectrogram of a loop as PNG; None when the loop is gone and was never drawn."""
        if (kept := self._pictures.get(key)) is not None:
            return kept
        found = self.sound(key)
        if found is None:
            return None
        png = _png(spectrogram(*found))
        self._pictures[key] = png
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        return png


def spectrogram(loop: FloatArray, beats: int) -> NDArray[np.uint8]:
    """Levels 0..255, (bands, columns), of a loop (frames, channels): the highest band first.

    Bands are equally wide in pitch; the loop is a circle, so its first column hears its end.
    """
    mono = loop.mean(axis=1)
    count = beats * COLUMNS_A_BEAT
    middles = np.arange(count) * len(mono) // count
    around = np.arange(-_WINDOW // 2, _WINDOW // 2)
    pieces = mono[(middles[:, None] + around) % len(mono)]  # (columns, window)
    power = np.square(np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW).astype(np.float32))))
    level = 10.0 * np.log10(power @ _bands().T + 1e-9).T  # (bands, columns)
    bright = np.clip((level - level.max()) / _RANGE + 1.0, 0.0, 1.0)
    levels: NDArray[np.uint8] = np.rint(bright[::-1] * 255.0).astype(np.uint8)
    return levels


def as_wav(sound: FloatArray) -> bytes:
    """(frames, channels) as a WAV file of 32-bit floats."""
    buffer = io.BytesIO()
    wavfile.write(buffer, SAMPLE_RATE, sound)
    return buffer.getvalue()


@cache
def _bands() -> NDArray[np.float32]:
    """Triangles over the bins, (bands, bins); a low band that falls between bins takes of both."""
    pitches = np.geomspace(_LOWEST, _HIGHEST, BANDS + 2)
    bins = np.arange(_WINDOW // 2 + 1) * (SAMPLE_RATE / _WINDOW)
    width = SAMPLE_RATE / _WINDOW
    low = np.minimum(pitches[:-2], pitches[1:-1] - width)[:, None]
    high = np.maximum(pitches[2:], pitches[1:-1] + width)[:, None]
    middle = pitches[1:-1, None]
    shape = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    weights = np.maximum(shape, 0.0)
    shares: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _png(levels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()
