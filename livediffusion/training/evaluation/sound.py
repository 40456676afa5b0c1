"""What can be heard in loops, measured without the model and without the judge.

All take audio (n, channels, samples) of loops of 8 beats at the pocket model's rate, whose end
runs into their beginning, and return (n,) float32. Only `loudness` and `peak` depend on level.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from livediffusion.spectrogram.level import loop_loudness
from livediffusion.training.composer import BEATS
from livediffusion.training.pictures import POCKET

RATE = POCKET.sample_rate
HOP, WINDOW = 320, 1024  # 10 ms and 32 ms, for attacks and their decay
KEY_HOP, KEY_WINDOW = 2000, 8192  # for pitch: 4 Hz apart
COMPRESSION = 100.0  # of amplitudes before their rise is taken, so that soft attacks count too
EDGES = tuple(60.0 * 2.0 ** (i / 3.0) for i in range(24))  # Hz, bands a third of an octave wide
UNCOUNTED = 0.25  # attacks a beat
LOW_HZ, HIGH_HZ = 150.0, 3000.0
ONSET_RISE = 0.02  # in units of `flux`
LEAST_LEFT_DB = -60.0
KEY_HZ = (40.0, 1000.0)
PERCUSSIVE_HOP, PERCUSSIVE_WINDOW, MEDIAN = 640, 1024, 9  # a median over 180 ms and 280 Hz
# Krumhansl & Kessler 1982: how well each degree, from the tonic, is felt to belong.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
A, C = 9, 0  # pitch classes
_TINY = 1e-9

Measure = Callable[[Tensor], Tensor]


def spectra(audio: Tensor, window: int = WINDOW, hop: int = HOP) -> Tensor:
    """Amplitudes (n, bins, frames) round the circle, of both channels' energy together.

    Frame k is centred on sample k * hop; a sine of amplitude 1 in one channel is 1 at its peak.
    """
    half = window // 2
    ring = torch.cat([audio[..., -half:], audio, audio[..., : half - 1]], dim=-1)
    hann = torch.hann_window(window)
    found = torch.stft(
        ring.flatten(0, 1), window, hop, window=hann, center=False, return_complex=True
    )
    power = found.abs().square().unflatten(0, (-1, audio.shape[1])).sum(1)
    amplitude: Tensor = power.sqrt() * (2.0 / hann.sum())
    return amplitude


@lru_cache(maxsize=4)
def _hz(window: int) -> Tensor:
    return torch.linspace(0.0, RATE / 2, window // 2 + 1)


@lru_cache(maxsize=1)
def _bank() -> Tensor:
    """Which bins belong to which third of an octave (bands, bins)."""
    edges = torch.tensor([0.0, *EDGES[1:], RATE])
    hz = _hz(WINDOW)
    return ((hz >= edges[:-1, None]) & (hz < edges[1:, None])).float()


def bands(audio: Tensor) -> Tensor:
    """Energy (n, bands, frames) in thirds of an octave, every 10 ms."""
    return _bank() @ spectra(audio).square()


def flux(audio: Tensor, low: float = 0.0, high: float = RATE) -> Tensor:
    """Rise of the compressed spectrum (n, frames), the loop's loudest moment being 1."""
    amplitude = spectra(audio)
    amplitude = amplitude / amplitude.amax((1, 2), keepdim=True).clamp(min=_TINY)
    hz = _hz(WINDOW)
    level = torch.log1p(COMPRESSION * amplitude[:, (hz >= low) & (hz < high)])
    # Against the loudest neighbour of the frame before last: vibrato is no attack (SuperFlux).
    before = F.max_pool1d(level.transpose(1, 2), 3, 1, 1).transpose(1, 2).roll(2, 2)
    rise: Tensor = (level - before).clamp(min=0.0).mean(1)
    return rise


def attacks(audio: Tensor) -> Tensor:
    """Onsets a beat: peaks of the flux above its surroundings of 300 ms."""
    rise = flux(audio)
    around = F.avg_pool1d(F.pad(rise[:, None], (15, 15), mode="circular"), 31, 1)[:, 0]
    best = F.max_pool1d(F.pad(rise[:, None], (3, 3), mode="circular"), 7, 1)[:, 0]
    peaks = (rise == best) & (rise > around + ONSET_RISE)
    return peaks.sum(1) / BEATS


def activity(audio: Tensor) -> Tensor:
    """The sum of all rises in a beat, soft and slow ones too."""
    return flux(audio).sum(1) / BEATS


def onset_density(audio: Tensor) -> Tensor:
    """How many attacks a beat, and how strong: their number times the sum of all rises.

    Either alone misses some instruments: legato has no peaks to count, and distortion leaves
    little to rise. `UNCOUNTED` lets rises speak where no peak was found.
    """
    return (attacks(audio) + UNCOUNTED) * activity(audio)


def kick_regularity(audio: Tensor) -> Tensor:
    """How alike the low end's attacks are from beat to beat, 1 for four on the floor."""
    rise = flux(audio, 0.0, LOW_HZ)
    rise = rise - rise.mean(1, keepdim=True)
    beat = rise.shape[1] // BEATS
    found: Tensor = (rise * rise.roll(beat, 1)).sum(1) / rise.square().sum(1).clamp(min=_TINY)
    return found


def centroid(audio: Tensor) -> Tensor:
    """Mean pitch height of the amplitudes, in octaves above 20 Hz."""
    amplitude = spectra(audio).sum(2)
    octaves = (_hz(WINDOW).clamp(min=20.0) / 20.0).log2()
    return (amplitude * octaves).sum(1) / amplitude.sum(1).clamp(min=_TINY)


def _share(audio: Tensor, low: float, high: float) -> Tensor:
    amplitude, hz = spectra(audio).sum(2), _hz(WINDOW)
    inside = (hz >= low) & (hz < high)
    return amplitude[:, inside].sum(1) / amplitude.sum(1).clamp(min=_TINY)


def low_share(audio: Tensor) -> Tensor:
    """Share of the amplitude below `LOW_HZ`."""
    return _share(audio, 0.0, LOW_HZ)


def high_share(audio: Tensor) -> Tensor:
    """Share of the amplitude above `HIGH_HZ`: hats, snares, consonants."""
    return _share(audio, HIGH_HZ, RATE)


def percussive_share(audio: Tensor) -> Tensor:
    """Share of the amplitude that is percussive rather than harmonic.

    Fitzgerald 2010, "Harmonic/percussive separation using median filtering", with soft masks.
    """
    amplitude = spectra(audio, PERCUSSIVE_WINDOW, PERCUSSIVE_HOP)
    amplitude = amplitude / amplitude.amax((1, 2), keepdim=True).clamp(min=_TINY)
    reach = MEDIAN // 2
    in_time = F.pad(amplitude, (reach, reach), mode="circular").unfold(2, MEDIAN, 1)
    in_pitch = F.pad(amplitude.transpose(1, 2), (reach, reach), mode="reflect")
    steady = in_time.median(-1).values.square()
    broad = in_pitch.unfold(2, MEDIAN, 1).median(-1).values.transpose(1, 2).square()
    share = broad / (broad + steady).clamp(min=_TINY**2)
    return (amplitude * share).sum((1, 2)) / amplitude.sum((1, 2)).clamp(min=_TINY)


def chroma(audio: Tensor) -> Tensor:
    """How much of each pitch class (n, 12, frames), from C: spectral peaks below 1 kHz."""
    amplitude, hz = spectra(audio, KEY_WINDOW, KEY_HOP), _hz(KEY_WINDOW)
    is_peak = (amplitude > amplitude.roll(1, 1)) & (amplitude >= amplitude.roll(-1, 1))
    heard = (hz >= KEY_HZ[0]) & (hz < KEY_HZ[1])
    weights = (amplitude * is_peak)[:, heard]
    classes = (69 + 12 * (hz[heard] / 440.0).log2()).round().long() % 12
    return torch.zeros(len(audio), 12, weights.shape[2]).index_add_(1, classes, weights)


def major_lean(audio: Tensor) -> Tensor:
    """How much better the pitch classes fit C major than A minor: difference of correlations.

    Both keys have the same notes, so what is weighed is where they rest; a loop rests where it
    begins, and its first two beats count once more.
    """
    heard = chroma(audio)
    begins = heard[..., : heard.shape[2] * 2 // BEATS]
    return _lean(heard.sum(2)) + _lean(begins.sum(2))


def _lean(heard: Tensor) -> Tensor:
    """For pitch classes (n, 12)."""
    heard = heard - heard.mean(1, keepdim=True)

    def fit(profile: tuple[float, ...], tonic: int) -> Tensor:
        wanted = torch.tensor(profile).roll(tonic)
        wanted = wanted - wanted.mean()
        found: Tensor = (heard @ wanted) / (heard.norm(dim=1) * wanted.norm()).clamp(min=_TINY)
        return found

    return fit(MAJOR, C) - fit(MINOR, A)


def tail(audio: Tensor) -> Tensor:
    """What is left between the notes: the softest tenth of each band in dB over its mean, <= 0.

    Bands are thirds of an octave, the louder weigh more. Gated sound nears -60, a long
    reverberation -10.
    """
    energy = bands(audio)
    energy = energy / energy.amax((1, 2), keepdim=True).clamp(min=_TINY**2) + 1e-9
    mean = energy.mean(2)
    left = 10.0 * torch.log10(energy.quantile(0.1, dim=2) / mean)
    weight = mean**0.3
    return (left.clamp(min=LEAST_LEFT_DB) * weight).sum(1) / weight.sum(1)


def width(audio: Tensor) -> Tensor:
    """Energy of the difference of the channels over all energy: 0 mono, 0.5 unrelated."""
    left, right = audio[:, 0], audio[:, -1]
    side, whole = (left - right).square().sum(1) / 2.0, audio[:, [0, -1]].square().sum((1, 2))
    return side / whole.clamp(min=_TINY)


def loudness(audio: Tensor) -> Tensor:
    """LUFS by BS.1770 without gating."""
    return torch.tensor([loop_loudness(loop, RATE) for loop in audio])


ALL: dict[str, Measure] = {
    "onset density": onset_density,
    "onsets a beat": attacks,
    "kick regularity": kick_regularity,
    "low end": low_share,
    "high end": high_share,
    "percussive": percussive_share,
    "centroid, octaves": centroid,
    "major over minor": major_lean,
    "tail, dB": tail,
    "width": width,
    "loudness, LUFS": loudness,
}


def measure(audio: Tensor, names: tuple[str, ...] = tuple(ALL)) -> dict[str, Tensor]:
    """Some measures by name, in parts that fit in memory."""
    parts = audio.split(16)
    return {name: torch.cat([ALL[name](part) for part in parts]) for name in names}
