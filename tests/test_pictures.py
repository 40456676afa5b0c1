"""`encode` and `decode` as a user calls them, against Riffusion's numbers written out plainly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

from livediffusion.cli import app
from livediffusion.errors import UserError

RATE = 44100
SECONDS = np.arange(RATE) / RATE


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


def sound(seed: int = 0) -> NDArray[np.float64]:
    """A second of two falling notes and some noise."""
    noise = np.random.default_rng(seed).normal(size=RATE)
    notes = np.sin(2 * np.pi * (300 + 100 * seed) * SECONDS) + np.sin(2 * np.pi * 2500 * SECONDS)
    return 0.3 * notes * np.exp(-2.0 * SECONDS) + 0.003 * noise


def riffusions_pixels(audio: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Pixels (512, columns) of 16-bit samples: torchaudio's Spectrogram and MelScale in numpy."""
    line = np.pad(audio * 32768, 8820, mode="reflect")
    window = np.zeros(17640)
    window[6615:11025] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(4410) / 4410)
    starts = range(0, len(line) - 17640 + 1, 441)
    spectra = np.abs([np.fft.rfft(line[n : n + 17640] * window) for n in starts])
    mels = np.linspace(0.0, 2595 * np.log10(1 + 10000 / 700), 514)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.linspace(0, RATE / 2, 8821)
    slopes = edges[None] - bins[:, None]
    down = -slopes[:, :-2] / np.diff(edges)[:-1]
    up = slopes[:, 2:] / np.diff(edges)[1:]
    bands = (spectra @ np.maximum(0, np.minimum(down, up))).T
    data = 255 - 255 * (bands / bands.max()) ** 0.25
    pixels: NDArray[np.uint8] = data.astype(np.uint8)[::-1]
    return pixels


def nearly_equal(pixels: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    """Equal but where single precision falls on the other side of a whole number."""
    assert pixels.shape == expected.shape
    difference = np.abs(pixels.astype(int) - expected.astype(int))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_a_clip_becomes_riffusions_pixels_and_tags(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sound(), RATE, subtype="PCM_16")
    run("encode", tmp_path / "a.wav", "-o", tmp_path / "a.png")
    samples, _ = soundfile.read(tmp_path / "a.wav")
    with Image.open(tmp_path / "a.png") as image:
        pixels, tags = np.asarray(image), dict(image.getexif())
    assert pixels.shape == (512, 101, 3)
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert (pixels[..., 0] == pixels[..., 2]).all()
    nearly_equal(pixels[..., 0], riffusions_pixels(samples))
    loudest = tags.pop(11080)
    assert 1e6 < loudest < 1e8  # of samples of 16 bits
    assert tags == {
        11000: 44100, 11005: 0, 11010: 10, 11020: 100, 11030: 400,
        11040: 512, 11050: 0, 11060: 10000, 11070: 0.25,
    }  # fmt: skip


def test_stereo_is_green_and_blue_on_one_scale_and_comes_back(tmp_path: Path) -> None:
    left = np.tile(sound(0), 2)
    right = 0.25 * np.tile(sound(5), 2)
    soundfile.write(tmp_path / "a.wav", np.stack((left, right), axis=1), RATE, subtype="FLOAT")
    run("encode", tmp_path / "a.wav", "--stereo", "--loop", "-o", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        pixels, tags = np.asarray(image), dict(image.getexif())
    assert pixels.shape == (512, 256, 3)  # four beats at 120
    assert (tags[11005], tags[11010]) == (1, pytest.approx(60000 / 120 / 64))
    assert (pixels[..., 0] == 0).all()
    darkest_right = (pixels[..., 2].min() / 255 - 1) ** 4
    assert pixels[..., 1].min() == 0
    assert darkest_right == pytest.approx(0.25, rel=0.25)
    run("decode", tmp_path / "a.png", "-o", tmp_path / "b.wav")
    back, rate = soundfile.read(tmp_path / "b.wav")
    assert (back.shape, rate) == ((96000, 2), 48000)
    level = np.sqrt(np.square(back).mean(axis=0))
    assert level[0] / level[1] == pytest.approx(4.0, rel=0.15)
    notes = np.abs(np.fft.rfft(back, axis=0)).argmax(axis=0) / 2
    assert abs(notes[0] - 300) < 10 or abs(notes[0] - 2500) < 10
    assert abs(np.abs(np.fft.rfft(back[:, 1]))[: 2 * 1500].argmax() / 2 - 800) < 10


def test_a_loop_has_whole_beats_and_keeps_its_length(tmp_path: Path) -> None:
    seconds = np.arange(96000) / 48000
    loop = np.sin(2 * np.pi * 440 * seconds)
    soundfile.write(tmp_path / "a.flac", loop, 48000)
    run("encode", tmp_path / "a.flac", "--loop", "--beats", 3, "-o", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image)[..., 0].astype(int)
    assert pixels.shape == (512, 192)
    # Round a circle a tone has no beginning: all columns are alike where it sounds.
    assert np.abs(pixels - pixels[:, :1])[pixels < 150].max() <= 2
    run("decode", tmp_path / "a.png", "-o", tmp_path / "b.wav")
    assert soundfile.info(tmp_path / "b.wav").frames == 96000


def test_sound_that_cannot_be_encoded_is_refused_with_a_sentence(tmp_path: Path) -> None:
    made = {
        "silent": np.zeros(RATE),
        "short": sound()[:4000],
        "nan": np.full(RATE, np.nan),
    }
    for name, audio in made.items():
        soundfile.write(tmp_path / f"{name}.wav", audio, RATE, subtype="FLOAT")
    (tmp_path / "text.wav").write_text("no sound")
    sentences = {
        "silent": "is silent",
        "short": "too few",
        "nan": "finite",
        "text": "no sound that can be read",
        "missing": "no file",
    }
    for name, sentence in sentences.items():
        with pytest.raises(UserError, match=sentence):
            run("encode", tmp_path / f"{name}.wav", "-o", tmp_path / "a.png")
    with pytest.raises(UserError, match=r"\.png"):
        run("encode", tmp_path / "short.wav", "-o", tmp_path / "a.wav")
    with pytest.raises(UserError, match="--loop"):
        run("encode", tmp_path / "short.wav", "--beats", 4, "-o", tmp_path / "a.png")
    with pytest.raises(UserError, match="bpm"):
        run("encode", tmp_path / "short.wav", "--loop", "-o", tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("tag", "value"), [(11000, 0), (11020, 900.0), (11060, 99000), (11070, 0.0), (11080, -1.0)]
)
def test_tags_that_cannot_be_are_refused_with_a_sentence(
    tmp_path: Path, tag: int, value: float
) -> None:
    exif = Image.Exif()
    exif[tag] = value
    Image.new("RGB", (256, 512)).save(tmp_path / "a.png", exif=exif)
    with pytest.raises(UserError, match="EXIF tags name an impossible"):
        run("decode", tmp_path / "a.png", "-o", tmp_path / "a.wav")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_tags_count_for_nothing(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 512), (128, 128, 128))
    image.save(tmp_path / "a.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    run("decode", tmp_path / "a.png", "-o", tmp_path / "a.wav")
    assert soundfile.info(tmp_path / "a.wav").frames == 30720
