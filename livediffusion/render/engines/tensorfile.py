"""Files of named tensors that people share: safetensors, and .bin or .pt as plain state dicts.

Nothing but tensors is ever read from a file: it cannot run code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from livediffusion.errors import UserError


@dataclass(frozen=True, slots=True, eq=False)
class TensorFile:
    """A file's tensors by name, and what is written in its head."""

    tensors: dict[str, Tensor]
    about: dict[str, str]


def read_tensors(what: str, path: Path) -> TensorFile:
    """All tensors of a file, on the CPU. `what` begins the sentence of the UserError.

    Raises UserError when the file cannot be read, or holds anything but tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return _safetensors(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise UserError(f"{what}: {path} cannot be read ({error.strerror or error}).") from error
    except Exception as error:  # broken files raise whatever their reader likes
        why = "it is broken" if path.suffix == ".safetensors" else "it holds more than weights"
        raise UserError(f"{what}: {path} is refused, {why}; get it as .safetensors.") from error
    for inner in ("state_dict", "string_to_param"):  # where training tools put more beside it
        if isinstance(loaded, dict) and isinstance(loaded.get(inner), dict):
            loaded = loaded[inner]
    if not _is_plain(loaded):
        raise UserError(
            f"{what}: {path} is refused, it is no plain dict of tensors; get it as .safetensors."
        )
    return TensorFile(loaded, {})


def _safetensors(path: Path) -> TensorFile:
    from safetensors import safe_open

    with safe_open(path, framework="pt", device="cpu") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
        return TensorFile(tensors, dict(file.metadata() or {}))


def _is_plain(loaded: Any) -> bool:
    return isinstance(loaded, dict) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in loaded.items()
    )
