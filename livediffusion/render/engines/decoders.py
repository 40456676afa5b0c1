"""The ways back from latents to pixels: the model's own decoder, and others in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from livediffusion.render.engines.compiled import Compiled
from livediffusion.spectrogram.circular import opened_in_time


class Decoders:
    """Each decoder as a function, compiled for a device where that is wanted.

    Threading: as `Compiled`.
    """

    def __init__(self, own: Any, device: torch.device | None) -> None:
        """`own` is the model's; without a device nothing is compiled."""
        self._device = device
        self._given_up = False
        self._opened: tuple[Any, Any] | None = None  # an autoencoder, and the same with open seam
        self._known: dict[int, tuple[Any, Compiled]] = {}
        self.of(own)

    def of(self, vae: Any) -> Callable[[Tensor], Tensor]:
        """The way back of an autoencoder, latents (n, C, h, w) to pixels (n, C, H, W)."""
        if self._device is None or self._given_up:
            return decoding(vae)
        if id(vae) not in self._known:  # which stays its own, as the autoencoder is kept here
            self._known[id(vae)] = vae, Compiled(decoding(vae), self._device)
        return self._known[id(vae)][1]

    def opened(self, vae: Any) -> Callable[[Tensor], Tensor]:
        """The same with its seam open, of one of torch's: a copy, as it may be being compiled."""
        if self._opened is None or self._opened[0] is not vae:
            self._opened = vae, opened_in_time(vae)
        return decoding(self._opened[1])

    def compiled(self) -> list[Compiled]:
        """All that are compiled, or will be."""
        return [compiled for _, compiled in self._known.values()]

    def give_up(self) -> None:
        """Be plain from now on: the networks are not what they were."""
        self._given_up = True
        self._opened = None
        for compiled in self.compiled():
            compiled.give_up()


def decoding(vae: Any) -> Callable[[Tensor], Tensor]:
    """An autoencoder's way back as a function of tensors alone."""

    def decode(latents: Tensor) -> Tensor:
        out: Tensor = vae.decode(latents, return_dict=False)[0]
        return out

    return decode
