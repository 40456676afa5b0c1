"""Others than the performer who want something rendered: a short queue, served one by one.

The renderer sees to it that they never delay the performance (see `render/guests.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livediffusion.control.inbox import Inbox
from livediffusion.errors import UserError
from livediffusion.render.process import GuestFailed, GuestReady, Renderer
from livediffusion.render.request import RenderRequest
from livediffusion.render.riffusion import Inference, request_of, suited
from livediffusion.types import ModelDefaults

MOST_WAITING = 4


class Busy(Exception):  # noqa: N818 - a sentence for whoever asked, who may ask again
    """It cannot be served now; another time the same may be had."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A two-ended request, and the files that its images are."""

    inference: Inference
    seed_image: str
    beats: int
    mask: str = ""


@dataclass(slots=True)
class _Guest:
    wish: Wish | RenderRequest  # a request: its picture alone
    future: Future[GuestReady]
    id: int = -1  # once inside


class Guests:
    """Threading: any thread may `ask`; all else belongs to the control loop's."""

    def __init__(
        self,
        renderer: Renderer,
        inbox: Inbox,
        defaults: Callable[[], ModelDefaults | None],
        images: Path,
    ) -> None:
        """`defaults` are those of the model that is ready to render; None while there is none.

        `images` is the folder where seed and mask images are looked for first.
        """
        self.images = images
        self.requests: Callable[[str], RenderRequest | None] = lambda key: None  # of loops, by key
        self._renderer = renderer
        self._inbox = inbox
        self._defaults = defaults
        self._waiting: deque[_Guest] = deque()
        self._inside: _Guest | None = None

    def ask_for_picture(self, key: str) -> Future[GuestReady]:
        """Have the picture of a loop that was rendered, as a PNG; as `ask`. Raises UserError."""
        request = self.requests(key)
        if request is None:
            raise UserError(_UNKNOWN if key else "Nothing sounds yet.")
        return self.ask(request)

    def ask(self, wish: Wish | RenderRequest) -> Future[GuestReady]:
        """Have something rendered; the future raises UserError or Busy, and may be cancelled."""
        future: Future[GuestReady] = Future()
        if not self._inbox.ask(partial(self._take, _Guest(wish, future))):
            future.set_exception(Busy(_FULL))
        return future

    def look(self) -> None:
        """Forget those who have left, and let the next one in."""
        if self._inside is not None and self._inside.future.cancelled():
            self._renderer.dismiss(self._inside.id)
            self._inside = None
        defaults = self._defaults() if self._waiting else None
        while defaults is not None and self._waiting and self._inside is None:
            self._let_in(self._waiting.popleft(), defaults)

    def hear(self, event: GuestReady | GuestFailed) -> None:
        """The renderer has answered."""
        guest = self._inside
        if guest is None or guest.id != event.id:
            return
        self._inside = None
        if not guest.future.set_running_or_notify_cancel():
            return
        if isinstance(event, GuestReady):
            guest.future.set_result(event)
        else:
            guest.future.set_exception((Busy if event.busy else UserError)(event.error))

    def _take(self, guest: _Guest) -> None:
        self._waiting = deque(other for other in self._waiting if not other.future.cancelled())
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(guest)
        elif guest.future.set_running_or_notify_cancel():
            guest.future.set_exception(Busy(_FULL))

    def _let_in(self, guest: _Guest, defaults: ModelDefaults) -> None:
        if guest.future.cancelled():
            return
        is_request = isinstance(guest.wish, RenderRequest)
        try:
            request = _request(guest.wish, defaults)
        except UserError as error:
            if guest.future.set_running_or_notify_cancel():
                guest.future.set_exception(error)
            return
        guest.id = self._renderer.invite(request, picture_only=is_request)
        self._inside = guest


def _request(wish: Wish | RenderRequest, defaults: ModelDefaults) -> RenderRequest:
    """What the present model makes of a wish. Raises UserError."""
    if isinstance(wish, RenderRequest):
        if wish.model != defaults.name:
            raise UserError(f"This loop is of the model {wish.model}, which is gone: wait a loop.")
        return wish
    request = request_of(
        wish.inference,
        seed_image=wish.seed_image,
        mask=wish.mask,
        model=defaults.name,
        beats=wish.beats,
        tempo=defaults.native_tempo,
        sampler=defaults.sampler,
    )
    return suited(request, defaults.guidance, defaults.steps)


_UNKNOWN = (
    "This loop is from before a restart, and nobody knows how it was made: change something, and "
    "ask for the next."
)
_FULL = f"{MOST_WAITING} others wait already; ask again in a moment."
