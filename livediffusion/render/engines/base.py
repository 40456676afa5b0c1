"""What the renderer asks of an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from torch import Tensor

from livediffusion.render.loop import Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.spectrogram.params import SpectrogramParams

Notice: TypeAlias = Callable[[str], None]  # receives one sentence for the performer


class Engine(Protocol):
    """A warm model that turns requests into spectrogram pictures.

    Threading: used by one thread at a time. A `progress` callback may have another picture
    rendered before it returns, so nothing that this would overwrite may be kept from step to step.
    """

    name: str
    hash: str
    params: SpectrogramParams
    engine_id: str
    is_alike_in_batches: bool

    def settle(self, request: RenderRequest) -> RenderRequest:
        """The request with its hashes filled in; UserError when this engine cannot render it."""
        ...

    def picture(self, request: RenderRequest, watch: Stopwatch) -> Tensor:
        """Render a settled request to a picture (channels, bands, columns), float32 on the CPU.

        Values lie in 0..1, 1 is loudest, row 0 is the highest band. Raises Cancelled when the
        watch's progress callback does, UserError when the model gives no finite numbers.
        """
        ...

    def pictures(self, requests: Sequence[RenderRequest], watch: Stopwatch) -> list[Tensor | None]:
        """The same for several that have their `company_key` in common, denoised together.

        There are as many as each one's `batch`; `picture` gives the same bits for any of them. None
        for one whose numbers are not finite: alone it may do; and for all where that does not hold
        (`is_alike_in_batches`).
        """
        ...

    def hasten(self) -> None:
        """Take seconds or minutes to become faster, where there is a way.

        Threading: may run beside `picture`, in another thread. Pictures stay the same, to the
        last bit where not `take_over` says otherwise.
        """
        ...

    def take_over(self) -> bool:
        """Between two loops: use what `hasten` has made ready; whether `engine_id` has changed.

        Pictures may then differ in their last bits.
        """
        ...

    @property
    def is_behind(self) -> bool:
        """Whether to `hasten` again would be of use: loops came that nothing is compiled for."""
        ...

    def shrink(self) -> str | None:
        """Do with less memory from now on, for the price of time.

        What changes, as the end of a sentence; None when nothing is left to be given up. Pictures
        may differ in their last bits, so `engine_id` changes.
        """
        ...
