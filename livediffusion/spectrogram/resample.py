"""Change the number of samples of a signal by FFT; a loop's pitch and seam stay exact."""

from __future__ import annotations

import torch
from torch import Tensor


def fast_length(least: int) -> int:
    """Smallest length not below `least` that is a product of 2, 3 and 5: FFTs are quick there."""
    best = 1 << max(0, (least - 1).bit_length())
    five = 1
    while five < best:
        three = five
        while three < best:
            best = min(best, three << max(0, (-(-least // three) - 1).bit_length()))
            three *= 3
        five *= 5
    return best


def resample_loop(audio: Tensor, frames: int) -> Tensor:
    """A loop (channels, period) laid out on `frames` samples: (channels, frames), float32.

    Exact for a loop whose content lies below both Nyquist frequencies; what lies above the new
    one is removed. The same length in and out returns the input. Raises ValueError when either
    length is below 1.
    """
    period = audio.shape[-1]
    if period < 1 or frames < 1:
        raise ValueError(f"cannot resample {period} samples to {frames}")
    if frames == period:
        return audio
    spectrum = torch.fft.rfft(audio)
    shorter = min(period, frames)
    spectrum = spectrum[..., : shorter // 2 + 1].clone()
    if shorter % 2 == 0:
        # An even length's last bin stands for both +Nyquist and -Nyquist: it splits in two when
        # there is room for both, and the two fold into one when there no longer is.
        spectrum[..., -1] *= 0.5 if frames > period else 2.0
    resampled: Tensor = torch.fft.irfft(spectrum, n=frames)
    return resampled * (frames / period)


def resample_plain(audio: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """Audio with a beginning and an end (channels, n), reflected at both so that nothing rings.

    Returns round(n * to_rate / from_rate) samples.
    """
    if from_rate == to_rate:
        return audio
    length = audio.shape[-1]
    if length < 1:
        raise ValueError("there is no audio to resample")
    # A mirrored copy closes the circle without a step.
    mirrored = torch.cat((audio, audio.flip(-1)), dim=-1)
    doubled = resample_loop(mirrored, round(2 * length * to_rate / from_rate))
    return doubled[..., : round(length * to_rate / from_rate)]
