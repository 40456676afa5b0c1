"""Any Stable Diffusion 1.x folder as an engine: Riffusion, its kin, and the pocket model."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from livediffusion.errors import UserError
from livediffusion.render.engines import canvas
from livediffusion.render.engines.additions import Additions
from livediffusion.render.engines.base import Notice
from livediffusion.render.engines.compiled import Compiled
from livediffusion.render.engines.components import Components, lay_out
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.decoders import Decoders
from livediffusion.render.engines.denoiser import Denoiser
from livediffusion.render.engines.finite import finite
from livediffusion.render.engines.images import images_hash
from livediffusion.render.engines.latents import Latents
from livediffusion.render.engines.start import Starts
from livediffusion.render.engines.text import TextEncoder
from livediffusion.render.loop import Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import Addons
from livediffusion.spectrogram.params import PhaseChoice, SpectrogramParams

_log = logging.getLogger(__name__)

_EXPORTED_CLOSED = (
    "'{name}' was exported with its seam closed, so its loops close where Riffusion's would not; "
    "for an open seam play the folder that it came from."
)
# what is given up when memory runs out, in this order: its name in `engine_id`, and in words
_SAVINGS = (
    ("one-by-one", "prompts and attention are now computed piece by piece, which takes longer"),
    ("tiled", "pictures are now decoded in tiles"),
)


class StableDiffusion:
    """A warm text-to-spectrogram pipeline. See `Engine` for the contract.

    Threading: used by one thread at a time.
    """

    def __init__(
        self,
        name: str,
        parts: Components,
        params: SpectrogramParams,
        compute: Compute,
        notice: Notice,
        addons: Addons | None = None,
    ) -> None:
        canvas.check_fit(parts.vae, parts.unet, params, name)
        self.name = name
        self.hash = parts.hash
        self.params = params
        self.compute = compute
        self.phase: PhaseChoice = "model"  # where a request does not say
        self.engine_id = compute.identity(parts.backend)
        self._parts = parts
        self._text = TextEncoder(parts.tokenizer, parts.text_encoder, notice)
        lay_out(parts, compute)
        self._compiles = compute.compiles and isinstance(parts.unet, nn.Module)
        where = compute.device if self._compiles else None
        self._denoiser = Denoiser(parts.unet, where, parts.hash)
        self._decoders = Decoders(parts.vae, where)
        self.additions = Additions(parts, self._text, addons or Addons(), compute, notice)
        starts = Starts(parts.vae, params, compute, self._finite)
        self._latents = Latents(parts, params, compute, self._denoiser, self._text, starts)
        self._hastening = threading.Lock()
        self._notice = notice
        self._said: set[str] = set()
        self._savings = 0  # how often it had to shrink
        self._alike: set[object] = set()  # shapes in which that has been looked at:
        self.is_alike_in_batches = True  # pictures are the same in a batch of others and of itself

    def settle(self, request: RenderRequest) -> RenderRequest:
        """Fill in the hashes; UserError when this engine cannot render the request."""
        request.check()
        if request.model != self.name:
            raise UserError(f"Model '{request.model}' is not loaded; '{self.name}' is.")
        if request.model_hash not in ("", self.hash):
            raise UserError(
                f"This loop was made with other weights of '{self.name}'; "
                f"install those, or render it anew."
            )
        found = images_hash(request)
        if request.images_hash not in ("", found):
            raise UserError(f"{request.seed_image} or its mask has changed since; restore them.")
        phase = self.phase if request.phase == "model" else request.phase
        request = self.additions.settle(request)
        return dataclasses.replace(request, model_hash=self.hash, images_hash=found, phase=phase)

    @torch.inference_mode()
    def picture(self, request: RenderRequest, watch: Stopwatch) -> Tensor:
        """Render a settled request to a picture (channels, bands, columns), float32, 0..1.

        It lies on the engine's device where that can reconstruct phase, else on the CPU.
        """
        latents = self._denoise([request] * request.batch, watch)
        return self._decoded(request, latents[:1], watch)

    @torch.inference_mode()
    def pictures(self, requests: Sequence[RenderRequest], watch: Stopwatch) -> list[Tensor | None]:
        """See `Engine`: denoised together, decoded one by one.

        The first time in a shape, one is denoised again in a batch of itself: kernels for which
        places in a batch differ are not known, but nobody can know all kernels.
        """
        if not self.is_alike_in_batches:
            return [None for _ in requests]
        latents = self._denoise(requests, watch)
        shape = (latents.shape, len(requests[0].prompts), requests[0].guidance > 1.0)
        if shape not in self._alike:
            last = self._denoise([requests[-1]] * len(requests), watch)[:1]
            self.is_alike_in_batches = torch.equal(last, latents[-1:])
            self._alike.add(shape)
            if not self.is_alike_in_batches:
                return [None for _ in requests]
        return [
            self._decoded(request, one, watch) if bool(one.isfinite().all()) else None
            for request, one in zip(requests, latents.split(1), strict=True)
        ]

    def _denoise(self, requests: Sequence[RenderRequest], watch: Stopwatch) -> Tensor:
        """Latents (n, C, h, w), float32 on the device; finite ones if all requests are the same.

        Of several others those that overflow stay so: in float32 all of them would be others.
        """

        def on_step() -> None:
            watch.progress()
            self._wear(requests[0])  # another picture may have been rendered meanwhile

        with watch.stage("text"):
            self._wear(requests[0])
            contexts = self._latents.contexts(requests)
        with watch.stage("denoise"):
            run = partial(self._latents.of, requests, contexts, on_step)
            is_one = len(set(requests)) == 1
            return self._finite(self._parts.unet, "denoiser", run) if is_one else run()

    def _decoded(self, request: RenderRequest, latents: Tensor, watch: Stopwatch) -> Tensor:
        with watch.stage("decode"):
            vae = self.additions.autoencoder(request) or self._parts.vae
            decoded = self._finite(vae, "decoder", lambda: self._decode(vae, latents, request.seam))
            picture = canvas.from_autoencoder(decoded, self.params)
            return picture if self.compute.device.type == "cuda" else picture.cpu()

    def hasten(self) -> None:
        """See `Engine`: compile the networks, or trace a small denoiser."""
        if self._compiles:
            if self._hastening.acquire(blocking=False):  # else somebody is at it
                try:
                    self._compile()
                finally:
                    self._hastening.release()
            return
        latents = canvas.latent_shape(self._parts.vae, self.params, beats=8)
        width = int(self._parts.unet.config.cross_attention_dim)
        self._denoiser.hasten(latents, (1, self._text.window, width))

    def take_over(self) -> bool:
        """See `Engine`."""
        for one in self._compiled():
            one.take_over()
        before, self.engine_id = self.engine_id, self._identity()
        if before != self.engine_id:
            self._alike.clear()  # other kernels
        return before != self.engine_id  # also when compiled code was given up

    @property
    def is_behind(self) -> bool:
        """See `Engine`."""
        return any(one.is_behind for one in self._compiled())

    def _compiled(self) -> list[Compiled]:
        denoiser = self._denoiser.compiled
        return [denoiser, *self._decoders.compiled()] if denoiser is not None else []

    def _wear(self, request: RenderRequest) -> None:
        """Have the networks be as a request wants them; nothing to do where they are."""
        if request.loras:
            self._denoiser.adapt(on=True)
        self._denoiser.adapt(on=self.additions.wear(request))

    def _compile(self) -> None:
        torch.set_num_threads(self.compute.threads)  # each thread's own, and compiled code's
        try:
            for one in self._compiled():
                one.warm_up()
        except Exception as error:  # noqa: BLE001 - it was only to be faster
            _log.warning("the model is not compiled", exc_info=True)
            reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
            self._say_once(f"'{self.name}' plays on as it is: it does not compile ({reason}).")

    def _identity(self) -> str:
        """What `engine_id` is now."""
        savings = [name for name, _ in _SAVINGS[: self._savings]]
        compiled = "+".join(one.identity() for one in self._compiled())
        words = [self.compute.identity(self._parts.backend), *savings]
        return " ".join(words + ([f"compiled-{compiled}"] if compiled.strip("+") else []))

    def shrink(self) -> str | None:
        """See `Engine`: first smaller batches and attention in slices, then decoding in tiles."""
        if self._savings >= len(_SAVINGS):
            return None
        sentence = _SAVINGS[self._savings][1]
        self._savings += 1
        self._latents.singly = True
        self._denoiser.slow_down()
        if self._savings == 1 and hasattr(self._parts.unet, "set_attention_slice"):
            self._parts.unet.set_attention_slice("max")
        if self._savings == 2 and hasattr(self._parts.vae, "enable_tiling"):
            self._parts.vae.enable_tiling()
        self._decoders.give_up()
        self.engine_id = self._identity()
        return sentence

    def _decode(self, vae: Any, latents: Tensor, seam: str) -> Tensor:
        scaled = (latents / vae.config.scaling_factor).to(vae.dtype)
        if seam == "open" and isinstance(vae, nn.Module):
            return self._decoders.opened(vae)(scaled)
        if seam == "open":
            self._say_once(_EXPORTED_CLOSED.format(name=self.name))
        return self._decoders.of(vae)(scaled)

    def _finite(self, module: Any, what: str, run: Callable[[], Tensor]) -> Tensor:
        """What `run` gives, in float32 where half precision does not do. Raises UserError."""

        def overflows() -> None:
            self._say_once(
                f"The {what} of '{self.name}' overflows in half precision and is run in float32; "
                f'[render] dtype = "float32" avoids the detour.'
            )
            self._denoiser.slow_down()  # what was recorded plays from memory that is now given up
            self._decoders.give_up()

        return finite(run, module, what, self.name, overflows)

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._notice(sentence)
