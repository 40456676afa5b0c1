"""Make a convolutional decoder treat time as a circle, so that its loops have no seam."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor, nn
from torch.nn import functional


def make_circular_in_time(module: nn.Module) -> nn.Module:
    """Let every Conv2d inside `module` wrap round in its last axis (time); returns `module`.

    The frequency axis keeps its zero padding. Works for any kernel, stride and dilation and for
    diffusers' Downsample2D, which pads one side only; weights and their names stay as they are,
    and doing it twice changes nothing. Meant for decoders and autoencoders: a denoiser would
    lose its downbeat. Raises ValueError for convolutions that pad other than with zeros.
    """
    for part in list(module.modules()):
        if isinstance(part, nn.Conv2d):
            _swap_class(part, _CircularConv)
        elif type(part).__name__ == "Downsample2D" and _pads_one_side(part):
            _swap_class(part, _CircularDownsample)
    return module


def opened_in_time(module: nn.Module) -> nn.Module:
    """A copy of what `make_circular_in_time` has closed, which pads with zeros again.

    It shares the weights, and `module` is left alone: another thread may be at work with it.
    """
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    opened = copy.deepcopy(module, shared)
    for part in opened.modules():
        if isinstance(part, _CLOSED):
            part.__class__ = type(part).__bases__[1]
    return opened


class _CircularConv:
    """Mixed in before an nn.Conv2d class: its only change is how the input is padded."""

    def _conv_forward(self: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if isinstance(self.padding, str):
            # nn.Conv2d has worked out "same" or "valid" here: left, right, top, bottom.
            left, right, top, bottom = self._reversed_padding_repeated_twice
            if self.padding == "valid":
                left = right = top = bottom = 0
        else:
            (top, left), (bottom, right) = self.padding, self.padding
        if left or right:
            x = functional.pad(x, (left, right, 0, 0), mode="circular")
        if top != bottom:
            x, top = functional.pad(x, (0, 0, top, bottom)), 0
        return functional.conv2d(x, weight, bias, self.stride, (top, 0), self.dilation, self.groups)


class _CircularDownsample:
    """Mixed in before diffusers' Downsample2D: its one column on the right is the first one."""

    def forward(self: Any, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.norm is not None:
            hidden_states = self.norm(hidden_states.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        padded = functional.pad(hidden_states, (0, 1, 0, 0), mode="circular")
        result: Tensor = self.conv(functional.pad(padded, (0, 0, 0, 1)))
        return result


_CLOSED = (_CircularConv, _CircularDownsample)


def _pads_one_side(part: Any) -> bool:
    return bool(part.use_conv) and part.padding == 0


def _swap_class(part: nn.Module, mixin: type) -> None:
    """Give one instance the class with `mixin` in front; its parameters are not touched."""
    if isinstance(part, mixin):
        return
    if isinstance(part, nn.Conv2d) and part.padding_mode != "zeros":
        raise ValueError(f"cannot wrap a convolution that pads with {part.padding_mode}")
    original = type(part)
    part.__class__ = type(f"CircularInTime{original.__name__}", (mixin, original), {})
