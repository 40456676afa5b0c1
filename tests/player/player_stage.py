"""Loops that say where they are, and a player's process to play them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from livediffusion.ipc import launch
from livediffusion.ipc.arena import Arena
from livediffusion.player.loop import Loop
from livediffusion.player.process import Event, Player
from livediffusion.player.settings import PlayerSettings

Kind = TypeVar("Kind", bound=Event)
_CODE = 2.0**18  # samples per full scale of a counting loop


def counting(frames: int, mark: float = 0.25) -> NDArray[np.float32]:
    """A loop whose left channel is its own frame number; the right one is constant."""
    assert frames < 0.85 * _CODE
    left = (np.arange(frames) + 1) / _CODE
    return np.stack([left, np.full(frames, mark)], axis=1).astype(np.float32)


def numbers(samples: NDArray[np.float32]) -> NDArray[np.int64]:
    """Frame numbers in a counting loop that was played at 0 dB; -1 where it is silent."""
    return np.rint(samples[:, 0].astype(np.float64) * _CODE).astype(np.int64) - 1


def noise(frames: int, seed: int = 0, level: float = 0.1) -> NDArray[np.float32]:
    """A loop of noise."""
    drawn = np.random.default_rng(seed).standard_normal((frames, 2)) * level
    return np.clip(drawn, -0.5, 0.5).astype(np.float32)


def loop(audio: NDArray[np.float32], beats: int = 4, slot: int = 0) -> Loop:
    """A loop in a slot, with a key of its own."""
    return Loop(audio, beats, slot, f"key-{slot}")


class Stage:
    """A player's process with its arena and its client, as the supervisor would run it."""

    def __init__(
        self,
        run_dir: Path,
        output: str | None,
        *,
        module: str = "livediffusion.player.worker",
        **settings: Any,
    ) -> None:
        self._module = module
        self.arena = Arena.create(run_dir / "arena")
        self.settings = PlayerSettings(run_dir, output, **settings)
        self.player = Player(run_dir)
        self.events: list[Event] = []
        self.start()

    def start(self) -> None:
        """Start the process, again if need be."""
        self.process: subprocess.Popen[bytes]
        self.lifeline: Connection
        self.process, self.lifeline = launch.start("player", self._module, self.settings)

    def load(self, slot: int, audio: NDArray[np.float32]) -> None:
        """Put a loop into a slot, as the renderer does."""
        self.arena.slot(slot, len(audio))[:] = audio

    def wait_for(
        self,
        kind: type[Kind],
        fits: Callable[[Kind], bool] = lambda event: True,
        timeout_s: float = 20.0,
    ) -> Kind:
        """The next event of a kind that fits; those before it are passed over."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            self.events.extend(self.player.poll())
            while self.events:
                event = self.events.pop(0)
                if isinstance(event, kind) and fits(event):
                    return event
            time.sleep(0.005)
        raise AssertionError(f"no {kind.__name__} came; log:\n{self.log()}")

    def wait_for_beat(self, beat: float, timeout_s: float = 20.0) -> None:
        """Wait until the song has come to a beat."""
        end = time.monotonic() + timeout_s
        while self.arena.read_transport().beat < beat:
            assert time.monotonic() < end, f"beat {beat} never came; log:\n{self.log()}"
            time.sleep(0.01)

    def log(self) -> str:
        """What the process has logged and printed."""
        folder = self.settings.run_dir
        texts = [*sorted(folder.glob("*.log")), folder / "player.out"]
        return "\n".join(path.read_text() for path in texts if path.exists())

    def end(self) -> int:
        """Ask for an orderly end; the exit code."""
        self.player.close()
        if self.process.poll() is None:
            self.lifeline.send_bytes(b"end")
        try:
            return self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
