"""The denoising loop as pure functions: noise from seeds, schedulers by name, steps.

*Sampler* means the denoising loop; the scheduler classes are diffusers' own.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from livediffusion.render.cache import MemoryLru
from livediffusion.render.request import WeightedSeeds

Predict: TypeAlias = Callable[[Tensor, Tensor], Tensor]  # (latents, timestep) -> prediction
_PARALLEL = 0.9995  # above this |cos| slerp's sines vanish, so it becomes linear (Riffusion)
_CLASSES = {
    "dpm++": "DPMSolverMultistepScheduler",
    "ddim": "DDIMScheduler",
    "ddim-trailing": "DDIMScheduler",
    "euler": "EulerDiscreteScheduler",
    "lcm": "LCMScheduler",
    "tcd": "TCDScheduler",
}
# What few-step LoRAs were distilled for where it is not the folder's own: from the last timestep.
_SETTINGS = {"ddim-trailing": {"timestep_spacing": "trailing"}}
_TCD_ETA = 0.3  # how much of each step is new noise; the authors' gamma (Zheng et al. 2024)
# What these classes would assume where the folder's scheduler does not say; latents have no
# range to be clipped to.
_WHERE_SILENT = {"clip_sample": False, "set_alpha_to_one": False}


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation over the flattened tensors (Shoemake 1985), as Riffusion's."""
    flat_a, flat_b = a.flatten().double(), b.flatten().double()
    cosine = torch.dot(flat_a, flat_b) / (flat_a.norm() * flat_b.norm())
    if abs(float(cosine)) > _PARALLEL:
        return (1.0 - t) * a + t * b
    angle = torch.arccos(cosine)
    weight_a = float(torch.sin((1.0 - t) * angle) / torch.sin(angle))
    weight_b = float(torch.sin(t * angle) / torch.sin(angle))
    return weight_a * a + weight_b * b


def blend_noise(noises: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """One: itself. Two: slerp by the second weight. More: weighted sum with the norm kept."""
    if len(noises) == 1:
        return noises[0]
    if len(noises) == 2:
        return slerp(noises[0], noises[1], weights[1])
    pairs = list(zip(noises, weights, strict=True))
    total = torch.stack([weight * noise for noise, weight in pairs]).sum(dim=0)
    norm = sum(weight * float(noise.norm()) for noise, weight in pairs)
    return total * (norm / float(total.norm()))


def noise_stream(
    seeds: WeightedSeeds,
    shape: tuple[int, ...],
    device: torch.device,
    dtype: torch.dtype,
    kept: MemoryLru[Tensor] | None = None,
) -> Iterator[Tensor]:
    """Blended noise without end, float32 on the CPU; the first is the initial noise.

    `device` and `dtype` say where and how it is drawn: the CPU in float32 sounds alike
    everywhere, Riffusion drew on its GPU in the model's precision. What is `kept` there is not
    drawn again.
    """
    kept = MemoryLru(0) if kept is None else kept
    streams = [_drawn(seed, shape, device, dtype, kept) for seed, _ in seeds]
    weights = [weight for _, weight in seeds]
    while True:
        yield blend_noise([next(stream) for stream in streams], weights)


def _drawn(
    seed: int,
    shape: tuple[int, ...],
    device: torch.device,
    dtype: torch.dtype,
    kept: MemoryLru[Tensor],
) -> Iterator[Tensor]:
    """What one seed gives, draw by draw."""
    generator: torch.Generator | None = None
    missed = 0  # draws that were found, so that the generator is behind
    for number in itertools.count():
        key = f"{seed} {shape} {device} {dtype} {number}"
        found = kept.get(key)
        if found is not None:
            missed += 1
            yield found
            continue
        if generator is None:
            generator = torch.Generator(device).manual_seed(seed)
        for _ in range(missed):
            torch.randn(shape, generator=generator, device=device, dtype=dtype)
        missed = 0
        drawn = torch.randn(shape, generator=generator, device=device, dtype=dtype).float().cpu()
        kept.put(key, drawn)
        yield drawn


def fresh_scheduler(own: Any, name: str) -> Any:
    """A scheduler without history: the folder's `own` for "model", else one by name."""
    if name == "model":
        return copy.deepcopy(own)  # ten times as fast as building it anew
    import diffusers

    settings = {**_WHERE_SILENT, **{k: v for k, v in own.config.items() if k[0] != "_"}}
    return getattr(diffusers, _CLASSES[name]).from_config(settings | _SETTINGS.get(name, {}))


def set_steps(scheduler: Any, steps: int) -> Tensor:
    """Lay out `steps` timesteps, on the CPU (no waiting for the device at each step)."""
    kind = type(scheduler).__name__
    if kind == "LCMScheduler":
        scheduler.set_timesteps(steps, original_inference_steps=max(steps, 50))
    elif kind == "TCDScheduler" and steps > scheduler.config.original_inference_steps:
        scheduler.set_timesteps(steps, original_inference_steps=steps)  # more than it was taught
    else:
        scheduler.set_timesteps(steps)
    timesteps: Tensor = scheduler.timesteps
    return timesteps


def first_step(scheduler: Any, steps: int, strength: float) -> int:
    """Index of the timestep at which img2img of a strength begins.

    For PNDM, which repeats one timestep, this is Riffusion's arithmetic with its
    `steps_offset` of 1; for the others diffusers' present one.
    """
    count = len(scheduler.timesteps)
    if scheduler.order != 1 and count != steps:
        return min((steps - int(steps * strength)) * int(scheduler.order), count)
    repeated = count - steps
    return count - min(int(steps * strength) + repeated, steps)


@dataclass(frozen=True, slots=True)
class Start:
    """The latents of seed images, and where in them white of a mask is repainted.

    `repaint` is 1 where the sampler is free and 0 where the seed image stays, None for no mask.
    """

    latents: Tensor  # (n, C, h, w)
    strength: float
    repaint: Tensor | None = None  # (n, 1, h, w)


def sample(
    predict: Predict,
    scheduler: Any,
    steps: int,
    noise: Iterator[Tensor],
    start: Start | None = None,
    on_step: Callable[[], None] = lambda: None,
) -> Tensor:
    """Denoise noise (n, C, h, w) to as many latents, float32.

    `on_step` is called before each step and may raise. Everything lies on one device.
    """
    timesteps = set_steps(scheduler, steps)
    first = next(noise)
    if start is None:
        latents = first * scheduler.init_noise_sigma
        return _run(predict, scheduler, timesteps, latents, noise, None, on_step)
    begin = first_step(scheduler, steps, start.strength)
    timesteps = timesteps[begin:]
    if len(timesteps) == 0:
        return start.latents
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)

    def keep(latents: Tensor, t: Tensor) -> Tensor:
        if start.repaint is None:
            return latents
        seeded = scheduler.add_noise(start.latents, first, t.reshape(1))
        mixed: Tensor = seeded * (1.0 - start.repaint) + latents * start.repaint
        return mixed

    latents = scheduler.add_noise(start.latents, first, timesteps[:1])
    return _run(predict, scheduler, timesteps, latents, noise, keep, on_step)


def _run(
    predict: Predict,
    scheduler: Any,
    timesteps: Tensor,
    latents: Tensor,
    noise: Iterator[Tensor],
    keep: Callable[[Tensor, Tensor], Tensor] | None,
    on_step: Callable[[], None],
) -> Tensor:
    renoised = _RENOISED.get(type(scheduler).__name__)
    extra: dict[str, Any] = {}
    if "generator" in inspect.signature(scheduler.step).parameters:
        # Ancestral schedulers would draw from the global generator and never repeat themselves;
        # the same for all seeds, so that a walk from seed to seed stays smooth.
        each = [torch.Generator().manual_seed(0) for _ in latents]
        extra["generator"] = each if len(each) > 1 else each[0]
    for i, t in enumerate(timesteps):
        on_step()
        prediction = predict(scheduler.scale_model_input(latents, t), t)
        stepped = scheduler.step(prediction, t, latents, **extra)
        latents = stepped.prev_sample
        if renoised is not None and i + 1 < len(timesteps):
            # The scheduler's own noise knows no seeds; ours walks with them.
            latents = renoised(scheduler, stepped, next(noise), timesteps[i + 1])
        if keep is not None:
            latents = keep(latents, t)
    return latents


def _lcm_renoised(scheduler: Any, stepped: Any, noise: Tensor, following: Tensor) -> Tensor:
    """A consistency model's guess at the end, with noise for the following timestep."""
    latents: Tensor = scheduler.add_noise(stepped.denoised, noise, following.reshape(1))
    return latents


def _tcd_renoised(scheduler: Any, stepped: Any, noise: Tensor, following: Tensor) -> Tensor:
    """A trajectory's guess at an earlier timestep, with noise for the following one.

    Strategic stochastic sampling, Zheng et al. 2024, algorithm 4.
    """
    known = int(torch.floor((1.0 - _TCD_ETA) * following))
    kept = float(scheduler.alphas_cumprod[int(following)] / scheduler.alphas_cumprod[known])
    latents: Tensor = kept**0.5 * stepped.pred_noised_sample + (1.0 - kept) ** 0.5 * noise
    return latents


_RENOISED = {"LCMScheduler": _lcm_renoised, "TCDScheduler": _tcd_renoised}
