"""What names say of loops, and what a CSV file says instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from livediffusion.errors import UserError
from livediffusion.training.own import names


@pytest.mark.parametrize(
    ("file", "bpm", "sure"),
    [
        ("deep_bass-wobble_04_120bpm.wav", 120.0, True),
        ("loop_174 bpm.mp3", 174.0, True),
        ("bpm90.ogg", 90.0, True),
        ("Pad 87.5 BPM.flac", 87.5, True),
        ("Techno-128-Am.wav", 128.0, False),
        ("140 bpm/hats_07.wav", 140.0, True),
        ("140 bpm/hats_90bpm.wav", 90.0, True),
    ],
)
def test_tempo_is_read_from_names(file: str, bpm: float, sure: bool) -> None:
    assert names.tempo_of(Path(file)) == names.NamedTempo(bpm, sure)


@pytest.mark.parametrize("file", ["808 kick.wav", "loop_04.wav", "take 90 of 110.wav", "a.wav"])
def test_other_numbers_are_no_tempo(file: str) -> None:
    assert names.tempo_of(Path(file)) is None


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("deep_bass-wobble_04_120bpm.wav", "deep bass wobble"),
        ("funky_guitar_Amaj_110_BPM_03.wav", "funky guitar"),
        ("DeepBass C#min 125.wav", "deep bass"),
        ("Dub/dub_chords F# minor 02.flac", "dub chords"),
        ("My Loops/808 kick 12.wav", "808 kick"),
        ("Bb major 07.ogg", ""),
        ("été_brûlant_90bpm.mp3", "été brûlant"),
    ],
)
def test_words_are_what_is_left_of_a_name(file: str, words: str) -> None:
    assert names.words_of(Path(file)) == words


def test_a_csv_captions_files_by_path_or_name(tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    table.write_text('file,caption\nsub/a.wav,"slow, dubby"\nb,bright bells\ngone.wav,x\n')
    captions = names.read_captions(table)
    paths = [Path("sub/a.wav"), Path("b.flac"), Path("dark_c.wav")]
    found = [names.caption_of(path, captions) for path in paths]
    assert found == ["slow, dubby", "bright bells", "dark"]
    assert names.unused(captions, paths) == ["gone.wav"]


def test_a_csv_without_its_columns_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    table.write_text("name;words\na.wav;slow\n")
    with pytest.raises(UserError, match="file,caption"):
        names.read_captions(table)
    with pytest.raises(UserError, match="cannot be read"):
        names.read_captions(tmp_path / "none.csv")
