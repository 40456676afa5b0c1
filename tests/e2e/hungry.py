"""The renderer, on a device whose memory runs out whenever a prompt asks for it.

python hungry.py play PATCH ...    as `livediffusion play`, with this renderer
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from stand_in import play_with, started_by

from livediffusion.render.settings import RendererSettings

WORD = "hungry"
TIMES = 2  # that memory runs out: an empty cache is not enough


def main(settings: RendererSettings, lifeline: Connection) -> None:
    """Serve as the real one does."""
    import torch

    from livediffusion.render import worker
    from livediffusion.render.engines.stable_diffusion import StableDiffusion

    picture, left = StableDiffusion.picture, [TIMES]

    def starving(self: StableDiffusion, request: Any, *rest: Any) -> Any:
        if left[0] and any(WORD in text for text, _ in request.prompts):
            left[0] -= 1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return picture(self, request, *rest)

    StableDiffusion.picture = starving  # type: ignore[method-assign]
    worker.main(settings, lifeline)


inside = started_by(__file__)

if __name__ == "__main__":
    play_with(__file__)
