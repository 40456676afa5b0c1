"""Riffusion's Python call, with a tiny model."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import lora_files
import numpy as np
import pytest
import soundfile
from PIL import Image

import livediffusion
from livediffusion import RiffusionPipeline
from livediffusion.errors import UserError
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.offline import default_request, render_loop
from livediffusion.render.riffusion import End
from livediffusion.render.seed_images import SHIPPED

BELLS, JAZZ = {"prompt": "church bells", "seed": 1}, {"prompt": "jazz", "seed": 2}


@pytest.fixture
def pipe(engine: StableDiffusion, tmp_path: Path) -> RiffusionPipeline:
    return RiffusionPipeline(engine, tmp_path)


def test_a_clip_is_the_daemons_loop_and_is_written_by_ending(
    pipe: RiffusionPipeline, engine: StableDiffusion, tmp_path: Path
) -> None:
    clip = pipe("nappes chaudes 🌊", num_inference_steps=2, seed=7, tempo=240.0, beats=4)
    request = dataclasses.replace(
        default_request(engine, "nappes chaudes 🌊", seed=7), steps=2, tempo=240.0, beats=4
    )
    assert np.array_equal(clip.samples, render_loop(engine, request).audio)
    assert (clip.samples.shape, clip.sample_rate, clip.duration_s) == ((48000, 2), 48000, 1.0)
    assert (clip.image.mode, clip.image.size) == ("RGB", (256, 64))
    for ending, near in ((".wav", 0.0), (".flac", 1e-6), (".mp3", 0.2), (".ogg", 0.2)):
        path = clip.export(tmp_path / f"x{ending}")
        audio, rate = soundfile.read(path)
        assert (audio.shape, rate) == ((48000, 2), 48000), ending
        assert np.sqrt(np.mean((audio - clip.samples) ** 2)) <= near * clip.samples.std() + 1e-9
    with pytest.raises(UserError, match=r"must end in \.wav, \.flac, \.mp3 or \.ogg"):
        clip.export(tmp_path / "x.aiff")
    with pytest.raises(UserError, match="There is no folder"):
        clip.export(tmp_path / "nowhere" / "x.wav")


def test_every_setting_is_heard_and_the_models_own_are_the_defaults(
    pipe: RiffusionPipeline,
) -> None:
    def samples(**changes: object) -> bytes:
        return pipe("a", **{"tempo": 240.0, "beats": 1, **changes}).samples.tobytes()  # type: ignore[arg-type]

    plain = samples()
    assert plain == samples(num_inference_steps=3, guidance_scale=2.0, seed=0)
    others = ({"seed": 1}, {"num_inference_steps": 2}, {"guidance_scale": 4.0}, {"tempo": 200.0})
    negative = {"negative_prompt": "drums"}
    assert len({plain, *(samples(**other) for other in (*others, negative))}) == 6
    for wrong in ({"num_inference_steps": 0}, {"seed": -1}, {"tempo": 5.0}, {"beats": 0}):
        with pytest.raises(UserError):
            samples(**wrong)


def test_two_ends_over_a_seed_image_by_name_file_or_content(
    pipe: RiffusionPipeline, tmp_path: Path
) -> None:
    with Image.open(SHIPPED / "house.png") as whole:
        small = whole.convert("L").crop((0, 0, 64, 512))
    small.save(tmp_path / "mine.png")

    def riffuse(alpha: float, image: str | Path | Image.Image, **more: object) -> bytes:
        clip = pipe.riffuse(BELLS, End(**JAZZ), alpha, 3, image, tempo=240.0, **more)  # type: ignore[arg-type]
        assert clip.duration_s == 0.25
        return clip.samples.tobytes()

    named = riffuse(0.5, "mine")
    assert named == riffuse(0.5, tmp_path / "mine.png") == riffuse(0.5, small)
    assert len({named, riffuse(0.0, "mine"), riffuse(1.0, "mine")}) == 3
    dark = Image.new("L", (64, 512))
    assert riffuse(0.5, "mine", mask_image=dark) != named
    with pytest.raises(UserError, match="no seed or mask image 'nosuch'"):
        riffuse(0.5, "nosuch")
    with pytest.raises(UserError, match="1 x 1"):
        riffuse(0.5, Image.new("L", (1, 1)))
    with pytest.raises(UserError, match="end needs prompt and seed"):
        pipe.riffuse(BELLS, {"prompt": "no seed"}, 0.5)


def test_it_is_loaded_from_a_folder_and_what_is_none_is_a_sentence(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    pipe = RiffusionPipeline.from_pretrained(tiny_folder, device="cpu", threads=1)
    assert pipe("a", 1, beats=1, tempo=240.0).duration_s == 0.25
    (tmp_path / "config.toml").write_text(f'[models]\nmine = "{tiny_folder}"\n')
    assert RiffusionPipeline.from_pretrained("mine", device="cpu", threads=1)._engine.name == "mine"
    for name in ("nosuch", "some/where", str(tmp_path)):
        with pytest.raises(UserError):
            RiffusionPipeline.from_pretrained(name)


def test_it_wears_the_configs_loras(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = lora_files.make(tiny_folder, {"unet": lora_files.UNET})
    path = lora_files.write_kohya(made, tmp_path / "dusty.safetensors")
    (tmp_path / "config.toml").write_text(f'[loras]\ndusty = "{path}"\n')
    pipe = RiffusionPipeline.from_pretrained(tiny_folder, device="cpu", threads=1)

    def samples(**changes: object) -> bytes:
        return pipe("a", 2, tempo=240.0, beats=1, **changes).samples.tobytes()  # type: ignore[arg-type]

    plain = samples()
    others = [samples(loras={"dusty": 1.0}), samples(loras={"dusty": 0.5}), samples(sampler="lcm")]
    assert len({plain, *others}) == 4
    assert samples(loras={}) == samples(loras={"dusty": 0.0}) == plain
    by_hand = lora_files.fused(tiny_folder, made, 1.0, tmp_path / "fused")
    worn = RiffusionPipeline.from_pretrained(by_hand, device="cpu", threads=1)
    expected = worn("a", 2, tempo=240.0, beats=1).image
    found = pipe("a", 2, tempo=240.0, beats=1, loras={"dusty": 1.0}).image
    assert np.abs(np.asarray(found, int) - np.asarray(expected, int)).max() <= 1


def test_it_costs_nothing_until_it_is_used() -> None:
    code = "import sys, livediffusion; print('torch' in sys.modules, 'PIL' in sys.modules); "
    code += "from livediffusion import RiffusionPipeline; print('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["False"] * 3
    assert not hasattr(livediffusion, "SomethingElse")
