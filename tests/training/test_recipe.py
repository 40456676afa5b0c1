"""The whole recipe in miniature: it ends in a folder that plays, and goes on where it stopped."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from livediffusion.training import denoiser, recipe
from livediffusion.training.composer.fluid import SOUND_FONTS
from livediffusion.training.composer.samples import FOLDERS
from livediffusion.training.sampling import Model

LIBRARIES = any(font.is_file() for font in SOUND_FONTS) and any(f.is_dir() for f in FOLDERS)


@pytest.mark.skipif(not LIBRARIES, reason="needs fluid-soundfont-gm and sonic-pi-samples")
def test_a_tiny_model_is_made_and_an_interrupted_one_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "SEEDS", 1)
    monkeypatch.setattr(recipe, "STYLES", 1)
    monkeypatch.setattr(denoiser, "CHANNELS", (16, 16, 16))
    monkeypatch.setattr(denoiser, "BATCH", 4)
    heard: list[tuple[str, float]] = []
    out, work = tmp_path / "model", tmp_path / "work"

    def make() -> None:
        recipe.train(out, work, 0.02, 1, lambda text, done: heard.append((text, done)))

    make()
    assert (out / "model_index.json").is_file()
    assert all(0.0 <= done <= 1.0 for _, done in heard)
    assert {"rendering", "reading", "training:", "distilling:"} <= {t.split()[0] for t, _ in heard}
    model = Model.load(out)
    latents = model.latents(model.embed(["techno"]), model.noise([1]))
    assert model.pictures(latents).shape == (1, 2, 256, 512)

    heard.clear()
    (work / "student.pt").unlink()  # as if it had been stopped while distilling
    start = time.monotonic()
    make()
    assert time.monotonic() - start < 60
    assert {text.split()[0] for text, _ in heard} <= {"distilling:", "wrote"}
