"""Textual inversions: vectors that the text encoder reads where a word of one's own stands.

Gal et al. 2022. A file has one vector or several, which then stand one after the other; its own
name for the word is not used, the config's is.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines.tensorfile import read_tensors

_USUAL = "emb_params"  # among several tensors, the one that is meant


def read_vectors(word: str, path: Path, width: int) -> Tensor:
    """The vectors (n, width) of a word. Raises UserError with one sentence when it has none."""
    tensors = read_tensors(f"Embedding '{word}'", path).tensors
    found = tensors.get(_USUAL) if len(tensors) > 1 else next(iter(tensors.values()), None)
    if found is None or found.dim() not in (1, 2) or not found.numel():
        raise UserError(f"Embedding '{word}': {path} is no textual inversion; choose another file.")
    vectors = found.detach().reshape(-1, found.shape[-1]).float()
    if vectors.shape[1] != width:
        raise UserError(
            f"Embedding '{word}' does not fit this model: its vectors have {vectors.shape[1]} "
            f"numbers and not {width}; choose one for models like it."
        )
    return vectors
