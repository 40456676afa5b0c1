"""Where and how numbers are computed, and the name of that for `engine_id`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import torch

from livediffusion import __version__
from livediffusion.errors import UserError
from livediffusion.render.engines.base import Notice
from livediffusion.render.engines.compiled import what_is_missing
from livediffusion.render.settings import available_threads

_GPU_BATCH = 4
_DTYPES = {
    "float32": torch.float32,
    "fp32": torch.float32,
    "float16": torch.float16,
    "fp16": torch.float16,
    "half": torch.float16,
    "bfloat16": torch.bfloat16,
    "bf16": torch.bfloat16,
}


@dataclass(frozen=True, slots=True)
class Compute:
    """A device, the precision of its networks, and the CPU threads beside it."""

    device: torch.device
    dtype: torch.dtype
    threads: int
    channels_last: bool = False  # memory as tensor cores like it
    compiles: bool = False  # networks, beside rendering

    @property
    def batch(self) -> int:
        """How many pictures are denoised at once where nobody has said.

        A GPU's multipliers wait for memory most of the time. A CPU gains less, and there a step of
        several is long enough to be in the way of a gesture.
        """
        return _GPU_BATCH if self.device.type == "cuda" else 1

    def identity(self, backend: str) -> str:
        """All that may change a sample's last bit besides the request and the weights."""
        versions = " ".join(f"{name}-{version(name)}" for name in ("diffusers", "transformers"))
        where = f"{self.device} {torch.backends.cpu.get_cpu_capability()}"
        if self.device.type == "cuda":
            name = torch.cuda.get_device_name(self.device)
            where = f"{where} {name} cuda-{torch.version.cuda}"
        dtype = str(self.dtype).removeprefix("torch.")
        if self.channels_last:
            dtype = f"{dtype} channels-last"
        return (
            f"livediffusion-{__version__} {backend} {where} {dtype} threads-{self.threads} "
            f"torch-{torch.__version__} {versions}"
        )


def choose_compute(
    device: str, dtype: str, threads: int, notice: Notice, *, compiles: bool = False
) -> Compute:
    """Turn `[render] device`, `dtype` and a number of threads (0: all) into a Compute.

    What is fast depends on the device: on CUDA half precision and channels last in memory; on a
    CPU float32, as it always was, and bfloat16 only where it was asked for and the processor has
    instructions for it: without them it takes 26 times as long. With `compiles` networks are
    compiled beside rendering.

    Sets torch's threads and its deterministic ways. Raises UserError for a device that is not
    there or a word that is not known.
    """
    chosen = _device(device)
    precision = _dtype(dtype, chosen)
    if chosen.type == "cpu" and precision is not torch.float32 and not _is_good_at(precision):
        notice("Half precision is very slow on a CPU, so float32 is used.")
        precision = torch.float32
    count = threads or available_threads()
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
    if chosen.type == "cuda":
        torch.backends.cudnn.benchmark = False  # it would choose kernels by their speed today
        torch.use_deterministic_algorithms(True, warn_only=True)
        # It would fill all memory before its first use, which costs time and changes no result.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    half = chosen.type == "cuda" and precision is not torch.float32
    return Compute(chosen, precision, count, half, compiles and _can_compile(chosen, notice))


def _can_compile(device: torch.device, notice: Notice) -> bool:
    if missing := what_is_missing(device):
        notice(f"Rendering is slower than it could be: {missing} is missing; install it.")
    return not missing


def _is_good_at(precision: torch.dtype) -> bool:
    """Whether this CPU multiplies such numbers, rather than turning them into others first."""
    if precision is not torch.bfloat16:
        return False
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _device(word: str) -> torch.device:
    has_mps = torch.backends.mps.is_available()
    if word == "auto":
        best = "cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu"
        return torch.device(best)
    try:
        device = torch.device(word)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda", "mps"):
        raise UserError(f"[render] device must be auto, cpu, cuda or mps, not '{word}'.")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": has_mps}[device.type]
    if device.type == "cuda" and there:
        there = (device.index or 0) < torch.cuda.device_count()
    if not there:
        raise UserError(f"There is no usable device '{word}' here; set [render] device to auto.")
    return device


def _dtype(word: str, device: torch.device) -> torch.dtype:
    if word in ("auto", ""):
        return torch.float32 if device.type == "cpu" else torch.float16
    if word not in _DTYPES:
        known = ", ".join(sorted(_DTYPES))
        raise UserError(f"[render] dtype must be auto or one of {known}, not '{word}'.")
    return _DTYPES[word]
