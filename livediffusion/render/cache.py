"""Least recently used loops, pictures and phases, limited by memory.

Threading: used by the renderer's working thread only.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from livediffusion.render.apart import array_apart, tensor_apart
from livediffusion.render.loop import Loop
from livediffusion.render.request import RenderRequest

if TYPE_CHECKING:
    from torch import Tensor


class Sized(Protocol):
    """Anything that knows how many bytes it holds."""

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        ...


T = TypeVar("T", bound=Sized)


class MemoryLru(Generic[T]):
    """Keeps the most recently used values as long as together they fit into `budget` bytes."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.held = 0  # bytes
        self._items: OrderedDict[str, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def get(self, key: str) -> T | None:
        """The value under a key, which becomes the most recently used; None when it is gone."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    def put(self, key: str, value: T) -> None:
        """Keep a value, dropping the least recently used ones; one over budget is not kept."""
        self.drop(key)
        if value.nbytes > self.budget:
            return
        self._items[key] = value
        self.held += value.nbytes
        while self.held > self.budget:
            _, dropped = self._items.popitem(last=False)
            self.held -= dropped.nbytes

    def drop(self, key: str) -> None:
        """Forget a value, if it is there."""
        dropped = self._items.pop(key, None)
        if dropped is not None:
            self.held -= dropped.nbytes

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self.held = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Phase:
    """Where a loop's phase ended, and the loop's request."""

    request: RenderRequest
    values: Any  # a tensor

    @property
    def nbytes(self) -> int:
        return int(self.values.nbytes)

    def suits(self, request: RenderRequest) -> bool:
        """Whether a loop may start from it: the same pictures laid out on the same circle."""
        mine = self.request
        same = (mine.model_hash, mine.beats, mine.tempo, mine.phase)
        return same == (request.model_hash, request.beats, request.tempo, request.phase)


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A picture, and how many were denoised at once."""

    batch: int
    values: Any  # a tensor

    @property
    def nbytes(self) -> int:
        return int(self.values.nbytes)


def _alone(request: RenderRequest) -> str:
    """The key of a picture, however many were denoised at once."""
    return replace(request, batch=1).picture_key()


class LoopCache:
    """What one renderer remembers, within `megabytes`.

    Loops take three quarters. Pictures (so that a new tempo needs no diffusing) and the phases
    of the last few loops (so that a follower starts warm) share the rest.
    """

    def __init__(self, megabytes: float) -> None:
        total = int(megabytes * 2**20)
        self._loops: MemoryLru[Loop] = MemoryLru(total * 3 // 4)
        self._pictures: MemoryLru[_Picture] = MemoryLru(total // 8)
        self._phases: MemoryLru[_Phase] = MemoryLru(total // 8)
        self._held: dict[str, _Picture] = {}

    def loop(self, request: RenderRequest) -> Loop | None:
        """A loop that answers a request, whatever phase it once started from."""
        found = self._loops.get(request.cache_key())
        if found is None:
            return None
        self._phases.get(found.request.audio_key())  # its followers will want it
        return replace(found, cached=True)

    def picture(self, request: RenderRequest) -> Any:
        """The picture (channels, bands, columns) of a request, or None."""
        kept = self._picture(request)
        return kept.values if kept is not None and kept.batch == request.batch else None

    def as_kept(self, request: RenderRequest) -> RenderRequest:
        """The request as its picture was made, be it among others."""
        kept = self._picture(request)
        return request if kept is None else replace(request, batch=kept.batch)

    def _picture(self, request: RenderRequest) -> _Picture | None:
        key = _alone(request)
        return self._held.get(key) or self._pictures.get(key)

    def phase(self, request: RenderRequest) -> Any:
        """The phase that a request wants to start from; None when there is none that suits it."""
        if request.phase_from is None:
            return None
        kept = self._phases.get(request.phase_from)
        return kept.values if kept is not None and kept.suits(request) else None

    def keep_picture(self, request: RenderRequest, picture: Tensor) -> None:
        """Remember a picture."""
        if self._pictures.budget:
            self._pictures.put(_alone(request), _Picture(request.batch, tensor_apart(picture)))

    def hold_picture(self, request: RenderRequest, picture: Tensor) -> None:
        """Remember one that is about to be needed, whatever room there is, until `let_go`."""
        self._held[_alone(request)] = _Picture(request.batch, picture)
        self.keep_picture(request, picture)

    def let_go(self) -> None:
        """What was held is needed no more than others."""
        self._held.clear()

    def keep_loop(self, loop: Loop, phase: Tensor) -> None:
        """Remember a loop and the phase that followers may start from."""
        if self._loops.budget:
            kept = replace(loop, audio=array_apart(loop.audio))
            self._loops.put(loop.request.cache_key(), kept)
        if self._phases.budget:
            key = loop.request.audio_key()
            self._phases.put(key, _Phase(loop.request, tensor_apart(phase)))

    def clear(self) -> None:
        """Forget everything, when memory runs out."""
        for part in (self._loops, self._pictures, self._phases, self._held):
            part.clear()
