"""LoRAs fused into a network's weights, so that they cost nothing while it runs.

Only layers that a LoRA reaches are computed anew when a weight changes, always from the original
weights and in float32: what a request sounds like does not depend on those before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from livediffusion.render.engines.lora import Addition

Worn: TypeAlias = Sequence[tuple[float, Mapping[str, Addition]]]  # weight, additions by layer


class Fused:
    """One network whose weights LoRAs are added to.

    Threading: used by the rendering thread, between two calls of the network.
    """

    def __init__(self, network: nn.Module, *, in_place: bool) -> None:
        """Compiled code knows where weights lie, so there they must stay (`in_place`); traced code
        shares them with other engines, so there they must be left alone."""
        self._network = network
        self._in_place = in_place
        self._originals: dict[str, Tensor] = {}
        self._changed: set[str] = set()  # layers that are not as they were

    @torch.inference_mode(mode=False)
    @torch.no_grad()
    def wear(self, worn: Worn) -> None:
        """Have the original weights with these LoRAs, and no others, added to them.

        When memory runs out in between, calling it again mends all.
        """
        wanted = {layer for _, additions in worn for layer in additions}
        for layer in sorted(self._changed | wanted):
            module = self._network.get_submodule(layer)
            original = self._original(layer, module)
            additions = [(w, each[layer]) for w, each in worn if layer in each]
            self._changed.add(layer)
            weights: Any = module.weight
            _write(weights.data, original, additions)
            if not additions:
                self._changed.remove(layer)

    def _original(self, layer: str, module: nn.Module) -> Tensor:
        """A layer's own weights; from now on it has weights that may be changed."""
        if layer not in self._originals:
            own: Tensor = module.weight.data  # type: ignore[assignment]
            if self._in_place:
                self._originals[layer] = own.clone()
            else:
                self._originals[layer] = own
                module.weight = nn.Parameter(own.clone(), requires_grad=False)
        return self._originals[layer]


def _write(weights: Tensor, original: Tensor, additions: Sequence[tuple[float, Addition]]) -> None:
    """Let weights be the original ones and what is added to them, summed in float32."""
    if not additions or (weights.dtype is torch.float32 and weights.is_contiguous()):
        total = weights.copy_(original)
    else:
        total = original.to(torch.float32, copy=True, memory_format=torch.contiguous_format)
    for weight, addition in additions:
        addition.add_to(total, weight)
    if total is not weights:
        weights.copy_(total)
