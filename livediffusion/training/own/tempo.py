"""Tempo and beat of a recording by its attacks.

An envelope of rising band levels is compared with itself: where it repeats after one, two, three
... of some period, that is the beat (a comb over the autocorrelation, with a prior for ordinary
tempi). A file whose length is a whole number of bars at a tempo speaks for that tempo, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livediffusion.training.own.reading import Recording
from livediffusion.types import BPM, Beats

Curve = NDArray[np.float64]

FRAMES = 200  # of the envelope in a second
WINDOW_S = 0.025
BANDS = 24
LOW_HZ = 160.0  # kicks and basses, which tell where a bar begins
SLOWEST, FASTEST = 60.0, 200.0  # bpm
LIKELY, SPREAD = 122.0, 0.6  # bpm, and octaves of the prior's deviation
FINE = 0.001  # step of the search, relative
PLAIN, CLEAR = 0.3, 0.2  # of the envelope's power must repeat: that is a beat; less is none
QUARTERS = 1.0  # weight of sixteenths against beats
ON_GRID = 4.0  # how far attacks on sixteenths stand out in a loop with little repetition
PHASES = 96  # places in a beat that may be its beginning
AT_ONCE = 0.7  # of the strongest attacks is enough where the file itself begins
WHOLE = 0.06  # beats by which a loop's length may miss a whole number
_LENGTHS = {4: 1.35, 8: 1.35, 16: 1.35, 32: 1.35, 64: 1.35, 12: 1.1, 24: 1.1, 48: 1.1, 2: 1.1}


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Strength of attacks at FRAMES a second, of all bands and of the low ones."""

    all: Curve
    low: Curve
    seconds: float  # of the recording


def envelope(recording: Recording) -> Envelope:
    """Attacks of a recording: rises of the logarithmic level, summed over bands."""
    mono = recording.audio.mean(0).astype(np.float64)
    size = 1 << round(WINDOW_S * recording.rate).bit_length() - 1
    hz = np.fft.rfftfreq(size, 1.0 / recording.rate)
    edges = np.geomspace(40.0, min(16000.0, recording.rate / 2), BANDS + 1)
    starts = np.unique(np.searchsorted(hz, edges[:-1]))
    count = int(len(mono) / recording.rate * FRAMES)
    padded = np.pad(mono, size // 2)
    window, levels = np.hanning(size), []
    for first in range(0, count, 2000):
        places = np.arange(first, min(count, first + 2000)) / FRAMES * recording.rate
        frames = padded[places.round().astype(int)[:, None] + np.arange(size)]
        power = np.abs(np.fft.rfft(frames * window)) ** 2
        levels.append(np.add.reduceat(power, starts, axis=1))
    level = np.concatenate(levels)
    level = np.log1p(1e4 * level / max(float(level.max()), 1e-20))
    rise = np.maximum(0.0, np.diff(level, axis=0, prepend=level[-1:]))  # a loop begins at its end
    low = hz[starts] < LOW_HZ
    return Envelope(_smooth(rise.sum(1)), _smooth(rise[:, low].sum(1)), recording.seconds)


def _smooth(curve: Curve) -> Curve:
    """Average over 25 ms, which forgives human timing."""
    kernel = np.hanning(7)
    return np.convolve(curve, kernel / kernel.sum(), "same")


def beats_in(seconds: float, bpm: BPM) -> Beats:
    """How many beats so many seconds are."""
    return seconds * bpm / 60.0


def whole_beats(seconds: float, bpm: BPM) -> int:
    """The number of beats that a loop of this length has, 0 where it is no whole number."""
    beats = beats_in(seconds, bpm)
    return round(beats) if round(beats) >= 1 and abs(beats - round(beats)) < WHOLE else 0


def detect(attacks: Envelope) -> BPM | None:
    """The tempo, within half a percent; None where there is no clear beat."""
    repeats = _autocorrelation(attacks.all)
    tempi = SLOWEST * np.exp(np.arange(0.0, np.log(FASTEST / SLOWEST), FINE))
    combs = np.array([_comb(repeats, FRAMES * 60.0 / bpm) for bpm in tempi])
    lengths = np.array([_length_bonus(attacks.seconds, bpm) for bpm in tempi])
    # A beat divides into four; three quarters of it, which also repeat, do not.
    sixteenths = np.array([_comb(repeats, FRAMES * 15.0 / bpm) for bpm in tempi])
    together = (combs + QUARTERS * sixteenths).clip(min=0.0)
    best = int(np.argmax(together * _prior(tempi) * lengths))
    if combs[best] < PLAIN and (bpm := _loop_tempo(attacks)):
        return bpm
    if combs[best] < CLEAR:
        return None
    # The length of a loop is far more exact than its attacks are.
    beats = round(beats_in(attacks.seconds, tempi[best]))
    return 60.0 * beats / attacks.seconds if lengths[best] > 1.0 else float(tempi[best])


def _prior(bpm: Curve) -> Curve:
    ordinary: Curve = np.exp(-0.5 * (np.log2(bpm / LIKELY) / SPREAD) ** 2)
    return ordinary


def _loop_tempo(attacks: Envelope) -> BPM | None:
    """The tempo of a loop of 2, 4, 8 ... beats whose attacks fall on its sixteenths."""
    spectrum = np.abs(np.fft.rfft(attacks.all))[1:]
    counts = np.array([n for n in (2, 4, 8, 16, 32) if 4 * n < len(spectrum)])
    tempi = 60.0 * counts / attacks.seconds
    usual = np.median(spectrum[: 8 * counts.max(initial=2)])
    found = [spectrum[[2 * n - 1, 4 * n - 1]].max() / max(usual, 1e-12) for n in counts]
    fits = (np.array(found) > ON_GRID) & (tempi >= SLOWEST) & (tempi <= FASTEST)
    return float(tempi[np.argmax(fits * _prior(tempi))]) if fits.any() else None


def _autocorrelation(curve: Curve) -> Curve:
    """Correlation with itself by lag in frames, 1 at lag 0, whatever the overlap."""
    centred = curve - curve.mean()
    size = 2 * len(curve)
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    found = np.fft.irfft(power, size)[: len(curve)]
    overlap = len(curve) - np.arange(len(curve))
    unbiased: Curve = found / overlap * len(curve) / max(float(found[0]), 1e-20)
    return unbiased[: max(2, int(0.8 * len(curve)))]


def _comb(repeats: Curve, period: float) -> float:
    """Mean correlation at multiples of a period; nearness counts, so that 2 beats are not 1."""
    count = min(16, int((len(repeats) - 2) / period))
    if count < 1:
        return 0.0
    multiples = np.arange(1, count + 1)
    weights = np.where(multiples % 4 == 0, 1.5, np.where(multiples % 2 == 0, 1.0, 0.6))
    lags = multiples * period
    left = lags.astype(int)
    values = repeats[left] + (lags - left) * (repeats[left + 1] - repeats[left])
    return float((weights * values).sum() / weights.sum())


def _length_bonus(seconds: float, bpm: BPM) -> float:
    beats = beats_in(seconds, bpm)
    near = abs(beats - round(beats)) < min(0.12, 0.01 * beats)
    return _LENGTHS.get(round(beats), 1.0) if near else 1.0


def first_bar(attacks: Envelope, bpm: BPM, beats_a_bar: int = 4) -> Beats:
    """Where the first bar begins, 0 <= beats < 4: 0 where the file may well begin with it."""
    period = FRAMES * 60.0 / bpm
    count = int(len(attacks.all) / period)
    if count < beats_a_bar:
        return 0.0
    curve = attacks.all / max(attacks.all.max(), 1e-12)
    curve = curve + 2.0 * attacks.low / max(attacks.low.max(), 1e-12)
    offsets = np.arange(PHASES) / PHASES  # beats
    places = ((offsets[:, None] + np.arange(count)) * period).astype(int)
    strength = curve[places.clip(max=len(curve) - 1)].mean(1)
    near = round(0.08 * PHASES)
    first = max(strength[:near].max(), strength[-near:].max())
    offset = 0.0 if first > AT_ONCE * strength.max() else float(np.argmax(strength)) / PHASES
    beats = ((offset + np.arange(count)) * period).round().astype(int)
    around = beats[:, None] + np.arange(-6, 7)  # 30 ms on either side
    hits = curve[around.clip(0, len(curve) - 1)].max(1)
    bars = [hits[start::beats_a_bar].mean() for start in range(beats_a_bar)]
    start = 0 if offset == 0.0 and bars[0] > AT_ONCE * max(bars) else int(np.argmax(bars))
    return offset + start
