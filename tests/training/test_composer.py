"""The composer plays exact circles of one loudness, in one key, on the grid, in stereo."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
import torch

from livediffusion.spectrogram.level import loop_loudness
from livediffusion.training import measures
from livediffusion.training.composer import GENRES, Loop, Style, compose, theory
from livediffusion.training.composer.compose import LENGTH
from livediffusion.training.composer.fluid import SOUND_FONTS, fluid
from livediffusion.training.composer.master import LOUDNESS
from livediffusion.training.composer.samples import FOLDERS
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio
from livediffusion.training.pictures import picture

WHITE_KEYS = {9, 11, 0, 2, 4, 5, 7}  # pitch classes
LIBRARIES = any(font.is_file() for font in SOUND_FONTS) and any(f.is_dir() for f in FOLDERS)
pytestmark = pytest.mark.skipif(not LIBRARIES, reason="needs fluid-soundfont-gm, sonic-pi-samples")


@lru_cache(maxsize=64)
def play(genre: str, seed: int = 1, style: Style | None = None) -> Loop:
    return compose(genre, seed, style)


def measured(loop: Loop, measure: Callable[[torch.Tensor], torch.Tensor]) -> float:
    return float(measure(picture(torch.from_numpy(loop.audio))[None]))


def power(audio: Audio) -> float:
    return float(np.mean(audio.astype(np.float64) ** 2))


@pytest.mark.parametrize("genre", GENRES)
def test_a_loop_is_an_exact_circle_of_the_one_loudness(genre: str) -> None:
    audio = play(genre).audio
    assert audio.shape == (2, LENGTH) == (2, 128000)
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert 0.3 < np.abs(audio).max() <= 0.98
    assert np.abs(audio.mean(axis=1)).max() < 1e-4
    assert loop_loudness(torch.from_numpy(audio), SAMPLE_RATE) == pytest.approx(LOUDNESS, abs=1.0)
    # The seam is no louder a step than those about the other beats.
    steps = np.abs(np.diff(audio.mean(axis=0), append=audio[:, 0].mean()))
    beats = [steps[beat - 8 : beat + 8].max() for beat in range(16000, LENGTH, 16000)]
    assert steps[-1] <= max(*beats, np.quantile(steps, 0.999))


@pytest.mark.parametrize("genre", GENRES)
def test_a_loop_is_wide_and_does_not_cancel_in_mono(genre: str) -> None:
    audio = play(genre).audio
    mid, side = audio.mean(axis=0), (audio[0] - audio[1]) / 2
    assert 10 * np.log10(power(mid) / power(audio)) > -1.5
    assert power(side) > 0.002 * power(mid)
    low = np.fft.rfftfreq(LENGTH, 1.0 / SAMPLE_RATE) < 100.0
    bottom_side, bottom_mid = (np.abs(np.fft.rfft(x)[low]) ** 2 for x in (side, mid))
    assert bottom_side.sum() < 0.05 * bottom_mid.sum() + 1e-3 * power(audio)


def test_equal_requests_give_equal_samples_and_seeds_differ() -> None:
    again = compose("techno", 4)
    assert np.array_equal(play("techno", 4).audio, again.audio)
    assert not np.array_equal(play("techno", 5).audio, again.audio)


def test_a_note_of_the_sound_font_does_not_depend_on_those_before_it() -> None:
    def choir() -> Audio:
        return fluid().note(52, 60, 0.3, 100)

    first = choir()
    fluid().note(0, 60, 0.1234, 90)
    assert np.abs(choir() - first).max() < 0.01 * np.abs(first).max()


@pytest.mark.parametrize("genre", GENRES)
def test_every_note_is_a_white_key(genre: str) -> None:
    row = GENRES[genre]
    for part in [*row.parts, *([row.bass] if row.bass else [])]:
        for pattern in (*part.patterns, *part.sparse, *part.busy):
            for progression in (*row.minor, *row.major):
                for event in theory.events(pattern, progression, part.low, part.size):
                    assert {note % 12 for note in event.notes} <= WHITE_KEYS
                    assert 0 <= event.step < event.step + event.steps <= theory.STEPS


def test_the_sounding_pitches_are_those_of_the_key() -> None:
    """Energy at the frequencies of the key's notes, against that a quarter tone beside them."""
    audio = play("chiptune", 2).audio.astype(np.float64).mean(axis=0)
    spectrum = np.abs(np.fft.rfft(audio)) ** 2
    notes = [n for n in range(57, 93) if n % 12 in WHITE_KEYS]

    def energy(offset: float) -> float:
        bins = [round(440 * 2 ** ((n + offset - 69) / 12) * len(audio) / 32000) for n in notes]
        return float(sum(spectrum[b - 2 : b + 3].sum() for b in bins))

    assert energy(0.0) > 3 * energy(0.5)


def test_techno_kicks_on_the_beat_and_ambient_does_not() -> None:
    techno = play("techno")
    assert measured(techno, measures.beat_pulse) > 0.6
    on_beat = measured(techno, measures.kick_on_beat)
    # A loop moved by half a beat must be told apart, or the measure would mean nothing.
    moved = np.roll(techno.audio, LENGTH // 16, axis=1)
    assert float(measures.kick_on_beat(picture(torch.from_numpy(moved))[None])) < on_beat - 0.1
    assert measured(play("ambient"), measures.beat_pulse) < 0.3


def test_genres_lie_further_apart_than_seeds() -> None:
    genres = ("techno", "house", "rock", "jazz", "chiptune", "ambient")
    pictures = torch.stack(
        [picture(torch.from_numpy(play(g, s).audio)).mean((0, 2)) for g in genres for s in (1, 2)]
    )
    distance = torch.cdist(pictures, pictures)
    same = torch.stack([distance[2 * i, 2 * i + 1] for i in range(len(genres))]).mean()
    others = distance[~torch.eye(len(pictures), dtype=torch.bool)].mean()
    assert others > 1.5 * same


def test_patterns_hold_notes_and_reject_odd_lengths() -> None:
    first = theory.events("x---5-..", (0,), 57)[0]
    assert (first.steps, first.notes) == (4, (57, 60, 64))
    assert theory.events("1.......", (5,), 33)[0].notes == (41,)  # F above A
    with pytest.raises(ValueError, match="use 8, 16 or 32"):
        theory.unroll("x..")
