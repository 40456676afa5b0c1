"""The denoiser as a function: at first as diffusers runs it, later without Python in between.

A small network's steps are so short that Python's share of them is a third. A trace of it runs the
same kernels in the same order, so it gives the same bits; that is checked for each shape before
it is relied on, and where it does not hold the network is run as it was.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from livediffusion.render.engines.compiled import Compiled

_SMALL = 100_000_000  # parameters: beyond that Python's share is nothing
_Shapes: TypeAlias = tuple[torch.Size, torch.Size]
_log = logging.getLogger(__name__)
# torch never gives a trace's memory back, so a model that is loaded again uses its first one.
_traces: dict[str, Any] = {}


class Denoiser:
    """Predicts from latents (n, C, h, w), a timestep and embeddings (n, tokens, width).

    Threading: called by one thread at a time; `hasten` may run in another one meanwhile.
    """

    def __init__(self, unet: Any, device: torch.device | None = None, weights: str = "") -> None:
        """`device` is given where the network shall be compiled for it, `weights` is their hash."""
        self._unet = unet
        self._weights = weights
        self.compiled = None if device is None else Compiled(without_names(unet), device)
        self._traced: Any = None
        self._faithful: dict[_Shapes, bool] = {}  # shapes whose bits have been compared
        self._is_final = False  # a trace that is still being made comes too late
        self._is_adapted = False  # the network's weights are not those of its file
        self._was_adapted = False

    def __call__(self, latents: Tensor, t: Tensor, context: Tensor) -> Tensor:
        """Prediction (n, C, h, w)."""
        traced, shapes = self._traced, (latents.shape, context.shape)
        is_final = self._is_final or self._is_adapted
        if traced is None or is_final or self._unet.dtype is not torch.float32:
            return self._plain(latents, t, context)
        if shapes not in self._faithful:
            plain = self._plain(latents, t, context)
            self._faithful[shapes] = self._same(plain, traced, (latents, t, context))
            return plain
        if not self._faithful[shapes]:
            return self._plain(latents, t, context)
        return _run(traced, (latents, t, context))

    def hasten(self, latents: tuple[int, ...], context: tuple[int, ...]) -> None:
        """Trace the network with inputs of such shapes, where that is worth while: takes a second
        or two. Other shapes may be used afterwards. What cannot be traced stays as it is."""
        unet: Any = self._unet
        if not isinstance(self._unet, nn.Module):  # ONNX Runtime runs it, without Python as it is
            return
        small = sum(weights.numel() for weights in unet.parameters()) <= _SMALL
        if self._traced is not None or unet.device.type != "cpu" or not small:
            return
        if unet.dtype is not torch.float32:
            return
        if self._weights in _traces:
            self._traced = _traces[self._weights]
            return
        if self._was_adapted:
            return
        inputs = (torch.zeros(latents), torch.tensor(500), torch.zeros(context))
        try:
            traced = _trace(unet, inputs)
            if self._was_adapted:  # who knows which weights it holds
                return
            self._traced = traced
            if self._weights:
                _traces[self._weights] = self._traced
        except Exception:  # noqa: BLE001 - it was only to be faster
            _log.info("the denoiser is not traced", exc_info=True)

    def adapt(self, *, on: bool) -> None:
        """Say, before they change, that weights are not the file's, or (after) that they are again.

        A trace has the file's, as it is shared with other engines; compiled code has the present
        ones.
        """
        self._was_adapted = self._was_adapted or on
        self._is_adapted = on

    def slow_down(self) -> None:
        """Forget the trace: the network is not what it was."""
        self._traced, self._is_final = None, True
        if self.compiled is not None:
            self.compiled.give_up()

    def _plain(self, latents: Tensor, t: Tensor, context: Tensor) -> Tensor:
        if self.compiled is not None:  # the network itself makes a float of the timestep, too
            return self.compiled(latents, t.to(latents.device, torch.float32), context)
        out: Tensor = self._unet(latents, t, encoder_hidden_states=context, return_dict=False)[0]
        return out

    def _same(self, plain: Tensor, traced: Any, inputs: tuple[Tensor, ...]) -> bool:
        try:
            return torch.equal(plain, _run(traced, inputs))
        except RuntimeError:  # what was a number at the time of tracing does not fit this shape
            return False


def without_names(unet: Any) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A denoiser as a function of tensors alone."""

    def predict(latents: Tensor, t: Tensor, context: Tensor) -> Tensor:
        out: Tensor = unet(latents, t, encoder_hidden_states=context, return_dict=False)[0]
        return out

    return predict


class _Bare(nn.Module):
    """A UNet with tensors only, in and out."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, latents: Tensor, t: Tensor, context: Tensor) -> Tensor:
        out: Tensor = self.unet(latents, t, encoder_hidden_states=context, return_dict=False)[0]
        return out


def _trace(unet: Any, inputs: tuple[Tensor, ...]) -> Any:
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that sizes become constants: `_faithful` watches that
        traced = torch.jit.trace(_Bare(unet).eval(), inputs, check_trace=False)
        return torch.jit.freeze(traced)


def _run(traced: Any, inputs: tuple[Tensor, ...]) -> Tensor:
    # Optimising the graph further would take a second at the first two calls, and gain nothing.
    with torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
        out: Tensor = traced(*inputs)
    return out
