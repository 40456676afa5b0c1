"""Guests: loops for others than the performance, rendered in the time that it leaves free.

A guest takes no slot and no room in the cache. One who wants a picture alone gets it from there if
the performance has left it. Between its stages and steps whatever the
performance wants is rendered first, within the guest's own call, so a guest that needs long gets
on even while the performance is busy; an engine may therefore keep nothing from step to step that
another render would overwrite. Sound and files are made by a thread of low priority: the
reconstruction of phase cannot be interrupted.

Threading: the renderer's working thread, but for `_finish`.
"""

from __future__ import annotations

import base64
import io
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from livediffusion.errors import UserError
from livediffusion.render.loader import is_out_of_memory
from livediffusion.render.loop import Cancelled, Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.types import SAMPLE_RATE, Json, Seconds

if TYPE_CHECKING:
    from livediffusion.render.engines.stable_diffusion import StableDiffusion

_NICE = 10  # of the finishing thread, where threads have a priority of their own
_JPEG_QUALITY = 90
_log = logging.getLogger(__name__)

Known: TypeAlias = Callable[[RenderRequest], Any]  # the picture of a settled request, or None


class Interrupted(Cancelled):
    """Raised by `make_way` when a guest must begin anew, as after a change of the model."""


@dataclass(frozen=True, slots=True)
class _Guest:
    id: int
    request: Json
    picture_only: bool = False


class Guests:
    """Those who wait, and the one who is inside."""

    def __init__(
        self,
        send: Callable[[Json], bool],
        make_way: Callable[[], None],
        known: Known = lambda request: None,
    ) -> None:
        """`make_way` lets everything that the performance wants pass; it may raise Cancelled."""
        self._send = send
        self._make_way = make_way
        self._known = known
        self._waiting: deque[_Guest] = deque()
        self._inside: _Guest | None = None
        self._unwanted = False  # the one who is inside

    @property
    def waiting(self) -> bool:
        """Whether somebody waits to be let in."""
        return bool(self._waiting)

    def take(self, message: Json) -> None:
        """Let somebody wait. Raises KeyError, TypeError or ValueError when it is no order."""
        picture_only = bool(message.get("picture_only", False))
        self._waiting.append(_Guest(int(message["id"]), dict(message["request"]), picture_only))

    def dismiss(self, number: int | None = None) -> None:
        """Forget a guest, or all, unanswered."""
        self._waiting = deque(g for g in self._waiting if number not in (None, g.id))
        if self._inside is not None and number in (None, self._inside.id):
            self._unwanted = True

    def refuse_all(self, why: str) -> None:
        """Turn away those who wait: nothing can be rendered."""
        while self._waiting:
            self._fail(self._waiting.popleft(), why, busy=True)

    def render_next(self, engine: StableDiffusion) -> None:
        """Render the first of those who wait and answer, whatever happens."""
        guest = self._inside = self._waiting.popleft()
        self._unwanted = False
        try:
            self._render(guest, engine)
        except Interrupted:
            self._waiting.appendleft(guest)
        except Cancelled:
            pass  # nobody waits for it any more
        except UserError as error:
            self._fail(guest, str(error))
        except Exception as error:
            self._explain(guest, error)
            if type(error).__name__ == "AcceleratorError":
                raise  # as for the performance's own
        finally:
            self._inside = None

    def _render(self, guest: _Guest, engine: StableDiffusion) -> None:
        try:
            request = RenderRequest.from_json(guest.request)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"The order is not understood ({error}); versions differ.") from error
        request = engine.settle(request)
        watch = Stopwatch(lambda: self._progress(engine))
        picture = self._known(request) if guest.picture_only else None
        if picture is None:  # alone, or the performance would have to wait longer for its turn
            picture = engine.picture(replace(request, batch=1), watch)
        picture = picture.cpu()
        work = (guest, engine, request, picture, watch)
        threading.Thread(target=self._finish, args=work, name="guest").start()

    def _progress(self, engine: StableDiffusion) -> None:
        """Between stages and steps: the performance comes first."""
        _wait_for_device(engine)
        self._make_way()
        if self._unwanted:
            raise Cancelled

    def _finish(
        self,
        guest: _Guest,
        engine: StableDiffusion,
        request: RenderRequest,
        picture: Any,
        watch: Stopwatch,
    ) -> None:
        """Make sound of a picture, and files of both. Threading: a thread of its own."""
        _step_back()
        try:
            if guest.picture_only:
                seconds = request.beats * 60.0 / request.tempo
                files = {"audio": "", "image": _text(_png(picture, engine, request))}
            else:
                files, seconds = _files(engine, request, picture)
            times = {"duration_s": seconds, "render_ms": watch.total_ms}
            self._send({"type": "guest", "id": guest.id, **files, **times})
        except UserError as error:
            self._fail(guest, str(error))
        except Exception as error:  # noqa: BLE001 - a guest must never end the renderer
            self._explain(guest, error)

    def _explain(self, guest: _Guest, error: Exception) -> None:
        if is_out_of_memory(error):
            self._fail(guest, "There is no memory left for this beside the performance.", busy=True)
            return
        _log.error("rendering for a guest failed", exc_info=error)
        self._fail(guest, f"This cannot be rendered ({type(error).__name__}); see the log.")

    def _fail(self, guest: _Guest, error: str, *, busy: bool = False) -> None:
        self._send({"type": "guest-failed", "id": guest.id, "error": error, "busy": busy})


def _step_back() -> None:
    """Give way to rendering and to the music: one CPU, and a low priority."""
    import torch

    torch.set_num_threads(1)  # holds for this thread alone
    if sys.platform == "linux":  # elsewhere it would be the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _wait_for_device(engine: StableDiffusion) -> None:
    """Let a device do what it was given, or the performance would stand in a queue of steps."""
    import torch

    device = engine.compute.device
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _files(
    engine: StableDiffusion, request: RenderRequest, picture: Any
) -> tuple[dict[str, str], Seconds]:
    """A loop as Riffusion's server answers it, and how long it is."""
    from livediffusion.render.offline import sound_of
    from livediffusion.render.soundfiles import sound_bytes

    loop, _ = sound_of(engine, request, picture, None, Stopwatch())
    audio = _text(sound_bytes(loop.audio, ".mp3"))
    return {"audio": audio, "image": _text(_jpeg(picture, engine))}, len(loop.audio) / SAMPLE_RATE


def _png(picture: Any, engine: StableDiffusion, request: RenderRequest) -> bytes:
    """A picture with tags for any decoder: as Riffusion weighs bands, at the loop's own tempo."""
    from livediffusion.spectrogram.image import image_exif, image_to_png, picture_to_image
    from livediffusion.spectrogram.translation import translate

    said = replace(engine.params, mel_norm="none", native_tempo=request.tempo)
    image = picture_to_image(translate(picture.float(), engine.params, said))
    return image_to_png(image, image_exif(said))


def _jpeg(picture: Any, engine: StableDiffusion) -> bytes:
    from livediffusion.spectrogram.image import image_exif, picture_to_image

    buffer = io.BytesIO()
    exif = image_exif(engine.params)
    picture_to_image(picture).save(buffer, format="JPEG", quality=_JPEG_QUALITY, exif=exif)
    return buffer.getvalue()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
