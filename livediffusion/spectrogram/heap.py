"""Phase gradient heap integration (Prusa, Balazs & Sondergaard 2017), round a circle in time.

"A noniterative method for reconstruction of phase from STFT magnitude", algorithm 1: beginning at
the loudest bin, phase is carried from bin to neighbouring bin along the gradients that magnitudes
imply, always on from the loudest bin that has been reached. What is quiet is thus reached last and
spoils nothing. The heap is serial, so it is compiled by numba, which is imported only here: the
first call in a fresh installation takes seconds, whose result is kept on disk. Only sums and
comparisons are compiled, so that all machines and versions come to the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def _compiled(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function, and keep the result on disk where there is a place for it."""

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(signature, cache=True, nogil=True)(function)
        except RuntimeError:  # neither this folder nor the user's cache can be written
            return numba.njit(signature, nogil=True)(function)

    return compiled


@_compiled("i8(i4[:], i8, f4[:], i8)")
def _push(heap: NDArray[np.int32], size: int, loud: Floats, place: int) -> int:
    """Add a place to a heap of `size` places, loudest first; the new size."""
    hole, value = size, loud[place]
    while hole > 0:
        parent = (hole - 1) >> 1
        if loud[heap[parent]] >= value:
            break
        heap[hole] = heap[parent]
        hole = parent
    heap[hole] = place
    return size + 1


@_compiled("i8(i4[:], i8, f4[:])")
def _pop(heap: NDArray[np.int32], size: int, loud: Floats) -> int:
    """Take the first place out of a heap of `size` places; the new size."""
    size -= 1
    last = heap[size]
    hole, value = 0, loud[last]
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and loud[heap[child + 1]] > loud[heap[child]]:
            child += 1
        if loud[heap[child]] <= value:
            break
        heap[hole] = heap[child]
        hole = child
    heap[hole] = last
    return size


@_compiled("f8[:,:](f4[:,:], f4[:,:], f4[:,:], f4)")
def integrate(
    amplitude: Floats, advance: Floats, climb: Floats, least: float
) -> NDArray[np.float64]:
    """Angles (frames, bins), float64, not reduced to a turn.

    `advance` (frames, bins) is what the frame before adds to get here, the first frame's from the
    last; `climb` what the bin below adds, the lowest bin's is not used. Bins quieter than `least`
    get the angle 0. Threading: runs without the GIL.
    """
    frames, bins = amplitude.shape
    angles = np.zeros((frames, bins), np.float64)
    loud = amplitude.ravel()
    reached = loud < least
    heap = np.empty(loud.size, np.int32)
    loudest = np.argmax(loud)
    for turn in range(loud.size):  # once for all that hangs together, then for each island
        seed = int(loudest) if turn == 0 else turn
        if reached[seed]:
            continue
        reached[seed] = True
        size = _push(heap, 0, loud, seed)
        while size:
            place = heap[0]
            size = _pop(heap, size, loud)
            n, k = place // bins, place % bins
            after, before = (n + 1) % frames, (n - 1) % frames
            angle = angles[n, k]
            if not reached[after * bins + k]:
                angles[after, k] = angle + advance[after, k]
                reached[after * bins + k] = True
                size = _push(heap, size, loud, after * bins + k)
            if not reached[before * bins + k]:
                angles[before, k] = angle - advance[n, k]
                reached[before * bins + k] = True
                size = _push(heap, size, loud, before * bins + k)
            if k + 1 < bins and not reached[place + 1]:
                angles[n, k + 1] = angle + climb[n, k + 1]
                reached[place + 1] = True
                size = _push(heap, size, loud, place + 1)
            if k > 0 and not reached[place - 1]:
                angles[n, k - 1] = angle - climb[n, k]
                reached[place - 1] = True
                size = _push(heap, size, loud, place - 1)
    return angles
