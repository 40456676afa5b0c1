"""Loads models beside the working thread, so that the present one renders on meanwhile."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livediffusion.errors import UserError
from livediffusion.render.settings import RendererSettings, model_source

if TYPE_CHECKING:
    from livediffusion.render.engines.stable_diffusion import StableDiffusion

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
_log = logging.getLogger(__name__)


def is_out_of_memory(error: Exception) -> bool:
    """Whether Python's, torch's CPU or a device's memory has run out (each says it its own way)."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(words in said for words in _NO_MEMORY)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How a load ended: with a warm engine, or with one sentence."""

    model: str
    engine: StableDiffusion | None
    error: str = ""
    no_room: bool = False  # alone it may load


class Loader:
    """One load at a time; of those asked for meanwhile the newest is next.

    Threading: `ask` and `take` belong to the working thread. The loading thread imports torch,
    loads and warms up, leaves its result, calls `wake`, and ends.
    """

    def __init__(
        self, settings: RendererSettings, notice: Callable[[str], None], wake: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._notice = notice
        self._said: set[str] = set()
        self._wake = wake
        self._result: Loaded | None = None
        self._next: str | None = None
        self._beside = False  # the one being loaded must leave room for another
        self.model: str | None = None  # being loaded

    def ask(self, model: str, *, beside: bool = False) -> None:
        """Begin to load a model, after the one that is being loaded.

        With `beside` it shall not even be tried where memory is too short for it and the present
        one: of what the system then ends, this process comes first.
        """
        if self.model is not None:
            self._next = model if model != self.model else None
            return
        self.model, self._beside = model, beside
        threading.Thread(target=self._run, args=(model,), name="loader", daemon=True).start()

    def expects(self, model: str) -> bool:
        """Whether a model is on its way."""
        return model in (self.model, self._next)

    @property
    def ended(self) -> bool:
        """Whether a load has ended whose result was not taken yet."""
        return self._result is not None

    def take(self) -> Loaded | None:
        """The result of a load that has ended, once; the next one begins."""
        result, self._result = self._result, None
        if result is None:
            return None
        self.model = None
        following, self._next = self._next, None
        if following is not None:
            self.ask(following, beside=self._beside)
        return result

    def _say_once(self, sentence: str) -> None:
        """Tell the performer, but not at each change of the model."""
        if sentence not in self._said:
            self._said.add(sentence)
            self._notice(sentence)

    def _run(self, model: str) -> None:
        with _no_collecting():
            self._result = self._load(model)
        self._wake()

    def _load(self, model: str) -> Loaded:
        settings = self._settings
        try:
            source = model_source(model, settings.models)  # a wrong name need not wait for torch
            from livediffusion.render.offline import open_engine, warm_up

            if self._beside and not has_room(model, source, settings.device):
                raise MemoryError
            engine = open_engine(
                model,
                models=settings.models,
                device=settings.device,
                dtype=settings.dtype,
                threads=settings.threads,
                phase=settings.phase,
                compiles=settings.compile,
                addons=settings.addons,
                decoder=settings.decoder,
                notice=self._say_once,
            )
            warm_up(engine)
        except UserError as error:
            return Loaded(model, None, str(error))
        except Exception as error:  # noqa: BLE001 - a load must never end the renderer
            if is_out_of_memory(error):
                sentence = f"There is no room for model '{model}'; choose a smaller one."
                return Loaded(model, None, sentence, no_room=True)
            _log.exception("loading %s", model)
            sentence = f"Model '{model}' does not load ({type(error).__name__}); see the log."
            return Loaded(model, None, sentence)
        return Loaded(model, engine)


def has_room(model: str, source: str, device: str) -> bool:
    """Whether there is memory for a model beside what is loaded, as far as the system tells.

    Half-precision files become twice as large on the CPU, and what a loop needs comes on top.
    """
    import torch

    from livediffusion.render.engines.hub import locate

    found = locate(model, source)
    size = sum((found.path / file).stat().st_size for file in found.files())
    if torch.cuda.is_available() and device != "cpu":
        return size * 1.3 < torch.cuda.mem_get_info()[0]
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        return True  # nobody says
    return size * 2.0 < free


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Let Python look for garbage only afterwards: among the half million objects that come to
    stay there is none, and looking takes a seventh of the time that imports do."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
