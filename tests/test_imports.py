"""Only the renderer, the workshop and training load torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = (
    "livediffusion.cli",
    "livediffusion.cli_training",
    "livediffusion.stage",
    "livediffusion.daemon",
    "livediffusion.control.process",
    "livediffusion.player.process",
    "livediffusion.player.worker",
    "livediffusion.render.process",
    "livediffusion.ipc.launch",
)
HEAVY = ("torch", "diffusers", "transformers")


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_a_light_process_stays_light(module: str) -> None:
    assert loaded_by(module).isdisjoint(HEAVY)


def test_the_test_can_fail() -> None:
    assert "torch" in loaded_by("livediffusion.spectrogram.mel")
