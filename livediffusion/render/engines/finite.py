"""Networks whose half precision overflows are run again in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from livediffusion.errors import UserError


def finite(
    run: Callable[[], Tensor], module: Any, what: str, model: str, overflows: Callable[[], None]
) -> Tensor:
    """What `run` gives, tried again in float32 when half precision gave infinities.

    `module` is what it runs, called `what` in `model`. `overflows` is called before its weights
    move; it goes back to half precision afterwards, as what a request sounds like must not depend
    on those before it. Raises UserError where numbers never become finite.
    """
    result = run()
    if _is_finite(result):
        return result
    half = module.dtype
    if half is not torch.float32:
        overflows()
        module.to(torch.float32)
        try:
            result = run()
        finally:
            module.to(half)
    if not _is_finite(result):
        raise UserError(
            f"The {what} of '{model}' gives no finite numbers for this request; "
            f"lower the guidance or choose another sampler."
        )
    return result


def _is_finite(result: Tensor) -> bool:
    return bool(torch.isfinite(result).all())
