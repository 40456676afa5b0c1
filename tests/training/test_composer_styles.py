"""Styles change how a loop is played, each axis by its own measure, and leave its music alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

from livediffusion.spectrogram.level import loop_loudness
from livediffusion.training import measures
from livediffusion.training.composer import GENRES, Loop, Style, arrange, compose
from livediffusion.training.composer.fluid import SOUND_FONTS
from livediffusion.training.composer.genre import FOUR, Groove, Kit
from livediffusion.training.composer.samples import FOLDERS
from livediffusion.training.composer.synth import SAMPLE_RATE
from livediffusion.training.composer.theory import Event, events
from livediffusion.training.pictures import picture

LIBRARIES = any(font.is_file() for font in SOUND_FONTS) and any(f.is_dir() for f in FOLDERS)
pytestmark = pytest.mark.skipif(not LIBRARIES, reason="needs fluid-soundfont-gm, sonic-pi-samples")
PLAYED = ("techno", "jazz", "ambient", "piano")  # machines and hands, with drums and without


@lru_cache(maxsize=64)
def play(genre: str, style: Style | None = None) -> Loop:
    return compose(genre, 3, style)


def seen(genre: str, style: Style) -> torch.Tensor:
    """Picture (bands, columns) of both channels together."""
    return picture(torch.from_numpy(play(genre, style).audio)).mean(0)


def rise(genre: str, style: Style) -> float:
    return float(measures.flux(seen(genre, style)[None]).mean())


def sustain(genre: str, style: Style) -> float:
    """How much is left in the quieter moments of each band, against its loud ones."""
    levels = seen(genre, style).quantile(torch.tensor([0.2, 0.95]), dim=1).mean(1)
    return float(levels[0] / levels[1])


def tonic(loop: Loop) -> float:
    """Amplitude on C and its fifth G over that on A and its fifth E, 55 to 523 Hz."""
    spectrum = np.abs(np.fft.rfft(loop.audio.mean(axis=0)))

    def heard(note: int) -> float:
        at = round(440 * 2 ** ((note - 69) / 12) * loop.audio.shape[1] / SAMPLE_RATE)
        return float(spectrum[at - 2 : at + 3].sum())

    a, e, c, g = (sum(heard(n) for n in range(33, 73) if n % 12 == k) for k in (9, 4, 0, 7))
    return (2 * c + g) / (2 * a + e)


@pytest.mark.parametrize("genre", PLAYED)
def test_brightness_moves_the_spectrum(genre: str) -> None:
    dark, plain, bright = (
        float(measures.centroid(seen(genre, Style(brightness=b))[None])) for b in (-1, 0, 1)
    )
    assert dark + 0.03 < plain < bright - 0.02


@pytest.mark.parametrize("genre", PLAYED)
def test_energy_strikes_harder(genre: str) -> None:
    calm, plain, energetic = (rise(genre, Style(energy=e)) for e in (-1, 0, 1))
    assert calm < plain < energetic


@pytest.mark.parametrize("genre", PLAYED)
def test_density_plays_more(genre: str) -> None:
    sparse, plain, busy = (rise(genre, Style(density=d)) for d in (-1, 0, 1))
    assert sparse < plain < busy


@pytest.mark.parametrize("genre", PLAYED)
def test_space_lets_sounds_ring(genre: str) -> None:
    dry, plain, wet = (sustain(genre, Style(space=s)) for s in (-1, 0, 1))
    assert 1.2 * dry < plain < wet


@pytest.mark.parametrize("genre", ["techno", "piano", "rock", "trance"])
def test_modes_dwell_on_their_tonic(genre: str) -> None:
    minor, major = (play(genre, Style(mode=mode)) for mode in ("minor", "major"))
    assert tonic(major) > 1.5 * tonic(minor)
    assert (minor.mode, major.mode) == ("minor", "major")


def test_stems_are_what_they_say() -> None:
    whole, drums = play("house"), play("house", Style(stems="only drums"))
    bass, rest = play("house", Style(stems="only bass")), play("house", Style(stems="no drums"))
    assert drums.instruments == ("drums",)
    assert len(bass.instruments) == 1
    assert set(rest.instruments) == set(whole.instruments) - {"drums"}

    def highs(loop: Loop) -> float:
        power = np.abs(np.fft.rfft(loop.audio.mean(axis=0))) ** 2
        return float(power[len(power) // 4 :].sum() / power.sum())

    assert highs(bass) < 0.1 * highs(whole)
    assert highs(rest) < 0.5 * highs(drums)
    with pytest.raises(ValueError, match="piano has no drums"):
        compose("piano", 1, Style(stems="only drums"))


def test_every_style_has_the_same_loudness() -> None:
    extremes = [Style(-1, -1, -1, -1), Style(1, 1, 1, 1), Style(energy=1), Style(stems="only bass")]
    for genre in ("techno", "jazz", "drone"):
        levels = [
            loop_loudness(torch.from_numpy(play(genre, style).audio), SAMPLE_RATE)
            for style in (Style(), *extremes)
        ]
        assert max(levels) - min(levels) < 2.0


def test_styles_of_a_seed_are_the_same_music() -> None:
    """What sounds in a loop without its drums is what sounds in the whole loop, and no chord
    moves with an axis that does not ask for it."""
    assert play("house", Style(space=1)).instruments == play("house").instruments
    bright, plain = play("piano", Style(brightness=1)), play("piano")
    assert abs(np.log(tonic(bright) / tonic(plain))) < 0.2
    other = compose("piano", 4)
    same = torch.corrcoef(
        torch.stack([seen("piano", Style(brightness=1)).ravel(), seen("piano", Style()).ravel()])
    )[0, 1]
    moved = picture(torch.from_numpy(other.audio)).mean(0).ravel()
    assert same > torch.corrcoef(torch.stack([moved, seen("piano", Style()).ravel()]))[0, 1] + 0.05


def test_lines_are_thinned_and_doubled_in_time() -> None:
    line = events("1.3.5---", (0,), 57)
    thin, full = arrange.thin(line), arrange.double(line)
    assert [event.step for event in thin] == [event.step for event in line[::2]]
    assert len(line) < len(full) <= 2 * len(line)
    assert arrange.thin([Event(0, 8, (57,)), Event(8, 8, (60,))]) == [Event(0, 16, (57,))]
    for event in full:
        assert event.step + event.steps <= 32


def test_fills_silence_the_snare_and_sparse_loops_have_none() -> None:
    kit = Kit("kick", "snare", "hat", "open", fill="tom")
    groove = Groove(FOUR, "....x.......x...", "x.x.x.x.x.x.x.x.", fill="." * 28 + "xxxx")

    def steps(style: Style, lucky: bool) -> dict[str, str]:
        return {s.role: s.steps for s in arrange.strokes(kit, groove, style, 0.0, lucky)}

    energetic = steps(Style(energy=1), False)
    assert energetic["fill"].endswith("xxxx")
    assert energetic["snare"].endswith("....")
    assert "fill" in steps(Style(), True)
    assert "fill" not in steps(Style(), False)
    assert "fill" not in steps(Style(density=-1), True)
    hits = [len(steps(Style(density=d), False)["hat"].replace(".", "")) for d in (-1, 0, 1)]
    assert hits[0] < hits[1] < hits[2]


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_is_heard_in_every_density(genre: str) -> None:
    row = GENRES[genre]
    own = [part for part in row.parts if part.from_density <= 0 and part.from_energy <= 0]
    assert own or row.kits  # something plays in a plain loop
