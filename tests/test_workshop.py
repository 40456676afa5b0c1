"""`render` and `decode` as a user calls them, with the pocket model and real pictures."""

from __future__ import annotations

import dataclasses
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from PIL import Image

from livediffusion.cli import app
from livediffusion.errors import UserError
from livediffusion.render.offline import default_request, open_engine, render_loop
from livediffusion.render.request import normalise
from livediffusion.spectrogram.image import picture_to_image
from livediffusion.spectrogram.loop import loop_to_picture
from livediffusion.spectrogram.params import RIFFUSION
from livediffusion.types import SAMPLE_RATE

SEEDS = Path(os.environ.get("LIVEDIFFUSION_SEED_IMAGES", "no seed images"))


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


def listen(path: Path) -> NDArray[np.float64]:
    audio, rate = soundfile.read(path, always_2d=True)
    assert rate == SAMPLE_RATE
    return np.asarray(audio)


def seam(audio: NDArray[np.float64]) -> float:
    """The step from the last frame to the first, in units of the largest step elsewhere."""
    steps = np.abs(np.diff(audio, axis=0))
    return float(np.abs(audio[0] - audio[-1]).max() / steps.max())


def test_the_same_words_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.wav", tmp_path / "b.wav"
    for path in (first, second):
        run("render", "dark techno", "-o", path)
    assert first.read_bytes() == second.read_bytes()
    other = tmp_path / "c.wav"
    run("render", "dark techno", "-o", other, "--seed", 1)
    assert other.read_bytes() != first.read_bytes()


def test_a_loop_has_its_length_its_level_and_no_seam(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    run("render", "house", "drum and bass", "--weights", "1,0.4", "--tempo", 93.3, "-o", path)
    audio = listen(path)
    assert audio.shape == (round(8 * 60 / 93.3 * SAMPLE_RATE), 2)
    assert np.abs(audio).max() <= 10 ** (-1 / 20) + 1e-6
    assert seam(audio) <= 1.0


def test_a_patch_can_be_rendered(tmp_path: Path) -> None:
    patch = tmp_path / "set.toml"
    patch.write_text('tempo = 140\nbeats = 8\n[[prompt]]\ntext = "rock"\n', encoding="utf-8")
    run("render", "--patch", patch, "-o", tmp_path / "a.wav")
    assert len(listen(tmp_path / "a.wav")) == round(8 * 60 / 140 * SAMPLE_RATE)


def test_a_morph_moves_in_small_steps() -> None:
    engine = open_engine()
    base = default_request(engine, "")
    pictures = []
    for tenth in range(11):
        blend = normalise([("techno", 1.0 - tenth / 10), ("ambient", tenth / 10)])
        loop = render_loop(engine, dataclasses.replace(base, prompts=blend))
        audio = torch.from_numpy(loop.audio.T[:1].copy())
        pictures.append(loop_to_picture(audio, engine.params, 8, normalise=True))
    steps = [float((after - before).abs().mean()) for before, after in pairwise(pictures)]
    ends = float((pictures[-1] - pictures[0]).abs().mean())
    assert np.mean(steps) < ends / 2
    assert max(steps) < ends


def test_a_patchs_own_steps_and_all_its_prompts_count(tmp_path: Path) -> None:
    two = '[[prompt]]\ntext = "rock"\n[[prompt]]\ntext = "jazz"\n'
    patches = {"plain": two, "more": "steps = 6\n" + two, "guided": "guidance = 3\n" + two}
    for name, text in patches.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        run("render", "--patch", tmp_path / f"{name}.toml", "-o", tmp_path / f"{name}.wav")
    loops = {(tmp_path / f"{name}.wav").read_bytes() for name in patches}
    assert len(loops) == 3
    blend, plain = tmp_path / "blend.wav", tmp_path / "plain.toml"
    run("render", "--patch", plain, "--weights", "0,1", "-o", blend)
    assert blend.read_bytes() not in loops


@pytest.mark.skipif(not SEEDS.is_dir(), reason="LIVEDIFFUSION_SEED_IMAGES names no folder")
@pytest.mark.parametrize("name", ["og_beat", "agile", "motorway", "marim", "vibes"])
def test_real_seed_pictures_come_out_as_exact_loops(tmp_path: Path, name: str) -> None:
    plain, faster = tmp_path / "plain.wav", tmp_path / "faster.wav"
    run("decode", SEEDS / f"{name}.png", "-o", plain)
    run("decode", SEEDS / f"{name}.png", "-o", faster, "--tempo", 120)
    assert (len(listen(plain)), len(listen(faster))) == (245760, 192000)
    assert seam(listen(plain)) <= 1.0
    assert seam(listen(faster)) <= 1.0


def test_a_tone_keeps_its_pitch_at_any_tempo(tmp_path: Path) -> None:
    seconds = torch.arange(245760) / SAMPLE_RATE
    tone = torch.sin(2 * torch.pi * 440.0 * seconds)[None]
    image = picture_to_image(loop_to_picture(tone, RIFFUSION, 8, normalise=True))
    image.save(tmp_path / "tone.png")
    for tempo in (60, 93.75, 120):
        path = tmp_path / f"{tempo}.wav"
        run("decode", tmp_path / "tone.png", "-o", path, "--tempo", tempo)
        audio = listen(path)[:, 0]
        spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
        assert abs(np.argmax(spectrum) * SAMPLE_RATE / len(audio) - 440.0) < 8.0


def test_a_picture_of_other_proportions_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (100, 100)).save(tmp_path / "small.png")
    with pytest.raises(UserError, match="512 rows"):
        run("decode", tmp_path / "small.png", "-o", tmp_path / "a.wav")
