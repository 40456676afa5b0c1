"""What is kept for minutes lies outside the heap, and is the same to the bit."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
import torch

from livediffusion.render.apart import array_apart, tensor_apart


@pytest.mark.parametrize("kind", [torch.float32, torch.complex64, torch.float16])
def test_a_copy_is_the_same_and_its_own(kind: torch.dtype) -> None:
    given = torch.randn(3, 500, 200).to(kind)
    kept = tensor_apart(given)
    assert torch.equal(kept, given)
    assert (kept.dtype, kept.stride()) == (given.dtype, given.stride())
    given += 1.0
    assert not torch.equal(kept, given)


def test_little_and_odd_ones_are_left() -> None:
    little, turned = torch.zeros(10), torch.zeros(500, 600).T
    assert tensor_apart(little).data_ptr() == little.data_ptr()
    assert tensor_apart(turned) is turned


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_memory_goes_back_with_the_last_use() -> None:
    def is_mapped(address: int) -> bool:
        lines = Path("/proc/self/maps").read_text().splitlines()
        ranges = [[int(end, 16) for end in line.split()[0].split("-")] for line in lines]
        return any(low <= address < high for low, high in ranges)

    gc.collect()
    kept = array_apart(np.ones(1 << 24, np.float32))
    middle, view = kept.ctypes.data + kept.nbytes // 2, kept[10:20]
    del kept
    gc.collect()
    assert view.sum() == 10.0
    assert is_mapped(middle)
    del view
    gc.collect()
    assert not is_mapped(middle)
