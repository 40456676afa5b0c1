"""A LoRA's weight is heard in code that torch has compiled; whole engines are in test_lora.py."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from livediffusion.render.engines.compiled import Compiled, what_is_missing
from livediffusion.render.engines.fused import Fused
from livediffusion.render.engines.lora import Addition

CPU = torch.device("cpu")


@pytest.mark.long  # the compiler takes its time
@pytest.mark.timeout(1500)
@pytest.mark.skipif(bool(what_is_missing(CPU)), reason="needs a C compiler")
def test_compiled_code_has_the_weights_of_now() -> None:
    network = nn.Linear(4, 4, bias=False).requires_grad_(False)
    original = network.weight.clone()
    addition = Addition(torch.randn(4, 2), torch.randn(2, 4), 1.0)

    def run(x: Tensor) -> Tensor:
        out: Tensor = network(x)
        return out

    compiled = Compiled(run, CPU)
    fused, x = Fused(nn.ModuleDict({"layer": network}), in_place=True), torch.randn(3, 4)
    with torch.inference_mode():
        compiled(x)
        compiled.warm_up()
        assert compiled.take_over(), "it is compiled"
        for weight in (0.5, -1.0, 0.0):
            fused.wear([(weight, {"layer": addition})] if weight else [])
            expected = x @ (original + weight * addition.up @ addition.down).T
            torch.testing.assert_close(compiled(x), expected, atol=1e-5, rtol=1e-5)
