"""One loudness for every loop: BS.1770 level, then a look-ahead limiter, both on a circle."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from livediffusion.spectrogram.loudness import loop_loudness

__all__ = [
    "LOUDNESS",
    "MONO_GAIN",
    "NotFinite",
    "level_and_measure",
    "level_loop",
    "limit_loop",
    "loop_loudness",
]

LOUDNESS = -16.0  # LUFS
MONO_GAIN = 3.0103  # dB that a lone channel gains in loudness by sounding from two speakers
CEILING = -1.0  # dBFS, sample peak
_MAX_GAIN = 40.0  # dB: silence with a trace of noise must not become a roar
_MAX_MAKE_UP = 6.0  # dB given back for what the limiter takes
_MAKE_UPS = 2
_OVERSHOOT = 1.4  # a limiter takes back part of any gain
_NEAR_ENOUGH = 0.2  # dB
_LOOK_AHEAD_S = 0.005


class NotFinite(ValueError):  # noqa: N818 - reads as what it says
    """The loop holds a NaN or an infinity (half-precision decoders make them)."""


def level_loop(
    audio: Tensor,
    sample_rate: int = 48000,
    loudness: float = LOUDNESS,
    *,
    full_scale: float = 1.0,
) -> Tensor:
    """Loop (channels, frames) without DC, at `loudness` LUFS, no sample above -1 dBFS.

    What the limiter takes away is given back by up to 6 dB of gain; loops with peaks beyond
    that end a little quieter. Silence stays silence: at most 40 dB are added to a loop whose
    loudest possible sample is `full_scale` (`Loop.full_scale`).
    Raises NotFinite when a sample is not a finite number.
    """
    return level_and_measure(audio, sample_rate, loudness, full_scale=full_scale)[0]


def level_and_measure(
    audio: Tensor,
    sample_rate: int = 48000,
    loudness: float = LOUDNESS,
    *,
    full_scale: float = 1.0,
) -> tuple[Tensor, float]:
    """`level_loop`, and the loudness (LUFS) at which the loop really ended."""
    if not math.isfinite(float(audio.abs().max())):  # a NaN is the maximum of anything
        raise NotFinite("the loop has samples that are not finite numbers")
    centred = audio - audio.double().mean(dim=-1, keepdim=True).float()
    own = loop_loudness(centred, sample_rate)
    most = _MAX_GAIN - 20.0 * math.log10(full_scale)
    gain = min(loudness - own, most)
    most = min(most, gain + _MAX_MAKE_UP)
    levelled, reached = _limited(centred, gain, own, sample_rate)
    for _ in range(_MAKE_UPS):
        missing = loudness - reached
        if missing < _NEAR_ENOUGH or gain >= most:
            break
        gain = min(gain + _OVERSHOOT * missing, most)
        levelled, reached = _limited(centred, gain, own, sample_rate)
    return levelled, reached


def _limited(audio: Tensor, gain: float, own: float, sample_rate: int) -> tuple[Tensor, float]:
    """A loop of loudness `own`, amplified by `gain` dB and limited, and its loudness then."""
    amplified = audio * 10.0 ** (gain / 20.0)
    limited = limit_loop(amplified, sample_rate)
    touched = limited is not amplified
    return limited, loop_loudness(limited, sample_rate) if touched else own + gain


def limit_loop(audio: Tensor, sample_rate: int = 48000, ceiling: float = CEILING) -> Tensor:
    """Loop (channels, frames) whose samples stay within `ceiling` dBFS.

    The gain is the smoothed minimum over a window around each sample, and the smoothing never
    reaches further than that minimum did, so it cannot come out above what a peak needs. Where
    no peak is near, the gain is exactly 1 and samples pass bit for bit. Channels share one gain.
    """
    top = 10.0 ** (ceiling / 20.0)
    peak = audio.abs().amax(dim=0)  # (frames,)
    if float(peak.max()) <= top:
        return audio
    # Exactly 0 where nothing is to be done: top / top need not be 1 in float32.
    excess = torch.where(peak > top, 1.0 - top / peak, 0.0)
    # Two box averages of 2 ** n samples reach 2 ** (n + 1) - 1 samples in all.
    doublings = max(1, round(math.log2(_LOOK_AHEAD_S * sample_rate)))
    held = _sliding(excess, doublings + 1, torch.maximum)
    smooth = _sliding(_sliding(held, doublings, torch.add), doublings, torch.add)
    smooth = smooth * 0.25**doublings
    # Each `_sliding` looks ahead only: centre the result by turning the loop back.
    gain = 1.0 - torch.roll(smooth, 2 ** (doublings + 1) - 1)
    return (audio * gain).clamp(-top, top)  # the clamp takes off float32's last bit


def _sliding(values: Tensor, doublings: int, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Maximum or sum of each sample and the 2 ** doublings - 1 after it, round the circle."""
    for power in range(doublings):
        values = combine(values, torch.roll(values, -(2**power)))
    return values
