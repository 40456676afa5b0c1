"""One loudness for every loop: BS.1770 level, then a look-ahead limiter, both on a circle."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from livediffusion.spectrogram.resample import fast_length

LOUDNESS = -16.0  # LUFS
MONO_GAIN = 3.0103  # dB that a lone channel gains in loudness by sounding from two speakers
CEILING = -1.0  # dBFS, sample peak
_MAX_GAIN = 40.0  # dB: silence with a trace of noise must not become a roar
_MAX_MAKE_UP = 6.0  # dB given back for what the limiter takes
_MAKE_UPS = 2
_OVERSHOOT = 1.4  # a limiter takes back part of any gain
_NEAR_ENOUGH = 0.2  # dB
_SETTLE_S = 0.2  # the slower filter has then died away by 200 dB
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
    if not bool(torch.isfinite(audio).all()):
        raise NotFinite("the loop has samples that are not finite numbers")
    centred = audio - audio.double().mean(dim=-1, keepdim=True).float()
    most = _MAX_GAIN - 20.0 * math.log10(full_scale)
    gain = min(loudness - loop_loudness(centred, sample_rate), most)
    most = min(most, gain + _MAX_MAKE_UP)
    levelled = limit_loop(_amplify(centred, gain), sample_rate)
    for _ in range(_MAKE_UPS):
        missing = loudness - loop_loudness(levelled, sample_rate)
        if missing < _NEAR_ENOUGH or gain >= most:
            break
        gain = min(gain + _OVERSHOOT * missing, most)
        levelled = limit_loop(_amplify(centred, gain), sample_rate)
    return levelled


def _amplify(audio: Tensor, gain_db: float) -> Tensor:
    factor: float = 10.0 ** (gain_db / 20.0)
    return audio * factor


def loop_loudness(audio: Tensor, sample_rate: int = 48000) -> float:
    """Loudness (LUFS) of an endless loop (channels, frames); -inf for silence.

    ITU-R BS.1770-4 without gating, which a few seconds of loop do not need. The loop is played
    from shortly before its beginning, so that the filters have settled when it begins; that
    also allows an FFT of a fast length, which the loop's own seldom is. Channels count 1 each.
    """
    frames = audio.shape[-1]
    scale = float(audio.abs().max())  # keeps float32 squares of any level in range
    if scale == 0.0:
        return -math.inf
    settle = round(_SETTLE_S * sample_rate)
    size = fast_length(frames + settle)
    rounds = torch.arange(-settle, frames, device=audio.device) % frames
    # What wraps round the FFT's own circle falls into the settling time.
    spectrum = torch.fft.rfft(audio[:, rounds] / scale, n=size)
    spectrum *= _k_response(size, sample_rate, str(audio.device))
    weighted = torch.fft.irfft(spectrum, n=size)[:, settle : settle + frames]
    mean_square = float(weighted.square().mean(dim=-1).double().sum()) * scale**2
    return -0.691 + 10.0 * math.log10(mean_square) if mean_square > 0.0 else -math.inf


@lru_cache(maxsize=8)
def _k_response(size: int, sample_rate: int, device: str) -> Tensor:
    """Response of both K-weighting filters at the bins of an rfft: (size // 2 + 1,) complex64."""
    hz = torch.fft.rfftfreq(size, 1.0 / sample_rate, dtype=torch.float64)
    response = _biquad_response(hz, sample_rate, _shelf(sample_rate))
    response = response * _biquad_response(hz, sample_rate, _high_pass(sample_rate))
    return response.to(torch.complex64).to(device)


_Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]  # b, a


def _shelf(sample_rate: int) -> _Biquad:
    """BS.1770's first stage as an analogue prototype, so that it holds at any rate; at 48 kHz
    this gives the standard's own coefficients to ten digits."""
    gain_db, q, centre = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * centre / sample_rate)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    norm = 1.0 + k / q + k * k
    b = (
        (high + band * k / q + k * k) / norm,
        2.0 * (k * k - high) / norm,
        (high - band * k / q + k * k) / norm,
    )
    return b, (1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm)


def _high_pass(sample_rate: int) -> _Biquad:
    """BS.1770's second stage (RLB weighting); its numerator is 1, -2, 1 by definition."""
    q, centre = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * centre / sample_rate)
    norm = 1.0 + k / q + k * k
    return (1.0, -2.0, 1.0), (1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm)


def _biquad_response(hz: Tensor, sample_rate: int, biquad: _Biquad) -> Tensor:
    z = torch.polar(torch.ones_like(hz), hz * (-2.0 * math.pi / sample_rate))  # z ** -1
    (b0, b1, b2), (a0, a1, a2) = biquad
    numerator = b0 + z * (b1 + z * b2)
    denominator = a0 + z * (a1 + z * a2)
    return numerator / denominator


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
