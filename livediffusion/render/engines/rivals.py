"""Whether ONNX Runtime predicts faster than torch on this machine: measured once, remembered.

A model that was exported has two denoisers. Which is faster depends on the processor, the threads
and the versions of both, so each is measured with all of these when the model is exported, and
what was found lies in the user's cache folder. Only the denoiser is exchanged, where the time
goes; all else stays torch's.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from livediffusion.errors import UserError
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.digest import model_hash
from livediffusion.render.engines.folder import open_folder
from livediffusion.types import Json


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of a loop with each, and the exported folder with its hash."""

    folder: str
    hash: str
    torch_ms: float
    onnx_ms: float

    @property
    def is_onnx_faster(self) -> bool:
        """Whether the exported denoiser is the one to play with."""
        return self.onnx_ms < self.torch_ms


def measured(digest: str, compute: Compute) -> Measured | None:
    """What was found for a model's hash on this machine as it is now; None where nothing was.

    Nothing either where the exported folder has gone or changed since.
    """
    if compute.device.type != "cpu" or compute.dtype is not torch.float32:
        return None
    with contextlib.suppress(KeyError, TypeError, UserError, OSError):
        found = Measured(**_remembered()[digest][_here(compute)])
        if model_hash(open_folder("", Path(found.folder))) == found.hash:
            return found
    return None


def remember_any() -> bool:
    """Whether anything was found for any model."""
    return bool(_remembered())


def remember(digest: str, compute: Compute, found: Measured) -> None:
    """Keep what was found; a machine without a place for it forgets."""
    known = _remembered()
    known.setdefault(digest, {})[_here(compute)] = asdict(found)
    with contextlib.suppress(OSError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(known, indent=1), encoding="utf-8")
        scratch.replace(path)


def _here(compute: Compute) -> str:
    """All that decides which of them is faster."""
    try:
        runtime = version("onnxruntime")
    except PackageNotFoundError:
        runtime = "missing"
    return f"{compute.identity('torch')} onnxruntime-{runtime}"


def _remembered() -> Json:
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(_path().read_text(encoding="utf-8"))
        return known if isinstance(known, dict) else {}
    return {}


def _path() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "livediffusion" / "rivals.json"
