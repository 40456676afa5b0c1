"""Where img2img begins: a seed image's latents, and a mask. The latest are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from livediffusion.render import sampler
from livediffusion.render.cache import MemoryLru
from livediffusion.render.engines import canvas, images
from livediffusion.render.engines.compute import Compute
from livediffusion.render.request import RenderRequest
from livediffusion.spectrogram.params import SpectrogramParams

# (module, what it is called, what it shall give): `StableDiffusion._finite`
Finite: TypeAlias = Callable[[Any, str, Callable[[], Tensor]], Tensor]
_CACHE_BYTES = 32 * 2**20


class Starts:
    """Begins denoising with the seed images of requests, which name them by path and by content.

    Threading: used by one thread at a time.
    """

    def __init__(
        self, vae: Any, params: SpectrogramParams, compute: Compute, finite: Finite
    ) -> None:
        self._vae = vae
        self._params = params
        self._device = compute.device
        self._finite = finite
        self._kept: MemoryLru[Tensor] = MemoryLru(_CACHE_BYTES)

    def of(self, request: RenderRequest, size: tuple[int, int]) -> sampler.Start:
        """Where a settled request's picture begins; `size` is that of its latents (h, w).

        They are sampled with the first seed's generator, as in Riffusion. Raises UserError for
        files that are no images.
        """
        latents = self._finite(self._vae, "encoder", lambda: self._drawn(request))
        repaint = self._mask(request, size) if request.mask else None
        return sampler.Start(latents, request.strength, repaint)

    def _drawn(self, request: RenderRequest) -> Tensor:
        """Latents (1, C, h, w), float32."""
        encoded = self._encoded(request)
        if encoded.shape[1] != int(self._vae.config.latent_channels):
            from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

            where = self._device if request.noise == "device" else torch.device("cpu")
            generator = torch.Generator(where).manual_seed(request.seeds[0][0])
            encoded = DiagonalGaussianDistribution(encoded).sample(generator=generator)
        return encoded.float() * float(self._vae.config.scaling_factor)

    def _encoded(self, request: RenderRequest) -> Tensor:
        """What the encoder says: latents, or the parameters (1, 2 C, h, w) of how they lie."""
        key = f"image {request.images_hash} {request.beats} {self._vae.dtype}"
        found = self._kept.get(key)
        if found is None:
            picture = images.seed_picture(request.seed_image, self._params, request.beats)
            channels = int(self._vae.config.in_channels)
            pixels = canvas.to_autoencoder(picture, self._params, channels)
            encoded = self._vae.encode(pixels.to(self._device, self._vae.dtype))
            is_drawn = hasattr(encoded, "latent_dist")
            found = encoded.latent_dist.parameters if is_drawn else encoded.latents
            self._kept.put(key, found)
        return found

    def _mask(self, request: RenderRequest, size: tuple[int, int]) -> Tensor:
        key = f"mask {request.images_hash} {request.beats} {size}"
        found = self._kept.get(key)
        if found is None:
            repaint = images.repaint_mask(request.mask, self._params, request.beats, size)
            found = repaint.to(self._device)
            self._kept.put(key, found)
        return found
