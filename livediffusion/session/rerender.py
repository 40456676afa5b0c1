"""The loops of a session, rendered again, each from the phase of the one that it went on from."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livediffusion.errors import UserError
from livediffusion.render.cache import LoopCache, MemoryLru
from livediffusion.render.loop import Loop
from livediffusion.render.request import RenderRequest
from livediffusion.types import CHANNELS, Frames

if TYPE_CHECKING:
    from livediffusion.render.engines.base import Engine

_MEGABYTES = 2048.0  # an eighth each for pictures and phases
_LOOPS = 32  # whose sound is kept


class _Phases(LoopCache):
    """Pictures and phases, but no loops: one that started from another phase is another loop."""

    def __init__(self) -> None:
        super().__init__(_MEGABYTES)
        self._loops = MemoryLru(0)

    def loop(self, request: RenderRequest) -> Loop | None:
        return None

    def as_kept(self, request: RenderRequest) -> RenderRequest:
        return request  # to the last bit

    def holds(self, key: str) -> bool:
        """Whether a follower of this loop can start."""
        return key in self._phases


class Rerender:
    """Gives the sound of a loop by its key. See `tape.Sound`."""

    def __init__(
        self,
        requests: Mapping[str, RenderRequest],
        engines: Mapping[str, Engine],
        audible: Collection[str],
        steps: int | None = None,
    ) -> None:
        """`engines` by their models' names; loops that are not `audible` are not rendered."""
        self._requests = requests
        self._engines = engines
        self._audible = audible
        self._steps = steps
        self._phases = _Phases()
        self._made: dict[str, str] = {}  # from the keys of the session to those of now
        self._sounds: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def __call__(self, key: str, frames: Frames, beats: int) -> NDArray[np.float32]:
        """The sound, (frames, channels). Raises UserError when it cannot be rendered."""
        if key not in self._audible:
            return np.zeros((frames, CHANNELS), np.float32)
        if key not in self._sounds:
            self._sounds[key] = self._render_chain(key)
        self._sounds.move_to_end(key)
        while len(self._sounds) > _LOOPS:
            self._sounds.popitem(last=False)
        audio = self._sounds[key]
        if len(audio) != frames:
            raise UserError(f"A loop has {len(audio)} frames and had {frames}: versions differ.")
        return audio

    def _render_chain(self, key: str) -> NDArray[np.float32]:
        """Render a loop, and before it those before it whose phases are not there any more."""
        chain = [key]
        while before := self._requests[chain[-1]].phase_from:
            if self._phases.holds(self._made.get(before, "")) or before not in self._requests:
                break
            chain.append(before)
        for link in reversed(chain):
            audio = self._render(link)
        return audio

    def _render(self, key: str) -> NDArray[np.float32]:
        from livediffusion.render.offline import render_loop

        request = self._requests[key]
        engine = self._engines[request.model]
        request = dataclasses.replace(
            request,
            model_hash="",  # a changed model is said beforehand
            images_hash="",
            addons_hash="",
            steps=self._steps or request.steps,
            phase_from=self._made.get(request.phase_from or ""),
            batch=1 if self._steps else request.batch,
        )
        loop = render_loop(engine, request, self._phases)
        self._made[key] = loop.request.audio_key()
        return loop.audio
