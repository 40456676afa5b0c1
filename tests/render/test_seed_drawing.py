"""Files from anywhere become seed images, or are refused with one sentence."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from livediffusion.errors import UserError
from livediffusion.render import seeding
from livediffusion.render.engines.images import seed_picture
from livediffusion.render.seeding import make_seed
from livediffusion.spectrogram.image import image_exif, image_to_picture, params_of_image
from livediffusion.spectrogram.params import RIFFUSION

RATE = 44100
SENTENCES = (
    "no WAV", "no WAV,", "sound is damaged", "picture is damaged", "nothing to hear", "too short",
    "is no spectrogram", "impossible",
)  # fmt: skip


def tone(seconds: float, pitches: tuple[float, ...] = (440.0,)) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.stack([0.5 * np.sin(2 * np.pi * pitch * time) for pitch in pitches], axis=1)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg"])
def test_a_sound_is_drawn_as_the_loop_that_it_most_likely_is(tmp_path: Path, ending: str) -> None:
    soundfile.write(tmp_path / f"a.{ending}", tone(2.0), RATE)
    said = make_seed(tmp_path / f"a.{ending}", tmp_path / "seed.png", 118.0)
    assert said.startswith("It is taken as a loop of 4 beats at 1"), "mp3 and ogg may add a little"
    with Image.open(tmp_path / "seed.png") as image:
        params, picture = params_of_image(image, RIFFUSION), image_to_picture(image)
    assert picture.shape == (1, 512, 256) and params.channels == 1
    assert params.native_tempo == pytest.approx(120.0, rel=0.03)
    loudest = 511 - picture[0].argmax(0).float().median().item()
    mel = 2595.0 * np.log10(1 + 440.0 / 700.0) / (2595.0 * np.log10(1 + 10000.0 / 700.0))
    assert loudest == pytest.approx(mel * 513 - 1, abs=2)


def test_stereo_stays_stereo_and_only_the_beginning_of_a_song_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "BEATS", (1, 2, 4))
    soundfile.write(tmp_path / "song.wav", tone(3.0, (300.0, 2000.0)), RATE, "FLOAT")
    said = make_seed(tmp_path / "song.wav", tmp_path / "seed.png", 120.0)
    assert said == "Its beginning is taken as a loop of 4 beats at 120.0 bpm."
    with Image.open(tmp_path / "seed.png") as image:
        left, right = image_to_picture(image, 2)
        assert image.width == 4 * 64
    assert left.mean(1).argmax() > right.mean(1).argmax() + 50, "a lower tone lies lower"
    mono = seed_picture(str(tmp_path / "seed.png"), RIFFUSION, 4)
    assert torch.allclose(mono[0], ((left + right) / 2)[:, :256]), "both sides, in a mono model"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_keeps_its_tags(tmp_path: Path, kind: str) -> None:
    exif = image_exif(dataclasses.replace(RIFFUSION, max_hz=8000.0))
    Image.new("L", (256, 512), 90).save(tmp_path / "given", kind, exif=exif)
    said = make_seed(tmp_path / "given", tmp_path / "seed.png", 120.0)
    assert said == "It is taken as a spectrogram of 4 beats."
    with Image.open(tmp_path / "seed.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (256, 512))
        assert params_of_image(image, RIFFUSION).max_hz == 8000.0
        assert image.getpixel((0, 0)) == pytest.approx((90, 90, 90), abs=2)


def files(folder: Path) -> dict[str, Path]:
    """What must be refused, by what the sentence says."""
    made = {}
    for number, says in enumerate(SENTENCES):
        made[says] = folder / str(number)
    made["no WAV"].write_bytes(b"")
    made["no WAV,"].write_text("GIF89a, or a page: <script>")
    made["sound is damaged"].write_bytes(b"RIFF\x00\x00\x00\x00WAVEnonsense")
    made["picture is damaged"].write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    soundfile.write(made["nothing to hear"], np.zeros(RATE), RATE, format="WAV")
    soundfile.write(made["too short"], tone(0.05), RATE, format="WAV")
    Image.new("L", (16, 16)).save(made["is no spectrogram"], "PNG")
    exif = image_exif(dataclasses.replace(RIFFUSION, min_hz=90000.0))
    Image.new("L", (64, 64)).save(made["impossible"], "PNG", exif=exif)
    return made


def test_what_is_no_seed_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for says, path in files(tmp_path).items():
        with pytest.raises(UserError, match=says) as refused:
            make_seed(path, tmp_path / "seed.png", 120.0)
        assert str(refused.value).endswith(".") and str(path) not in str(refused.value)
    assert not (tmp_path / "seed.png").exists()


def test_a_process_of_its_own_says_it_and_exits(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    command = [sys.executable, "-m", "livediffusion.render.seeding", str(tmp_path / "text")]
    done = subprocess.run([*command, "x.png", "120"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("This is no WAV")) == (1, True)
