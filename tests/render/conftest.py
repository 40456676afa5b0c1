"""A tiny random model, loaded once, and requests for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's library is imported: nothing is asked

import pytest
import tiny_model

from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.offline import open_engine
from livediffusion.render.request import RenderRequest

MakeRequest = Callable[..., RenderRequest]


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing here may write into the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole pipeline folder of random weights."""
    return tiny_model.write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def engine(tiny_folder: Path) -> StableDiffusion:
    """The tiny model on the CPU. Engines keep no state between renders, so all tests share it."""
    return open_engine("tiny", tiny_folder, device="cpu", threads=1)


@pytest.fixture
def make_request() -> MakeRequest:
    """A short request to the tiny model, with what the test cares about replaced."""

    def make(**changes: Any) -> RenderRequest:
        values: dict[str, Any] = {
            "prompts": (("techno", 1.0),),
            "seeds": ((1, 1.0),),
            "tempo": 240.0,
            "model": "tiny",
            "steps": 2,
            "beats": 4,
        }
        return RenderRequest(**{**values, **changes})

    return make
