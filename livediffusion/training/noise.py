"""The noise schedule, as stock schedulers have it, and the algebra of v-prediction.

x_t = a z + s n with a^2 + s^2 = 1; v = a n - s z (Salimans & Ho 2022, "Progressive
Distillation"), so z = a x_t - s v and n = s x_t + a v.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from diffusers import DDIMScheduler
from torch import Tensor

STEPS = 1000


def scheduler() -> DDIMScheduler:
    """The scheduler that ships: deterministic, its first step at the noisiest timestep."""
    return DDIMScheduler(
        num_train_timesteps=STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,  # no matter for trailing steps, but pipelines complain of any other
    )


@lru_cache(maxsize=1)
def _alphas() -> Tensor:
    """Cumulated alphas of all timesteps, and a 1 at index -1, where there is no noise."""
    return torch.cat([scheduler().alphas_cumprod, torch.ones(1)])


def signal_and_noise(timesteps: Tensor) -> tuple[Tensor, Tensor]:
    """a and s, each (n, 1, 1, 1), at timesteps (n,); timestep -1 is clean."""
    signal = _alphas()[timesteps].sqrt()[:, None, None, None]
    return signal, (1.0 - signal**2).clamp(min=0.0).sqrt()


def add_noise(clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
    """x_t of clean latents (n, k, h, w)."""
    a, s = signal_and_noise(timesteps)
    return a * clean + s * noise


def velocity(clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
    """The v that the denoiser learns to predict."""
    a, s = signal_and_noise(timesteps)
    return a * noise - s * clean


def split_velocity(v: Tensor, noisy: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
    """Clean latents and noise that a prediction implies."""
    a, s = signal_and_noise(timesteps)
    return a * noisy - s * v, s * noisy + a * v
