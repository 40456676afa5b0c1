"""The autoencoder: an AutoencoderTiny over folded pictures, set by closed forms, then trained.

The encoder is a principal component analysis of the patches and stays so: of the mean of left
and right, and of half their difference, which needs few components. The decoder starts as the
least-squares map from 3 x 3 neighbouring latents to a patch, so patches overlap and no blocks
show, and its residual blocks learn what that map leaves. Time wraps round.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from torch import Tensor

from livediffusion.spectrogram.circular import make_circular_in_time
from livediffusion.training.dataset import Dataset
from livediffusion.training.pictures import POCKET, from_model, to_model, unfold

MIDDLE, SIDE = 64, 16  # channels of a latent for the mean of left and right, and their difference
COMPONENTS = MIDDLE + SIDE
SIDE_DEVIATION = 0.6  # of the side's latents: what is heard less shall weigh less
WIDTH = 176  # channels of the decoder: 2 x COMPONENTS carry the linear path, the rest is free
BLOCKS = 1
SCALING = 16.0  # diffusion's unit-variance latents over the autoencoder's: far from its tanh clamp
RIDGE = 1e-4
FITTED = 400  # pictures that the closed forms see
CHUNK = 24  # pictures at a time
LINEAR_RATE = 0.15  # of the learning rate, for the layers the closed form has set


@dataclass(frozen=True, slots=True)
class Components:
    """Principal components of patches: z = ((p - mean) @ vectors) * scale."""

    mean: Tensor  # (patch,)
    vectors: Tensor  # (patch, k)
    scale: Tensor  # (k,)


def build() -> AutoencoderTiny:
    """The untrained module; its latents lie on the folded grid itself."""
    channels = POCKET.channels * POCKET.patch[0] * POCKET.patch[1]
    return AutoencoderTiny(
        in_channels=channels,
        out_channels=channels,
        latent_channels=COMPONENTS,
        encoder_block_out_channels=(COMPONENTS,),
        decoder_block_out_channels=(WIDTH,),
        num_encoder_blocks=(0,),
        num_decoder_blocks=(BLOCKS,),
        scaling_factor=SCALING,
    )


def principal_components(patches: Tensor, count: int) -> Components:
    """The first components of patches (n, patch, h, w), of unit variance over all of them.

    Each is scaled by its deviation ** -1/2, between keeping the spectrum of the patches (the
    denoiser would see noise in the small ones) and whitening it (it would hear nothing else).
    """
    flat = patches.permute(0, 2, 3, 1).flatten(0, 2).double()
    values, vectors = torch.linalg.eigh(torch.cov(flat.T))
    deviation = values.flip(0)[:count].clamp(min=1e-12).sqrt()
    scale = deviation**-0.5
    scale = scale / ((deviation * scale) ** 2).mean().sqrt()
    return Components(flat.mean(0).float(), vectors.flip(1)[:, :count].float(), scale.float())


def stereo_components(patches: Tensor) -> Components:
    """Components of folded stereo pictures (n, 2 * patch, h, w): the middle's, then the side's."""
    left, right = patches.chunk(2, dim=1)
    middle = principal_components((left + right) / 2.0, MIDDLE)
    side = principal_components((left - right) / 2.0, SIDE)
    vectors = torch.cat(
        [
            torch.cat([middle.vectors, side.vectors], dim=1),
            torch.cat([middle.vectors, -side.vectors], dim=1),
        ]
    )
    mean = torch.cat([middle.mean + side.mean, middle.mean - side.mean])
    scale = torch.cat([middle.scale, SIDE_DEVIATION * side.scale])
    return Components(mean, vectors / 2.0, scale)


@torch.no_grad()
def set_encoder(model: AutoencoderTiny, components: Components) -> None:
    """Write the components into the encoder's two convolutions, centre taps only."""
    first, last = model.encoder.layers[0], model.encoder.layers[1]
    for layer in (first, last):
        layer.weight.zero_()
        layer.bias.zero_()
    project = components.vectors * (components.scale / SCALING)  # (patch, COMPONENTS)
    # The encoder sees (x + 1) / 2, so x = 2 * seen - 1.
    first.weight[:, :, 1, 1] = 2.0 * project.T
    first.bias.copy_(-(components.mean + 1.0) @ project)
    last.weight[:, :, 1, 1] = torch.eye(COMPONENTS)


@torch.no_grad()
def encode(model: AutoencoderTiny, patches: Tensor) -> Tensor:
    """Diffusion latents (n, k, h, w) of folded pictures, by the encoder's centre taps.

    All its other taps are zero, so this is what the encoder gives, in a tenth of the time.
    """
    first = model.encoder.layers[0]
    seen = F.conv2d((patches + 1.0) / 2.0, first.weight[:, :, 1:2, 1:2], first.bias)
    return SCALING * seen


def neighbourhoods(latents: Tensor) -> Tensor:
    """3 x 3 neighbourhoods and a constant: (n, k, h, w) to (n * h * w, 9 k + 1)."""
    padded = F.pad(F.pad(latents, (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1))
    columns = F.unfold(padded, 3).transpose(1, 2).flatten(0, 1)
    return torch.cat([columns, torch.ones(len(columns), 1)], dim=1)


def least_squares(batches: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Ridge regression (9 k + 1, patch) from latents to folded pictures in 0..1."""
    size, width = 9 * COMPONENTS + 1, batches[0][1].shape[1]
    gram = torch.zeros(size, size, dtype=torch.float64)
    moment = torch.zeros(size, width, dtype=torch.float64)
    for latents, patches in batches:
        inputs = neighbourhoods(latents).double()
        targets = ((patches + 1.0) / 2.0).permute(0, 2, 3, 1).flatten(0, 2).double()
        gram += inputs.T @ inputs
        moment += inputs.T @ targets
    gram += RIDGE * gram.diagonal().mean() * torch.eye(size)
    solved: Tensor = torch.linalg.solve(gram, moment)
    return solved.float()


@torch.no_grad()
def set_decoder(model: AutoencoderTiny, weights: Tensor) -> None:
    """Write a least-squares map into the decoder: a pair of ReLU channels carries each sign."""
    layers = model.decoder.layers
    first, last = layers[0], layers[-1]
    k = COMPONENTS
    first.weight[: 2 * k] = 0.0
    first.bias[: 2 * k] = 0.0
    first.weight[:k, :, 1, 1] = torch.eye(k)
    first.weight[k : 2 * k, :, 1, 1] = -torch.eye(k)
    for block in layers[2:-1]:  # identity on what is not negative, until it learns
        block.conv[-1].weight.zero_()
        block.conv[-1].bias.zero_()
    taps = weights[:-1].T.reshape(-1, k, 3, 3)
    last.weight.zero_()
    last.weight[:, :k], last.weight[:, k : 2 * k] = taps, -taps
    last.bias.copy_(weights[-1])


def clamped(latents: Tensor) -> Tensor:
    """What the decoder's own clamp leaves of its latents."""
    return 3.0 * torch.tanh(latents / 3.0)


@torch.no_grad()
def adopt_encoder(model: AutoencoderTiny, earlier: AutoencoderTiny) -> None:
    """Take over an earlier model's encoder, so that its denoiser finds its latents again.

    A mono one says what the middle is; the side keeps the components that it has.
    """
    for mine, theirs in zip(model.encoder.layers, earlier.encoder.layers, strict=True):
        if mine.weight.shape == theirs.weight.shape:
            mine.load_state_dict(theirs.state_dict())
        elif mine is model.encoder.layers[0]:
            mono = theirs.weight.shape[1]
            mine.weight[:MIDDLE, :mono] = theirs.weight / 2.0
            mine.weight[:MIDDLE, mono:] = theirs.weight / 2.0
            mine.bias[:MIDDLE] = theirs.bias


@torch.no_grad()
def fit(data: Dataset, earlier: AutoencoderTiny | None = None) -> AutoencoderTiny:
    """The closed-form autoencoder of a dataset, time wrapped; see `adopt_encoder`."""
    model = build().eval()
    make_circular_in_time(model)
    count = min(FITTED, len(data.rows))
    chosen = np.linspace(0, len(data.rows) - 1, count).astype(np.int64)
    patches = to_model(data.tensor(chosen))
    set_encoder(model, stereo_components(patches))
    if earlier is not None:
        adopt_encoder(model, earlier)
    batches = [(clamped(encode(model, part) / SCALING), part) for part in patches.split(CHUNK)]
    # Latents are tiny beside the constant; give the ridge a common scale.
    weights = least_squares([(latents * SCALING, part) for latents, part in batches])
    weights[:-1] *= SCALING
    set_decoder(model, weights)
    return model


@torch.no_grad()
def encode_all(model: AutoencoderTiny, data: Dataset) -> Tensor:
    """Latents (n, COMPONENTS, h, w) of a whole dataset in diffusion's scale, float16."""
    parts = []
    for start in range(0, len(data.rows), CHUNK):
        patches = to_model(data.tensor(slice(start, start + CHUNK)))
        parts.append(encode(model, patches).half())
    return torch.cat(parts)


def decode(model: AutoencoderTiny, latents: Tensor) -> Tensor:
    """Pictures (n, 2, bands, columns) of diffusion latents (n, COMPONENTS, h, w)."""
    return from_model(model.decoder(latents / SCALING))


def _loss(seen: Tensor, wanted: Tensor) -> Tensor:
    """Relative L1 of pictures and of their slopes, plus spectral convergence of amplitudes."""
    level = wanted.mean((1, 2)).clamp(min=0.02)
    error = seen - wanted
    total = error.abs().mean((1, 2)) / level
    for step in (1, 2, 4):
        in_time = (error - error.roll(step, 2)).abs().mean((1, 2))
        in_frequency = (error[:, step:] - error[:, :-step]).abs().mean((1, 2))
        total = total + 0.2 * (in_time + in_frequency) / level
    amplitudes = [x.clamp(min=1e-3) ** 3.333 for x in (seen, wanted)]
    distance = ((amplitudes[0] - amplitudes[1]) ** 2).mean((1, 2)).add(1e-10).sqrt()
    return (total + 0.3 * distance / (amplitudes[1] ** 2).mean((1, 2)).add(1e-9).sqrt()).mean()


def train_decoder(
    model: AutoencoderTiny,
    data: Dataset,
    latents: Tensor,
    minutes: float,
    progress: Callable[[str, float], None],
    rate: float = 8e-4,
) -> None:
    """Train the decoder in place on latents (a little noisy, as generated ones are)."""
    layers = model.decoder.layers
    slow = [*layers[0].parameters(), *layers[-1].parameters()]
    groups = [
        {"params": slow, "share": LINEAR_RATE},
        {"params": list(layers[2:-1].parameters()), "share": 1.0},
    ]
    optimiser = torch.optim.AdamW(groups, rate, weight_decay=0.0, betas=(0.9, 0.99))
    rng, start = np.random.default_rng(0), time.monotonic()
    while (done := (time.monotonic() - start) / (60.0 * minutes)) < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"] * max(0.02, 1.0 - done)
        indices = rng.integers(len(data.rows), size=8)
        inputs = latents[indices].float()
        inputs = inputs + 0.05 * torch.randn_like(inputs)
        wanted = data.tensor(indices).float() / 255.0
        seen = (1.0 - unfold(model.decoder(inputs / SCALING))) / 2.0
        loss = _loss(seen.flatten(0, 1), wanted.flatten(0, 1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(f"training the decoder: loss {loss.item():.4f}", done)
