"""From requests to latents: prompts, noise, seed images and denoising, brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from livediffusion.render import sampler
from livediffusion.render.cache import MemoryLru
from livediffusion.render.engines import canvas
from livediffusion.render.engines.components import Components
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.denoiser import Denoiser
from livediffusion.render.engines.prediction import Prediction, Together
from livediffusion.render.engines.start import Starts
from livediffusion.render.engines.text import TextEncoder
from livediffusion.render.request import RenderRequest
from livediffusion.spectrogram.params import SpectrogramParams

_NOISE_BYTES = 16 * 2**20


class Latents:
    """Denoises one picture, or several at once, and keeps the latest noise.

    Threading: used by one thread at a time.
    """

    def __init__(
        self,
        parts: Components,
        params: SpectrogramParams,
        compute: Compute,
        denoiser: Denoiser,
        text: TextEncoder,
        starts: Starts,
    ) -> None:
        self._parts = parts
        self._params = params
        self._compute = compute
        self._denoiser = denoiser
        self._text = text
        self._starts = starts
        self._drawn: MemoryLru[Tensor] = MemoryLru(_NOISE_BYTES)
        self.singly = False  # never more than one at a time in the network

    def contexts(self, requests: Sequence[RenderRequest]) -> list[Tensor]:
        """Each request's embeddings, (1 or 2, tokens, width); negative ones first."""
        found = []
        for one in requests:
            negative = one.negative if one.guidance > 1.0 else None
            found.append(self._text.context(one.prompts, negative))
        return found

    def of(
        self,
        requests: Sequence[RenderRequest],
        contexts: Sequence[Tensor],
        on_step: Callable[[], None],
    ) -> Tensor:
        """Latents (n, C, h, w), float32 on the device, of requests with the same `company_key`."""
        first = requests[0]
        pairs = zip(requests, contexts, strict=True)
        predictions = tuple(self._prediction(one, context) for one, context in pairs)
        predict = predictions[0] if len(predictions) == 1 else Together(predictions)
        shape = canvas.latent_shape(self._parts.vae, self._params, first.beats)
        streams = [self._noise(one, shape) for one in requests]
        noise = (torch.cat(drawn).to(self._compute.device) for drawn in zip(*streams, strict=True))
        scheduler = sampler.fresh_scheduler(self._parts.scheduler, first.sampler)
        start = self._start(requests, shape[2:]) if first.seed_image else None
        return sampler.sample(predict, scheduler, first.steps, noise, start, on_step)

    def _prediction(self, request: RenderRequest, context: Tensor) -> Prediction:
        device, dtype = self._compute.device, self._parts.unet.dtype
        return Prediction(
            self._denoiser,
            dtype,
            context=context.to(device, dtype),
            each=self._text.each(request.prompts).to(device, dtype),
            weights=tuple(weight for _, weight in request.prompts),
            guidance=request.guidance,
            apart=self._params.apart,
            singly=self.singly,
        )

    def _noise(self, request: RenderRequest, shape: tuple[int, ...]) -> Iterator[Tensor]:
        if request.noise == "device":
            where, dtype = self._compute.device, self._compute.dtype
        else:
            where, dtype = torch.device("cpu"), torch.float32
        return sampler.noise_stream(request.seeds, shape, where, dtype, self._drawn)

    def _start(self, requests: Sequence[RenderRequest], size: tuple[int, int]) -> sampler.Start:
        """Where all of them begin: each at its seed image."""
        starts = [self._starts.of(one, size) for one in requests]
        if len(starts) == 1:
            return starts[0]
        repaints = [one.repaint for one in starts if one.repaint is not None]
        latents = torch.cat([one.latents for one in starts])
        return sampler.Start(latents, starts[0].strength, torch.cat(repaints) if repaints else None)
