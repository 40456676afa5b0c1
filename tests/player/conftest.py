"""A folder for a run, a player in it, and a JACK server of our own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jack import Jack, available
from player_stage import Stage

from livediffusion.player.process import Hello

_MEMORY = Path("/dev/shm")


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A folder for a run, in memory where there is such a place."""
    folder = Path(tempfile.mkdtemp(prefix="ld-test-", dir=_MEMORY if _MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stage(run_dir: Path) -> Iterator[Callable[..., Stage]]:
    """Makes a `Stage`: `stage("null")`, with the player's greeting already heard."""
    made: list[Stage] = []

    def make(output: str | None, **settings: Any) -> Stage:
        made.append(Stage(run_dir, output, **settings))
        made[0].wait_for(Hello)
        return made[0]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def jack() -> Iterator[Jack]:
    """A JACK server of our own."""
    if not available():
        pytest.skip("needs jackd, jack_capture and jack_lsp")
    with Jack(patient=False) as server:  # players are killed here
        yield server
