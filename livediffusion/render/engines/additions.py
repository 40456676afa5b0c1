"""What is put upon one engine's model: LoRAs, words of one's own, another decoder."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from livediffusion.errors import UserError
from livediffusion.render.engines import canvas
from livediffusion.render.engines.base import Notice
from livediffusion.render.engines.components import Components, load_autoencoder
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.fused import Fused
from livediffusion.render.engines.inversion import read_vectors
from livediffusion.render.engines.lora import Lora, read_lora
from livediffusion.render.engines.shelf import Kept, Shelf
from livediffusion.render.engines.text import TextEncoder
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import OWN_DECODER, Addons


class Additions:
    """Knows what a request asks for by name, and has the model wear it.

    Threading: used by the rendering thread.
    """

    def __init__(
        self, parts: Components, text: TextEncoder, addons: Addons, compute: Compute, notice: Notice
    ) -> None:
        self.decoder = ""  # where a request does not say
        self._text = text
        self._notice = notice
        self._plain = isinstance(parts.unet, nn.Module)  # else ONNX Runtime has the weights
        self._unet = Fused(parts.unet, in_place=compute.compiles)
        self._text_encoder = Fused(parts.text_encoder, in_place=False)
        self._words = tuple(sorted(addons.embeddings, key=len, reverse=True))
        self._worn: object = ((), "")
        self._said = False

        def lora(name: str, path: Path) -> Lora:
            return read_lora(name, path, parts.unet, parts.text_encoder)

        def decoder(name: str, path: Path) -> Any:
            return _autoencoder(name, path, parts.vae, compute)

        self._loras = self._shelf("loras", addons, lora)
        self._embeddings = self._shelf("embeddings", addons, self._read_vectors)
        self._decoders = self._shelf("decoders", addons, decoder)

    def settle(self, request: RenderRequest) -> RenderRequest:
        """The request with what can be had of it, and the hash of that; the rest has been said.

        Raises UserError when something is not what it was when the hash was made.
        """
        loras = [(n, w, self._loras.get(n)) for n, w in request.loras if self._can("LoRAs")]
        there = [(n, w, kept) for n, w, kept in loras if kept is not None]
        chosen, decoder = self._chosen(request.decoder)
        total = hashlib.blake2b(digest_size=16)
        hashes = [f"lora {name} {kept.hash}" for name, _, kept in there]
        hashes += [f"embedding {word} {kept.hash}" for word, kept in self._learned(request)]
        hashes += [f"decoder {decoder.hash}"] if decoder else []
        total.update("\n".join(hashes).encode("utf-8", "surrogatepass"))
        found = total.hexdigest() if hashes else ""
        if request.addons_hash not in ("", found):
            raise UserError(
                "A LoRA, embedding or decoder of this loop has changed since; restore it."
            )
        worn = tuple((name, weight) for name, weight, _ in there)
        return dataclasses.replace(request, loras=worn, decoder=chosen, addons_hash=found)

    def has_what(self, request: RenderRequest) -> bool:
        """Whether all that a request was rendered with is here, and as it was then."""
        now = self.settle(dataclasses.replace(request, addons_hash=""))
        return now == request

    def wear(self, request: RenderRequest) -> bool:
        """Have the networks be as a settled request wants them; whether its denoiser is changed."""
        worn = (request.loras, request.addons_hash)
        if worn != self._worn:
            self._worn = None  # until it is done
            kept = [(weight, self._loras.get(name)) for name, weight in request.loras]
            loras = [(weight, one.thing) for weight, one in kept if one is not None]
            self._unet.wear([(weight, lora.unet) for weight, lora in loras])
            self._text_encoder.wear([(weight, lora.text_encoder) for weight, lora in loras])
            heard = any(lora.text_encoder for _, lora in loras)
            self._text.state = f"{request.addons_hash} {request.loras if heard else ''}"
            self._worn = worn
        return bool(request.loras)

    def autoencoder(self, request: RenderRequest) -> Any:
        """The decoder that a settled request asks for; None for the model's own."""
        kept = self._chosen(request.decoder)[1]
        return None if kept is None else kept.thing

    def _shelf(self, kind: str, addons: Addons, read: Callable[[str, Path], Any]) -> Shelf[Any]:
        return Shelf(kind, addons.sources(kind), read, self._notice)

    def _chosen(self, asked: str) -> tuple[str, Kept[Any] | None]:
        """Name and decoder that are used where this one was asked for."""
        name = asked or self.decoder
        if name in ("", OWN_DECODER):
            return name, None
        kept = self._decoders.get(name)
        return (name, kept) if kept is not None else (OWN_DECODER, None)

    def _learned(self, request: RenderRequest) -> list[tuple[str, Kept[Tensor]]]:
        """Words of one's own that stand in the request's texts, known to the encoder now."""
        texts = [text for text, _ in request.prompts]
        texts += [request.negative] if request.guidance > 1.0 else []
        found = []
        for word in self._words:
            if not any(word in text for text in texts) or not self._can("embeddings"):
                continue
            kept: Kept[Tensor] | None = self._embeddings.get(word)
            if kept is None:
                self._text.forget(word)
            else:
                self._text.learn(word, kept.thing)
                found.append((word, kept))
        return found

    def _read_vectors(self, word: str, path: Path) -> Tensor:
        return read_vectors(word, path, self._text.width)

    def _can(self, what: str) -> bool:
        """Whether a model can wear anything; says so once where it is run by ONNX Runtime."""
        if not self._plain and not self._said:
            self._said = True
            self._notice(f"A model of ONNX takes no {what}; use the folder it was exported from.")
        return self._plain


def _autoencoder(name: str, path: Path, own: Any, compute: Compute) -> Any:
    """A decoder in place of a model's own. Raises UserError when it does not fit."""
    found = load_autoencoder(name, path, compute)
    if canvas.shape_of(found) != canvas.shape_of(own):
        raise UserError(
            f"Decoder '{name}' does not fit this model: it makes pictures of other latents; "
            f"choose one for models like it."
        )
    return found
