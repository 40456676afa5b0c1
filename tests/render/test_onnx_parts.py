"""The short form of test_onnx.py: one network written and run, and folders that are not whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from livediffusion.errors import UserError
from livediffusion.render.engines import onnx_export
from livediffusion.render.engines.components import load_components
from livediffusion.render.engines.compute import choose_compute
from livediffusion.render.engines.denoiser import Denoiser
from livediffusion.render.engines.folder import ONNX_FILES, open_folder
from livediffusion.render.engines.onnx_parts import OnnxText, Runtime
from livediffusion.render.offline import open_engine
from livediffusion.spectrogram.params import SpectrogramParams


def only(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one network be written."""
    every = onnx_export._jobs
    monkeypatch.setattr(
        onnx_export, "_jobs", lambda *given: [job for job in every(*given) if job.part == part]
    )


def test_the_text_encoder_says_what_torchs_says(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only("text_encoder", monkeypatch)
    folder, compute = open_folder("tiny", tiny_folder), choose_compute("cpu", "float32", 1, print)
    parts = load_components(folder, compute)
    params = SpectrogramParams.load(tiny_folder)
    (done,) = onnx_export.export(folder, parts, params, tmp_path / "x")
    assert done.error <= onnx_export.TOLERANCE and done.bytes == done.file.stat().st_size
    ids = torch.arange(77).unsqueeze(0)
    (ours,) = OnnxText(Runtime(tmp_path / "x", compute), parts.text_encoder.config)(ids)
    assert torch.allclose(ours, parts.text_encoder(ids)[0], rtol=1e-4, atol=1e-4)
    assert (tmp_path / "x" / "spectrogram.json").read_text() == (
        tiny_folder / "spectrogram.json"
    ).read_text()


def test_other_numbers_than_torchs_are_not_kept(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only("text_encoder", monkeypatch)
    monkeypatch.setattr(onnx_export, "TOLERANCE", 0.0)
    folder = open_folder("tiny", tiny_folder)
    parts = load_components(folder, choose_compute("cpu", "float32", 1, print))
    with pytest.raises(UserError, match="other numbers in ONNX Runtime"):
        onnx_export.export(folder, parts, SpectrogramParams.load(tiny_folder), tmp_path / "x")
    assert not list((tmp_path / "x").iterdir())


def _fake(tiny_folder: Path, target: Path) -> Path:
    """An exported folder whose networks are garbage."""
    onnx_export._carry_over(tiny_folder, _made(target))
    for file in ONNX_FILES.values():
        (target / file).parent.mkdir(exist_ok=True)
        (target / file).write_bytes(b"garbage")
    return target


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_garbage_is_refused_in_a_sentence(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'mine' .*does not load") as caught:
        open_engine("mine", _fake(tiny_folder, tmp_path / "x"), device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["text_encoder", "vae_decoder"])
def test_a_missing_network_is_said(part: str, tiny_folder: Path, tmp_path: Path) -> None:
    folder = _fake(tiny_folder, tmp_path / "x")
    (folder / ONNX_FILES[part]).unlink()
    with pytest.raises(UserError, match=f"is incomplete: .*{part}/model.onnx"):
        open_folder("mine", folder)


def test_its_files_decide_its_hash(tiny_folder: Path, tmp_path: Path) -> None:
    found = open_folder("mine", _fake(tiny_folder, tmp_path / "x"))
    assert found.is_onnx and not open_folder("tiny", tiny_folder).is_onnx
    assert set(ONNX_FILES.values()) <= set(found.files())


def test_what_torch_does_not_run_is_not_traced() -> None:
    denoiser = Denoiser(object())
    denoiser.hasten((1, 4, 8, 8), (1, 77, 32))
    assert denoiser._traced is None


def test_a_folder_is_not_written_over_itself(tiny_folder: Path) -> None:
    folder = open_folder("tiny", tiny_folder)
    parts = load_components(folder, choose_compute("cpu", "float32", 1, print))
    with pytest.raises(UserError, match="choose another"):
        onnx_export.export(folder, parts, SpectrogramParams.load(tiny_folder), tiny_folder)
