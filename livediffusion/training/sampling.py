"""Sample a model folder the way the render engine does, for evaluation and tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from livediffusion.spectrogram.circular import make_circular_in_time
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.training import text
from livediffusion.training.denoiser import GRID, Networks
from livediffusion.training.noise import STEPS
from livediffusion.training.pictures import from_model, to_model

CHUNK = 16  # loops sampled at a time


@dataclass(frozen=True, slots=True)
class Model:
    """A pipeline's parts in float32, ready to sample."""

    networks: Networks
    vae: AutoencoderTiny
    tokenizer: CLIPTokenizer
    scheduler: DDIMScheduler
    params: SpectrogramParams

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Load an exported folder; time wraps in the autoencoder, not in the denoiser."""
        unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
        encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
        vae = AutoencoderTiny.from_pretrained(folder / "vae", torch_dtype=torch.float32)
        scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")
        networks = Networks(unet.eval(), encoder.eval())
        tokenizer = text.load_tokenizer(folder / "tokenizer")
        make_circular_in_time(vae)
        params = SpectrogramParams.load(folder)
        return cls(networks, vae.eval(), tokenizer, scheduler, params)

    def embed(self, prompts: Sequence[str]) -> Tensor:
        """Embeddings (n, tokens, width)."""
        with torch.no_grad():
            ids = text.token_ids(self.tokenizer, prompts)
            return text.embed(self.networks.text_encoder, ids)

    def noise(self, seeds: Sequence[int]) -> Tensor:
        """Starting noise (n, k, h, w), one seed each."""
        shape = (1, self.networks.unet.config.in_channels, *GRID)
        draw = [torch.randn(shape, generator=torch.Generator().manual_seed(s)) for s in seeds]
        return torch.cat(draw)

    @torch.no_grad()
    def latents(
        self, embeddings: Tensor, noise: Tensor, steps: int = 4, guidance: float = 1.0
    ) -> Tensor:
        """Sampled latents (n, k, h, w), deterministic given the noise."""
        blank = self.embed([""]) if guidance > 1.0 else None

        def predict(x: Tensor, t: Tensor, words: Tensor) -> Tensor:
            v = self._velocity(x, t, words)
            if blank is None:
                return v
            without = self._velocity(x, t, blank.expand_as(words))
            return without + guidance * (v - without)

        chunks = zip(embeddings.split(CHUNK), noise.split(CHUNK), strict=True)
        return torch.cat([self._sample(partial(predict, words=e), n, steps) for e, n in chunks])

    @torch.no_grad()
    def between(self, ends: Tensor, weights: Tensor, noise: Tensor, steps: int = 4) -> Tensor:
        """Latents (n, k, h, w) on the way between two prompts (2, tokens, width).

        `weights` (n,) are the second one's. Blended as the engine does it: predictions at first,
        embeddings in the rest of the steps.
        """
        shares = weights[:, None, None]
        blended = torch.lerp(ends[:1], ends[1:], shares)
        first = (1.0 - self.params.apart) * STEPS

        def predict(x: Tensor, t: Tensor) -> Tensor:
            if float(t) < first:
                return self._velocity(x, t, blended)
            one, other = (self._velocity(x, t, end.expand_as(blended)) for end in ends.split(1))
            return torch.lerp(one, other, shares[..., None])

        return self._sample(predict, noise, steps)

    def _velocity(self, x: Tensor, t: Tensor, words: Tensor) -> Tensor:
        v: Tensor = self.networks.unet(x, t, words).sample
        return v

    def _sample(self, predict: Callable[[Tensor, Tensor], Tensor], x: Tensor, steps: int) -> Tensor:
        self.scheduler.set_timesteps(steps)
        x = x * self.scheduler.init_noise_sigma
        for t in self.scheduler.timesteps:
            x = self.scheduler.step(predict(x, t), t, x).prev_sample
        return x

    @torch.no_grad()
    def pictures(self, latents: Tensor) -> Tensor:
        """Pictures (n, channels, bands, columns) of latents."""
        scaling, patch = self.vae.config.scaling_factor, self.params.patch
        parts = (self.vae.decoder(z / scaling) for z in latents.split(CHUNK))
        return torch.cat([from_model(part, patch) for part in parts])

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """Latents of pictures (n, channels, bands, columns) in bytes or 0..1."""
        scaling, patch = self.vae.config.scaling_factor, self.params.patch
        parts = pictures.split(CHUNK)
        return torch.cat([scaling * self.vae.encoder(to_model(part, patch)) for part in parts])
