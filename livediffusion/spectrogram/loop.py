"""The whole way between a picture and a loop of audio.

    picture -> mel bands -> amplitudes -> phase (circular, at the model's rate) -> loop at 48 kHz

A loop of N beats has exactly `loop_frames(N, tempo)` frames and closes without a seam, whatever
the tempo; pitch does not depend on tempo.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from livediffusion.spectrogram.grid import circular_grid
from livediffusion.spectrogram.image import bands_to_picture, picture_to_bands
from livediffusion.spectrogram.level import NotFinite
from livediffusion.spectrogram.mel import from_bands, to_bands
from livediffusion.spectrogram.params import Phase, SpectrogramParams
from livediffusion.spectrogram.phase import interpolate_columns, reconstruct
from livediffusion.spectrogram.reference import reference_amplitudes, reference_spectra
from livediffusion.spectrogram.resample import resample_loop, resample_plain
from livediffusion.spectrogram.synthesis import outlet, synthesis_grid
from livediffusion.types import SAMPLE_RATE

MIN_TEMPO, MAX_TEMPO = 20.0, 300.0  # bpm
_AT_ONCE = 512  # columns
_NO_PHASE = torch.empty(1, 0, 0, dtype=torch.complex64)


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """Audio of exactly `beats` beats, and the phase from which a similar loop may start."""

    audio: Tensor  # (channels, frames) float32, at the picture's own level
    phase: Tensor  # (1, grid frames, bins) complex64, see `reconstruct`; empty: none to start from
    beats: int
    tempo: float  # bpm
    sample_rate: int  # Hz
    full_scale: float  # amplitude of the sine whose picture is 1, in the audio's own units


def loop_frames(beats: int, tempo: float, sample_rate: int = SAMPLE_RATE) -> int:
    """Frames of a loop of so many beats: round(beats * 60 / tempo * rate)."""
    return round(beats * 60.0 / tempo * sample_rate)


@torch.no_grad()
def picture_to_loop(
    picture: Tensor,
    params: SpectrogramParams,
    beats: int,
    tempo: float,
    *,
    iterations: int | None = None,
    phase: Tensor | None = None,
    sample_rate: int = SAMPLE_RATE,
    method: Phase | None = None,
) -> Loop:
    """Loop of a picture (channels, params.bands, beats * 64), row 0 the highest band, 0..1.

    `phase` is the `phase` of a loop of the same params, beats and tempo (a morph's last step). If
    it sounds alike, an iteration or two are then as good as dozens from nothing, and a fade from
    one to the other is one of like waves. `iterations` None: as many as are needed. `method` is how
    phase is found, None for `params.phase`; "reference" starts anew each time. Level is the
    picture's own: see `level_loop`. Runs on the picture's device; equal pictures sound equal.

    Raises ValueError, saying what is wrong, when tempo, shape or phase do not fit, and NotFinite
    when the picture has values that are not numbers.
    """
    _check(picture, params, beats, tempo)
    method = method or params.phase
    fine, device = method == "reference", str(picture.device)
    grid, factor = synthesis_grid(params, beats, tempo, device, fine)
    bands = picture_to_bands(picture.float(), params)
    if fine:
        amplitudes = interpolate_columns(reference_amplitudes(bands, params), factor)
        spectra, phase = reference_spectra(amplitudes, grid, iterations), _NO_PHASE
    else:
        amplitudes = interpolate_columns(from_bands(bands, params, grid.n_fft), factor)
        by_heap = method == "fast"
        spectra, phase = reconstruct(
            amplitudes, grid, phase=phase, iterations=iterations, by_heap=by_heap
        )
    audio = outlet(params, beats, tempo, sample_rate, device, fine).sound(spectra)
    full_scale = params.max_amplitude * 4.0 / params.window  # a Hann window sums to W / 2
    return Loop(audio, phase, beats, tempo, sample_rate, full_scale)


@torch.no_grad()
def loop_to_picture(
    audio: Tensor,
    params: SpectrogramParams,
    beats: int,
    *,
    sample_rate: int = SAMPLE_RATE,
    normalise: bool = False,
) -> Tensor:
    """Picture (channels, bands, beats * 64) of a loop (channels, frames), analysed as a circle.

    Amplitude `params.max_amplitude` becomes 1, which inverts `picture_to_loop`; with `normalise`
    the loudest band of this audio does, as in Riffusion, so that level does not matter.
    Raises ValueError when the loop is too short to analyse.
    """
    return _picture(loop_to_bands(audio, params, beats, sample_rate=sample_rate), params, normalise)


@torch.no_grad()
def loop_to_bands(
    audio: Tensor, params: SpectrogramParams, beats: int, *, sample_rate: int = SAMPLE_RATE
) -> Tensor:
    """What `loop_to_picture` shows, as amplitudes (channels, bands, columns), lowest first."""
    period = round(audio.shape[-1] * params.sample_rate / sample_rate)
    resampled = resample_loop(audio.float(), period)
    grid = circular_grid(
        period, params.columns(beats), params.window, params.n_fft, str(audio.device)
    )
    spectra = torch.stack([grid.stft(channel).abs() for channel in resampled])
    return to_bands(spectra, params)


@torch.no_grad()
def audio_to_picture(
    audio: Tensor,
    params: SpectrogramParams,
    *,
    sample_rate: int = SAMPLE_RATE,
    normalise: bool = True,
) -> Tensor:
    """Picture (channels, bands, 1 + seconds * 100) of any audio (channels, n): a column each 10 ms.

    Ends are reflected, as Riffusion does for clips that are not loops. Raises ValueError when
    the audio is shorter than half an FFT.
    """
    return _picture(audio_to_bands(audio, params, sample_rate=sample_rate), params, normalise)


@torch.no_grad()
def audio_to_bands(
    audio: Tensor, params: SpectrogramParams, *, sample_rate: int = SAMPLE_RATE
) -> Tensor:
    """What `audio_to_picture` shows, as amplitudes (channels, bands, columns), lowest first."""
    plain = resample_plain(audio.float(), sample_rate, params.sample_rate)
    before = params.n_fft // 2
    if plain.shape[-1] <= before:
        raise ValueError(f"{audio.shape[-1]} samples are too few; half a second is enough")
    hop = round(params.sample_rate / 100)
    columns = 1 + plain.shape[-1] // hop
    line = torch.nn.functional.pad(plain[None], (before, before), mode="reflect")[0]
    window = torch.hann_window(params.window, device=audio.device)
    pieces = []
    for first in range(0, columns, _AT_ONCE):  # a minute's spectra at once would be gigabytes
        count = min(_AT_ONCE, columns - first)
        piece = line[:, first * hop : (first + count - 1) * hop + params.n_fft]
        spectra = torch.stft(
            piece, params.n_fft, hop, params.window, window, center=False, return_complex=True
        )
        pieces.append(to_bands(spectra.abs().transpose(1, 2), params))
    return torch.cat(pieces, dim=2)


def _picture(bands: Tensor, params: SpectrogramParams, normalise: bool) -> Tensor:
    return bands_to_picture(bands, params, float(bands.max()) if normalise else None)


def _check(picture: Tensor, params: SpectrogramParams, beats: int, tempo: float) -> None:
    if not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise ValueError(f"tempo must be in range {MIN_TEMPO:g}..{MAX_TEMPO:g} bpm, not {tempo:g}")
    expected = (params.bands, params.columns(beats))
    if picture.ndim != 3 or tuple(picture.shape[1:]) != expected:
        shape = " x ".join(map(str, picture.shape))
        raise ValueError(
            f"a picture of {beats} beats is channels x {expected[0]} x {expected[1]}, not {shape}"
        )
    if not bool(torch.isfinite(picture).all()):
        raise NotFinite("the picture has values that are not finite numbers")
