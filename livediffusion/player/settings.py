"""What the player process is started with. No numpy here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livediffusion.types import SAMPLE_RATE, Frames

SOCKET = "player.sock"


@dataclass(frozen=True, slots=True)
class PlayerSettings:
    """What the player is started with.

    `output` is a device (name, part of it, or index), "null", a .wav or .flac file, or None for
    the system's default device. `blocksize` 0 leaves it to the device. `channels` are the
    device's channels, from 1, that get left and right; a single one gets their mean.
    """

    run_dir: Path
    output: str | None = None
    sample_rate: int = SAMPLE_RATE
    blocksize: Frames = 0
    channels: tuple[int, ...] = (1, 2)
    fade_ms: float = 60.0
    beats_per_bar: int = 4

    @property
    def arena_path(self) -> Path:
        """The run's memory-mapped file."""
        return self.run_dir / "arena"

    @property
    def socket_path(self) -> Path:
        """The socket on which the player listens."""
        return self.run_dir / SOCKET

    def __post_init__(self) -> None:
        if len(self.channels) not in (1, 2) or min(self.channels) < 1:
            raise ValueError("channels must be one or two numbers from 1")
