"""What an architecture's own figures are compared with: diffusers' pipeline, and arithmetic."""

from __future__ import annotations

import functools
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import torch

from livediffusion.bench import architecture
from livediffusion.bench.architecture import Size
from livediffusion.render import sampler
from livediffusion.render.engines.compute import Compute
from livediffusion.types import Json, Seconds

T = TypeVar("T")

H200 = 790e12  # operations a second in bfloat16 that its matrix products reach
PROMPT = "dark techno"
_STEPS = ((50, "model"), (20, "dpm++"), (8, "dpm++"), (4, "lcm"), (1, "lcm"))
_GUIDANCE = (7.0, 1.0)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of picture: what decides how long it takes, besides the networks."""

    steps: int
    sampler: str
    guidance: float

    @property
    def batch(self) -> int:
        """Predictions a step."""
        return 2 if self.guidance > 1.0 else 1


KINDS = tuple(Kind(steps, name, guidance) for steps, name in _STEPS for guidance in _GUIDANCE)
WARMING = KINDS[-2:]  # one step each, rendered before anything is timed
Milliseconds: TypeAlias = dict[Kind, float]
_ROUNDS = 5
_LONG_ENOUGH: Seconds = 2.0  # then no further round is begun


class Diffusers:
    """Diffusers' own pipeline, eager as it comes, on a folder."""

    def __init__(self, folder: Path, size: Size, compute: Compute) -> None:
        import diffusers

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its newest versions would have `dtype` for this
            self._pipeline: Any = diffusers.StableDiffusionPipeline.from_pretrained(
                str(folder), torch_dtype=compute.dtype, local_files_only=True
            ).to(compute.device)
        self._pipeline.set_progress_bar_config(disable=True)
        self._own, self._size, self._compute = self._pipeline.scheduler, size, compute
        for kind in WARMING:
            self.median(kind)

    @torch.inference_mode()
    def median(self, kind: Kind) -> float:
        """Milliseconds of a picture from its prompt."""
        with _as_it_comes():
            run = functools.partial(self._picture, kind)
            return statistics.median(several(lambda: milliseconds(run, self._compute)))

    def _picture(self, kind: Kind) -> None:
        self._pipeline.scheduler = sampler.fresh_scheduler(self._own, kind.sampler)
        self._pipeline(
            PROMPT,
            height=self._size.bands,
            width=512,
            num_inference_steps=kind.steps,
            guidance_scale=kind.guidance,
            output_type="pt",
        )


@contextmanager
def _as_it_comes() -> Iterator[None]:
    """Without the deterministic kernels that our engine asks for, which may be slower ones."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=True)


def operations(size: Size, decoder: str) -> tuple[int, int]:
    """Floating point operations of one prediction and of one decoding; nothing is computed."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        unet = architecture.denoiser(size)
        vae = architecture.tiny(size) if decoder == "TAESD" else architecture.autoencoder(size)
        latents = torch.zeros(1, 4, size.bands // 8, 64)
        with FlopCounterMode(display=False) as predicting:
            unet(latents, torch.zeros(()), torch.zeros(1, 77, size.text[0]))
        with FlopCounterMode(display=False) as decoding:
            vae.decode(latents)
    return predicting.get_total_flops(), decoding.get_total_flops()


def floors(size: Size, decoder: str, speed: float) -> Milliseconds:
    """Least milliseconds of a picture: its operations at `speed` of them a second."""
    one, last = operations(size, decoder)
    return {kind: (kind.batch * kind.steps * one + last) / speed * 1e3 for kind in KINDS}


class Compared:
    """What a folder's pictures are compared with: diffusers, and the floors."""

    def __init__(self, folder: Path, size: Size, compute: Compute, speed: float) -> None:
        self._diffusers = Diffusers(folder, size, compute)
        self._floors = floors(size, folder.name, speed)
        self._h200 = floors(size, folder.name, H200)

    def to(self, kind: Kind, ours: float) -> Json:
        """The others' milliseconds; how many times as fast as diffusers, as slow as the floor."""
        them = self._diffusers.median(kind)
        return {
            "eager_ms": them,
            "floor_ms": self._floors[kind],
            "h200_floor_ms": self._h200[kind],
            "times_eager": them / ours,
            "times_floor": ours / self._floors[kind],
        }


@torch.inference_mode()
def speed_of_products(compute: Compute) -> float:
    """Operations a second of a large matrix product on this device, in its networks' precision."""
    side = 8192 if compute.device.type == "cuda" else 1024
    square = torch.ones(side, side, device=compute.device, dtype=compute.dtype)
    times = [milliseconds(lambda: torch.mm(square, square), compute) for _ in range(16)]
    return 2.0 * side**3 / (min(times) * 1e-3)


def several(run: Callable[[], T]) -> list[T]:
    """What a few runs give; one, where it takes long."""
    began, results = time.perf_counter(), [run()]
    while len(results) < _ROUNDS and time.perf_counter() - began < _LONG_ENOUGH:
        results.append(run())
    return results


def milliseconds(run: Callable[[], object], compute: Compute) -> float:
    """How long something takes until the device has done it."""
    _wait_for(compute.device)
    began = time.perf_counter()
    run()
    _wait_for(compute.device)
    return (time.perf_counter() - began) * 1e3


def _wait_for(device: torch.device) -> None:
    """Until a GPU has done what it was given; a CPU has by then."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
