"""The engine that renders now and its cache of loops: made faster while they last, and smaller
where memory runs out."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from livediffusion.errors import UserError
from livediffusion.render.cache import LoopCache
from livediffusion.render.loader import is_out_of_memory
from livediffusion.render.loop import Loop, Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.types import Json

if TYPE_CHECKING:
    from livediffusion.render.engines.stable_diffusion import StableDiffusion

_TRIM_EVERY = 32  # orders: each time costs a tenth of a loop, and without it an hour costs 50 MiB
_log = logging.getLogger(__name__)


class EngineRoom:
    """One engine, or none yet.

    Threading: the renderer's working thread; an engine is hastened in a thread beside it. `notice`
    gets sentences for the performer, `changed` is called when `engine_id` has changed. `batch` is
    how many loops are rendered at once at the most, 0 for what is good on the engine's device.
    """

    def __init__(
        self,
        cache_mb: float,
        batch: int = 1,
        notice: Callable[[str], None] = lambda _: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.cache = LoopCache(cache_mb)
        self.engine: StableDiffusion | None = None
        self._batch = batch
        self._answered = 0  # orders
        self._alone = False  # memory does not suffice for several at once
        self._fresh: StableDiffusion | None = None  # has not rendered a loop yet
        self._notice = notice
        self._changed = changed

    @property
    def model(self) -> str:
        """The engine's name; "" while there is none."""
        return self.engine.name if self.engine is not None else ""

    def install(self, engine: StableDiffusion) -> None:
        """Let a loaded engine take the present one's place."""
        import torch

        torch.set_num_threads(engine.compute.threads)  # holds for this thread alone
        self.engine = self._fresh = engine
        self._alone = False
        free_memory()

    def clear(self) -> None:
        """Have no engine, and as much memory as can be had."""
        self.engine = self._fresh = None
        self.cache.clear()
        free_memory()

    def described(self) -> Json:
        """The engine as the control process shall know it; there must be one."""
        assert self.engine is not None
        params = self.engine.params
        return {
            "type": "model",
            "state": "ready",
            "model": self.engine.name,
            "hash": self.engine.hash,
            "engine_id": self.engine.engine_id,
            "defaults": {
                "steps": params.steps,
                "guidance": params.guidance,
                "sampler": params.sampler,
                "native_tempo": params.native_tempo,
                "batch": 1 if self._alone else self._batch or self.engine.compute.batch,
            },
        }

    def take_over(self) -> None:
        """Between two orders: let compiled networks take over that have become warm."""
        if self.engine is not None and self.engine.take_over():
            self._changed()

    def pictures(
        self, requests: Sequence[RenderRequest], progress: Callable[[], None]
    ) -> Stopwatch:
        """Make the pictures of several loops at once; `loop` then finds them, until `tidy_up`.

        What stands in one's way is left to `loop`. Where memory does not suffice, or exactness,
        that was the last time. Raises what `progress` raises.
        """
        from livediffusion.render.offline import render_pictures

        assert self.engine is not None
        if self._alone:  # ordered before that was known
            return Stopwatch()
        try:
            watch = render_pictures(self.engine, requests, self.cache, progress)
        except UserError:
            return Stopwatch()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._alone = True
        if self._alone:  # here the error is forgotten
            free_memory()
            self._notice("Memory ran out; from now on loops are rendered one by one.")
            self._changed()
            return Stopwatch()
        if not self.engine.is_alike_in_batches:
            _log.info("pictures depend on their place in a batch: they are rendered one by one")
            self._alone = True
            self._changed()
        return watch

    def tidy_up(self) -> None:
        """An order has been answered: what was held for it is needed no more."""
        self.cache.let_go()
        self._answered += 1
        if self._answered % _TRIM_EVERY == 0:
            _trim_heap()

    def loop(self, request: RenderRequest, progress: Callable[[], None]) -> Loop:
        """The loop of a request; where memory runs out, with less of it, as long as there is a way.

        Raises UserError, and what `progress` raises.
        """
        tries = 0
        while True:
            try:
                return self._loop(request, progress)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            # Here the error is forgotten, and with it what its traceback has held.
            if not self._make_room(tries):
                raise UserError("Memory ran out; use fewer beats, a smaller model or the CPU.")
            tries += 1

    def _loop(self, request: RenderRequest, progress: Callable[[], None]) -> Loop:
        from livediffusion.render.offline import render_loop

        assert self.engine is not None
        return render_loop(self.engine, request, self.cache, progress)

    def _make_room(self, tries: int) -> bool:
        """Empty the cache at first, then let the engine shrink; False when nothing is left."""
        self.cache.clear()
        free_memory()
        if tries == 0:
            self._notice("Memory ran out while rendering; the cache of loops was emptied.")
            return True
        smaller = self.engine.shrink() if self.engine is not None else None
        if smaller is None:
            return False
        self._alone = True
        self._notice(f"Memory ran out again; {smaller}.")
        self._changed()
        return True

    def hasten(self) -> None:
        """Make a model faster beside rendering, once its first loop, which must not wait, is out;
        again when loops of another shape have come.

        No daemon: cut off in the middle of native code at the process's end, it would abort.
        """
        engine, self._fresh = self._fresh, None
        if engine is None and self.engine is not None and self.engine.is_behind:
            engine = self.engine
        if engine is not None:
            threading.Thread(target=engine.hasten, name="hasten").start()


def free_memory() -> None:
    """Give back what an engine or a failed render left, on the device and in the heap."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    _trim_heap()


def _trim_heap() -> None:
    """Give freed pieces back, which glibc keeps: 130 MiB after nine loads of the pocket model."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
