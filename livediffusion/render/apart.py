"""What lives for minutes, in memory of its own.

A heap in which loops that are kept lie between what a render needs for milliseconds never gets
smaller: after 400 loops of the pocket model it was 130 MiB larger, and still growing.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

_LEAST = 1 << 16  # bytes; less is left where it is


def array_apart(array: NDArray[Any]) -> NDArray[Any]:
    """A copy outside the heap, given back to the system with its last use."""
    if array.nbytes < _LEAST:
        return array
    pages = mmap.mmap(-1, array.nbytes)
    copy = np.frombuffer(pages, array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def tensor_apart(tensor: Tensor) -> Tensor:
    """The same for a tensor; left as it is on another device, or laid out in another way."""
    import torch

    if tensor.device.type != "cpu" or not tensor.is_contiguous():
        return tensor
    return torch.from_numpy(array_apart(tensor.numpy()))
