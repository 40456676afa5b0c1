"""One-shot drum samples of the sonic-pi-samples package (CC0)."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from livediffusion.errors import UserError
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio

FOLDERS = (Path("/usr/share/sonic-pi/samples"), Path("/opt/sonic-pi/etc/samples"))
LONGEST_S = 2.0


@lru_cache(maxsize=256)
def sample(name: str) -> Audio:
    """A sample by its stem, mono float32 at the model's rate, peak 1, at most LONGEST_S."""
    for folder in FOLDERS:
        if (path := folder / f"{name}.flac").is_file():
            break
    else:
        raise UserError(f"Training needs the sample {name}; install sonic-pi-samples.")
    sound, rate = soundfile.read(path, always_2d=True)
    common = gcd(rate, SAMPLE_RATE)
    mono = resample_poly(sound.mean(axis=1), SAMPLE_RATE // common, rate // common)
    mono = mono[: int(LONGEST_S * SAMPLE_RATE)] / np.abs(mono).max()
    fade = min(320, len(mono))
    mono[-fade:] *= np.linspace(1.0, 0.0, fade)
    return np.asarray(mono, dtype=np.float32)
