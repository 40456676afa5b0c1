"""A rendered loop, and the stopwatch that its rendering is timed with. No torch here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from livediffusion.render.request import RenderRequest

Stage: TypeAlias = Literal["text", "denoise", "decode", "phase", "level"]
STAGES: tuple[Stage, ...] = ("text", "denoise", "decode", "phase", "level")


class Cancelled(Exception):  # noqa: N818 - nothing is wrong, somebody changed their mind
    """Raised by a progress callback to drop the render in flight."""


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop that is ready to be played.

    `request` is what was really rendered (hashes filled in, `phase_from` None after a cold
    start). `peak` is linear, `loudness` in LUFS, times in milliseconds. Audio that came from
    the cache tells the stages of its first rendering and the `render_ms` of now.
    """

    audio: NDArray[np.float32]  # (frames, 2) at 48 kHz
    request: RenderRequest
    peak: float
    loudness: float
    cold: bool
    stages: dict[str, float]
    render_ms: float
    cached: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of its audio."""
        return int(self.audio.nbytes)


def _carry_on() -> None:
    """The progress callback of those who do not want to know."""


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds spent in each stage of one render.

    `progress` is called as each stage begins and before each sampler step; it may raise
    `Cancelled`.
    """

    progress: Callable[[], None] = _carry_on
    stages: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    began: float = field(default_factory=time.perf_counter)

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        self.progress()
        start = time.perf_counter()
        yield
        self.stages[name] += (time.perf_counter() - start) * 1e3

    @property
    def total_ms(self) -> float:
        """Milliseconds since the stopwatch was made."""
        return (time.perf_counter() - self.began) * 1e3
