"""Files become pieces of two bars: whole, repeated or cut, in stereo, at their own pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from loops_of_ours import RATE, drums

from livediffusion.errors import UserError
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.training.own import loops, reading
from livediffusion.training.own.reading import Recording, Refused

PARAMS = SpectrogramParams(
    sample_rate=16000, bands=64, max_hz=7900.0, window=1024, n_fft=1024, max_amplitude=100.0
)
FILE = Path("groove_01.wav")


def recording(audio: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Recording:
    return Recording(np.stack([audio, audio]), RATE)


@pytest.mark.parametrize(
    ("beats", "pieces"), [(1, 1), (2, 1), (4, 1), (8, 1), (12, 2), (16, 2), (40, 5)]
)
def test_loops_are_repeated_or_divided(beats: int, pieces: int) -> None:
    bpm = 132.0
    found = loops.cut(recording(drums(bpm, beats)), FILE, "", given=bpm)
    assert len(found) == pieces
    for piece in found:
        assert piece.audio.shape[0] == 2
        assert abs(piece.audio.shape[1] - 8 * 60 / bpm * RATE) < 8
    if beats < 8:  # every repetition is the same
        repeated = found[0].audio.reshape(2, 8 // beats, -1)
        assert np.array_equal(repeated[:, 0], repeated[:, -1])


def test_a_recording_is_cut_at_its_bars() -> None:
    first, second, rest = loops.cut(recording(drums(110.0, 21.3, late=0.6)), FILE, "")
    period = 60.0 / 110.0 * RATE
    assert first.bpm == pytest.approx(110.0, rel=5e-3)
    assert first.audio.shape[1] == pytest.approx(8 * period, rel=5e-3)
    whole = drums(110.0, 21.3, late=0.6)
    peak = int(np.argmax(np.correlate(whole, first.audio[0, : RATE // 4], "valid")))
    assert (peak / period - 0.6 + 2) % 4 - 2 == pytest.approx(0.0, abs=0.06)
    assert second.audio.shape == first.audio.shape
    half = rest.audio.shape[1] // 2
    assert np.array_equal(rest.audio[:, :half], rest.audio[:, half : 2 * half])


def test_what_the_player_says_comes_before_names_and_ears() -> None:
    loop = recording(drums(120.0, 8))
    bpm = [
        loops.tempo_for(loop, Path("loop_60bpm.wav"), 240.0)[0],
        loops.tempo_for(loop, Path("loop_60bpm.wav"), None)[0],
        loops.tempo_for(loop, Path("loop_101.wav"), None)[0],  # a number, but no tempo of this loop
        loops.tempo_for(loop, Path("loop.wav"), None)[0],
    ]
    assert bpm == [240.0, 60.0, pytest.approx(120.0), pytest.approx(120.0)]


def test_tempo_moves_the_grid_and_not_the_pitch() -> None:
    pictures = []
    for bpm in (90.0, 150.0):
        t = np.arange(round(8 * 60 / bpm * RATE)) / RATE
        on = (t * bpm / 60.0) % 1.0 < 0.25
        tone = (0.5 * np.sin(2 * np.pi * 880.0 * t) * on).astype(np.float32)
        (piece,) = loops.cut(recording(tone), FILE, "", given=bpm)
        pictures.append(loops.picture(piece, PARAMS, -18.0))
    slow, fast = pictures
    assert slow.shape == fast.shape == (1, 64, 512)
    assert int(slow.mean(2).argmax()) == int(fast.mean(2).argmax())
    beats = fast[0].sum(0).reshape(8, 64)
    assert (beats[:, 2:14].mean(1) > 3.0 * beats[:, 30:50].mean(1)).all()


def test_level_does_not_matter_and_sides_are_kept() -> None:
    (quiet,) = loops.cut(recording(0.05 * drums(120.0, 8)), FILE, "", given=120.0)
    (loud,) = loops.cut(recording(drums(120.0, 8)), FILE, "", given=120.0)
    pictures = [loops.picture(piece, PARAMS, -18.0) for piece in (quiet, loud)]
    assert torch.allclose(*pictures, atol=0.02)
    left = np.stack([drums(120.0, 8), np.zeros(4 * RATE, np.float32)])
    (piece,) = loops.cut(Recording(left, RATE), FILE, "", given=120.0)
    stereo = SpectrogramParams(**{**_values(PARAMS), "channels": 2})
    picture = loops.picture(piece, stereo, -18.0)
    assert picture[0].max() > 0.2
    assert picture[1].max() == 0.0


def _values(params: SpectrogramParams) -> dict[str, object]:
    return {name: getattr(params, name) for name in params.__dataclass_fields__}


@pytest.mark.parametrize("ending", [".wav", ".flac", ".mp3", ".ogg"])
def test_every_kind_of_file_is_read_as_stereo(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"loop{ending}"
    soundfile.write(path, drums(120.0, 8), RATE)
    found = reading.read(path)
    assert found.audio.shape[0] == 2
    assert np.array_equal(found.audio[0], found.audio[1])
    assert loops.tempo_for(found, Path(path.name), None) == (pytest.approx(120.0, rel=5e-3), True)


def test_bad_files_are_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    soundfile.write(tmp_path / "sub" / "good_120bpm.wav", drums(120.0, 8), RATE)
    soundfile.write(tmp_path / "silent_120bpm.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "click_120bpm.wav", drums(120.0, 0.2), RATE)
    (tmp_path / "broken.mp3").write_bytes(b"no music here")
    hum = np.sin(np.arange(5 * RATE) / 40.0)
    soundfile.write(tmp_path / "hum.wav", hum, RATE)
    pieces, skipped = loops.read_folder(tmp_path, None, {})
    assert [(piece.file.name, piece.caption) for piece in pieces] == [
        ("good_120bpm.wav", "sub good")
    ]
    said = "\n".join(skipped)
    for words in (
        "broken.mp3: it cannot be read",
        "click_120bpm.wav: it is too short",
        "hum.wav: no tempo found",
        "silent_120bpm.wav: it is silent",
    ):
        assert words in said


def test_a_folder_without_loops_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no WAV"):
        reading.find(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        reading.find(tmp_path / "none")
    with pytest.raises(Refused, match="cannot be read"):
        reading.read(tmp_path / "none.wav")
