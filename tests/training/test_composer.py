"""The composer plays exact circles, in one key, on the grid, and genres sound apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from livediffusion.training import measures
from livediffusion.training.composer import GENRES, Loop, Style, compose, theory
from livediffusion.training.composer.compose import LENGTH
from livediffusion.training.composer.fluid import SOUND_FONTS, fluid
from livediffusion.training.composer.samples import FOLDERS
from livediffusion.training.composer.synth import Audio
from livediffusion.training.pictures import picture

A_MINOR = {9, 11, 0, 2, 4, 5, 7}  # pitch classes
# Played by synthesis alone, whatever the seed chooses.
SYNTHETIC = ("techno", "trance", "chiptune")
LIBRARIES = any(font.is_file() for font in SOUND_FONTS) and any(f.is_dir() for f in FOLDERS)


def play(genre: str, seed: int = 1, style: Style | None = None) -> Loop:
    if genre not in SYNTHETIC and not LIBRARIES:
        pytest.skip("needs fluid-soundfont-gm and sonic-pi-samples")
    return compose(genre, seed, style)


def measured(loop: Loop, measure: Callable[[torch.Tensor], torch.Tensor]) -> float:
    return float(measure(picture(torch.from_numpy(loop.audio))[None]))


@pytest.mark.parametrize("genre", GENRES)
def test_a_loop_is_an_exact_circle_with_headroom(genre: str) -> None:
    loop = play(genre)
    assert loop.audio.shape == (LENGTH,) == (128000,)
    assert loop.audio.dtype == np.float32
    assert np.isfinite(loop.audio).all()
    assert 0.3 < np.abs(loop.audio).max() <= 0.98
    steps = np.abs(np.diff(loop.audio.astype(np.float64), append=loop.audio[0]))
    assert steps[-1] <= np.quantile(steps, 0.999)  # the seam is no louder a step than any other


def test_equal_requests_give_equal_samples_and_seeds_differ() -> None:
    assert np.array_equal(play("techno", 4).audio, play("techno", 4).audio)
    assert not np.array_equal(play("techno", 4).audio, play("techno", 5).audio)


@pytest.mark.skipif(not LIBRARIES, reason="needs fluid-soundfont-gm")
def test_a_note_of_the_sound_font_does_not_depend_on_those_before_it() -> None:
    def choir() -> Audio:
        return fluid().note(52, 60, 0.3, 100)

    first = choir()
    fluid().note(0, 60, 0.1234, 90)
    assert np.abs(choir() - first).max() < 0.01 * np.abs(first).max()


@pytest.mark.parametrize("genre", GENRES)
def test_every_note_belongs_to_the_key(genre: str) -> None:
    row = GENRES[genre]
    parts = [*row.parts, *([row.bass] if row.bass else [])]
    for part in parts:
        for pattern in part.patterns:
            for progression in row.progressions:
                for event in theory.events(pattern, progression, part.low, part.size):
                    assert {note % 12 for note in event.notes} <= A_MINOR
                    assert 0 <= event.step < event.step + event.steps <= theory.STEPS


def test_the_sounding_pitches_are_those_of_the_key() -> None:
    """Energy at the frequencies of the key's notes, against that a quarter tone beside them."""
    audio = play("chiptune", 2).audio.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(audio)) ** 2
    notes = [n for n in range(57, 93) if n % 12 in A_MINOR]

    def energy(offset: float) -> float:
        bins = [round(440 * 2 ** ((n + offset - 69) / 12) * len(audio) / 32000) for n in notes]
        return float(sum(spectrum[b - 2 : b + 3].sum() for b in bins))

    assert energy(0.0) > 3 * energy(0.5)


def test_techno_kicks_on_the_beat_and_ambient_does_not() -> None:
    techno = play("techno")
    assert measured(techno, measures.beat_pulse) > 0.6
    on_beat = measured(techno, measures.kick_on_beat)
    # A loop moved by half a beat must be told apart, or the measure would mean nothing.
    moved = np.roll(techno.audio, LENGTH // 16)
    assert float(measures.kick_on_beat(picture(torch.from_numpy(moved))[None])) < on_beat - 0.1
    assert measured(play("ambient"), measures.beat_pulse) < 0.3


def test_styles_are_heard() -> None:
    dark, bright = (play("techno", 3, Style(brightness=b)) for b in (-1, 1))
    assert measured(dark, measures.centroid) < measured(bright, measures.centroid) - 0.02
    calm, energetic = (play("techno", 3, Style(energy=e)) for e in (-1, 1))
    assert measured(calm, measures.onsets) < measured(energetic, measures.onsets)
    assert measured(calm, measures.level) < measured(energetic, measures.level)


def test_genres_lie_further_apart_than_seeds() -> None:
    genres = ("techno", "house", "rock", "jazz", "chiptune") if LIBRARIES else SYNTHETIC
    pictures = torch.stack(
        [picture(torch.from_numpy(play(g, s).audio)).mean(1) for g in genres for s in (1, 2)]
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
