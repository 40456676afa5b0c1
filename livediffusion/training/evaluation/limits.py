"""What is lost before the model plays a note: in the autoencoder, in the phase, in both."""

from __future__ import annotations

import torch
from torch import Tensor

from livediffusion.training import measures
from livediffusion.training.evaluation.bench import Bench, to_audio, to_bytes, to_pictures
from livediffusion.training.evaluation.figures import Figure, Section
from livediffusion.training.pictures import POCKET

COUNT = 33  # real loops


def relative_l1(seen: Tensor, wanted: Tensor) -> float:
    """Mean difference over the mean of what was wanted, of bytes (n, 2, bands, columns)."""
    apart = (seen.float() - wanted.float()).abs().mean((1, 2, 3))
    return float((apart / wanted.float().mean((1, 2, 3))).mean())


def spectral_convergence(seen: Tensor, wanted: Tensor) -> float:
    """Mean relative distance of mel amplitudes, of bytes (n, 2, bands, columns)."""
    a, b = ((part.float() / 255.0) ** (1.0 / POCKET.power) for part in (seen, wanted))
    return float(((a - b).flatten(1).norm(dim=1) / b.flatten(1).norm(dim=1)).mean())


def attacks_kept(seen: Tensor, wanted: Tensor) -> float:
    """How high the steepest hundredth of all rises is, over how high it was: the median loop."""
    high, was = (measures.flux(part).quantile(0.99, dim=1) for part in (seen, wanted))
    return float((high / was.clamp(min=1e-6)).median())


def limits(bench: Bench) -> Section:
    """Real loops through the autoencoder alone, the phase alone, and both."""
    chosen = torch.linspace(0, len(bench.real) - 1, COUNT).long()
    real = bench.real[chosen]
    coded = to_bytes(bench.model.pictures(bench.model.encode(real)))
    ways = {
        "autoencoder": coded,
        "phase": to_pictures(to_audio(real)),
        "both": to_pictures(to_audio(coded)),
    }
    figures = []
    for way, seen in ways.items():
        figures += [
            Figure(f"{way}, relative L1", relative_l1(seen, real), "%"),
            Figure(f"{way}, spectral convergence", spectral_convergence(seen, real)),
            Figure(f"{way}, height of attacks kept", attacks_kept(seen, real), "%"),
        ]
    return Section("limits of autoencoder and phase", figures, f"{COUNT} held-out real loops")
