"""A model folder of any geometry, opened for learning, and written again with what it learned."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render import sampler
from livediffusion.render.engines import canvas
from livediffusion.render.engines.components import Components, load_components
from livediffusion.render.engines.compute import choose_compute
from livediffusion.render.engines.folder import ModelFolder
from livediffusion.render.engines.hub import locate
from livediffusion.spectrogram.circular import make_circular_in_time
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.training.own.loops import BEATS

CHUNK = 16  # loops at a time
TAUGHT = ("unet", "text_encoder")  # the parts that learn


@dataclass(frozen=True, slots=True)
class Model:
    """A pipeline's parts in float32 on the CPU; shapes are the folder's own."""

    folder: ModelFolder
    parts: Components
    params: SpectrogramParams

    @classmethod
    def load(cls, name: str, source: str, threads: int) -> Model:
        """Load a folder or hub name; UserError where it does not load or fit together."""
        folder = locate(name, source)
        compute = choose_compute("cpu", "float32", threads, lambda _: None)
        parts = load_components(folder, compute)
        params = SpectrogramParams.load(folder.path)
        canvas.check_fit(parts.vae, parts.unet, params, name)
        if parts.scheduler.config.prediction_type not in ("epsilon", "v_prediction"):
            raise UserError(f"Model '{name}' predicts neither noise nor v; choose another one.")
        make_circular_in_time(parts.vae)
        return cls(folder, parts, params)

    def copy(self) -> Model:
        """A twin whose denoiser and text encoder learn on their own."""
        old = self.parts
        twin = Components(
            tokenizer=old.tokenizer,
            text_encoder=copy.deepcopy(old.text_encoder),
            unet=copy.deepcopy(old.unet),
            vae=old.vae,
            scheduler=old.scheduler,
            hash="",
        )
        return Model(self.folder, twin, self.params)

    def embed(self, prompts: Sequence[str]) -> Tensor:
        """Embeddings (n, tokens, width), prompts cut to the encoder's window."""
        tokenizer, encoder = self.parts.tokenizer, self.parts.text_encoder
        window = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
        batch = tokenizer(
            list(prompts),
            padding="max_length",
            max_length=window,
            truncation=True,
            return_tensors="pt",
        )
        hidden: Tensor = encoder(batch.input_ids)[0]
        return hidden

    def predict(self, noisy: Tensor, timesteps: Tensor, embeddings: Tensor) -> Tensor:
        """What the denoiser says of noisy latents (n, k, h, w) at timesteps (n,)."""
        out: Tensor = self.parts.unet(noisy, timesteps, embeddings, return_dict=False)[0]
        return out

    def target(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What it should say."""
        if self.parts.scheduler.config.prediction_type == "epsilon":
            return noise
        velocity: Tensor = self.parts.scheduler.get_velocity(clean, noise, timesteps)
        return velocity

    def shape(self) -> tuple[int, ...]:
        """Shape (k, h, w) of the latents of one piece."""
        return canvas.latent_shape(self.parts.vae, self.params, BEATS)[1:]

    @torch.no_grad()
    def latents(self, prompts: Sequence[str], seeds: Sequence[int]) -> Tensor:
        """Latents (n, k, h, w) of a prompt and a seed each, sampled as the engine does."""
        done = []
        for first in range(0, len(prompts), CHUNK):
            texts = prompts[first : first + CHUNK]
            embeddings = self.embed(texts)
            noise = self._noise(seeds[first : first + CHUNK])
            scheduler = sampler.fresh_scheduler(self.parts.scheduler, self.params.sampler)
            predict = self._guided(embeddings)
            done.append(sampler.sample(predict, scheduler, self.params.steps, noise))
        return torch.cat(done)

    def _guided(self, embeddings: Tensor) -> sampler.Predict:
        guidance = self.params.guidance
        blank = self.embed([""]).expand_as(embeddings) if guidance > 1.0 else None

        def predict(latents: Tensor, t: Tensor) -> Tensor:
            times = t.reshape(1).expand(len(latents))
            seen = self.predict(latents, times, embeddings)
            if blank is None:
                return seen
            without = self.predict(latents, times, blank)
            return without + guidance * (seen - without)

        return predict

    def _noise(self, seeds: Sequence[int]) -> Iterator[Tensor]:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        while True:
            yield torch.stack([torch.randn(self.shape(), generator=one) for one in generators])

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (n, k, h, w) of pictures (n, channels, bands, columns)."""
        vae, eaten = self.parts.vae, int(self.parts.vae.config.in_channels)
        pixels = torch.cat([canvas.to_autoencoder(one, self.params, eaten) for one in pictures])
        done = []
        for chunk in pixels.split(CHUNK):
            encoded = vae.encode(chunk)
            mode = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else None
            done.append(encoded.latents if mode is None else mode)
        return torch.cat(done) * float(vae.config.scaling_factor)

    @torch.no_grad()
    def pictures(self, latents: Tensor) -> Tensor:
        """Pictures (n, channels, bands, columns) of latents."""
        vae = self.parts.vae
        scaled = latents / float(vae.config.scaling_factor)
        decoded = [vae.decode(chunk, return_dict=False)[0] for chunk in scaled.split(CHUNK)]
        singly = torch.cat(decoded).split(1)
        return torch.stack([canvas.from_autoencoder(one, self.params) for one in singly])

    def save(self, out: Path) -> None:
        """Write a whole folder: what was taught in half precision, all else copied."""
        source = self.folder.path
        taught = {file for part in TAUGHT for file in self.folder.weights[part].files}
        for file in self.folder.files():
            if file not in taught:
                (out / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / file, out / file)
        for part in TAUGHT:
            half = copy.deepcopy(getattr(self.parts, part)).to(torch.float16)
            half.save_pretrained(out / part, safe_serialization=True)
            # What save_pretrained adds to it, as the type of numbers, would be believed.
            shutil.copyfile(source / part / "config.json", out / part / "config.json")
