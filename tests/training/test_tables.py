"""The tables of genres can be played as written, and no two genres drum alike."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from livediffusion.training.composer import GENRES, Genre, theory
from livediffusion.training.composer.drums import drum
from livediffusion.training.composer.fluid import SOUND_FONTS
from livediffusion.training.composer.genre import Groove, Kit, Part
from livediffusion.training.composer.instruments import PROGRAMS
from livediffusion.training.composer.samples import FOLDERS
from livediffusion.training.composer.synth import PATCHES, SAMPLE_RATE, play

LIBRARIES = any(font.is_file() for font in SOUND_FONTS) and any(f.is_dir() for f in FOLDERS)


def voices(kit: Kit) -> set[str]:
    return {kit.kick, kit.snare, kit.hat, kit.open_hat, kit.extra, kit.fill} - {""}


VOICES = sorted({voice for row in GENRES.values() for kit in row.kits for voice in voices(kit)})
OURS = [voice for voice in VOICES if "sample" not in voice and "gm" not in voice]


def patterns(groove: Groove) -> tuple[str, ...]:
    return (groove.kick, groove.snare, groove.hat, groove.open_hat, groove.extra, groove.fill)


def parts(row: Genre) -> list[Part]:
    return [*row.parts, *([row.bass] if row.bass else [])]


@pytest.mark.parametrize("voice", VOICES if LIBRARIES else OURS)
def test_every_drum_voice_sounds_and_dies_away(voice: str) -> None:
    sound = drum(voice)
    assert np.abs(sound).max() == pytest.approx(1.0)
    assert len(sound) <= 2 * SAMPLE_RATE
    assert np.abs(sound[-8:]).max() < 0.05  # no click at its end


def test_drum_voices_can_be_layered_heated_and_sped_up() -> None:
    both = drum("kick house + metal hat 808")
    assert np.corrcoef(both[:3200], drum("kick house")[:3200])[0, 1] > 0.8
    assert np.std(drum("hot snare tight")) > 1.5 * np.std(drum("snare tight"))
    assert len(drum("fast snare tight")) == pytest.approx(0.8 * len(drum("snare tight")), abs=1)
    with pytest.raises(KeyError):
        drum("kick of another table")


@pytest.mark.parametrize("name", GENRES)
def test_a_genre_can_be_played_as_written(name: str) -> None:
    row = GENRES[name]
    for groove in row.grooves:
        for pattern in patterns(groove):
            assert set(theory.unroll(pattern)) <= set("xo.")
        assert any("x" in pattern for pattern in patterns(groove))
    for part in parts(row):
        assert all(i in PATCHES or i in PROGRAMS for i in part.instruments)
        assert part.gain > 0
        for pattern in (*part.patterns, *part.sparse, *part.busy):
            assert theory.events(pattern, row.minor[0], part.low, part.size)


def test_genres_of_machines_drum_unlike_each_other() -> None:
    """But for kicks on every beat, no groove of one genre is a groove of another."""
    grooves = {
        name: {tuple(map(theory.unroll, patterns(g)[:5])) for g in row.grooves}
        for name, row in GENRES.items()
        if row.grooves and name != "drums"
    }
    for one, other in combinations(grooves, 2):
        assert not grooves[one] & grooves[other], (one, other)


def test_a_bent_note_arrives_at_its_pitch_from_below() -> None:
    def crossings(sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
        return int(np.count_nonzero(np.diff(np.signbit(sound))))

    glide = play("808 glide", 45, 0.8)
    early, late = crossings(glide[: SAMPLE_RATE // 10]), crossings(glide[12800:16000])
    assert late == pytest.approx(2 * 110 / 10, abs=1)  # 110 Hz over a tenth of a second
    assert early < 0.8 * late


def test_a_riser_climbs() -> None:
    sound = play("riser", 57, 2.0).astype(np.float64)
    hz = np.fft.rfftfreq(SAMPLE_RATE // 2, 1.0 / SAMPLE_RATE)

    def centre(start: int) -> float:
        power = np.abs(np.fft.rfft(sound[start : start + SAMPLE_RATE // 2])) ** 2
        return float((power * hz).sum() / power.sum())

    assert centre(3 * SAMPLE_RATE // 2) > 2 * centre(SAMPLE_RATE // 4)
