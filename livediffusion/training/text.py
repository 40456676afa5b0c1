"""The text encoder: a small CLIPTextModel that first learns what captions mean.

Two minutes of predicting the composer's choices from captions give the denoiser embeddings
that already tell genres apart; both then train together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from livediffusion.training.captions import caption
from livediffusion.training.composer import GENRES
from livediffusion.training.dataset import Row
from livediffusion.training.tokenizer import LENGTH

WIDTH = 192
LAYERS = 2
BATCH = 64
RATE = 2e-3


def build(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """An untrained text model that fits a tokenizer."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        max_position_embeddings=LENGTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer in a folder."""
    return CLIPTokenizer.from_pretrained(folder)


def token_ids(tokenizer: CLIPTokenizer, texts: Sequence[str]) -> Tensor:
    """Ids (n, LENGTH), cut or padded."""
    batch = tokenizer(
        list(texts), padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
    )
    ids: Tensor = batch.input_ids
    return ids


def embed(model: CLIPTextModel, ids: Tensor) -> Tensor:
    """Embeddings (n, LENGTH, WIDTH) of ids."""
    states: Tensor = model(ids).last_hidden_state
    return states


def _targets(rows: Sequence[Row]) -> list[Tensor]:
    genres = list(GENRES)
    return [
        torch.tensor([genres.index(row.genre) for row in rows]),
        torch.tensor([row.style.brightness + 1 for row in rows]),
        torch.tensor([row.style.energy + 1 for row in rows]),
    ]


def _loss(outputs: Tensor, targets: list[Tensor]) -> Tensor:
    """Cross entropy of genre, brightness and energy; the styles count half."""
    genre, brightness, energy = outputs.split([len(GENRES), 3, 3], dim=1)
    total = F.cross_entropy(genre, targets[0])
    total = total + 0.5 * F.cross_entropy(brightness, targets[1])
    return total + 0.5 * F.cross_entropy(energy, targets[2])


def pretrain(
    model: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    rows: Sequence[Row],
    minutes: float,
    progress: Callable[[str, float], None],
) -> float:
    """Train in place; returns the share of fresh captions whose genre is then read rightly."""
    head = nn.Linear(WIDTH, len(GENRES) + 6)
    parameters = [*model.parameters(), *head.parameters()]
    optimiser = torch.optim.AdamW(parameters, RATE, weight_decay=0.01, betas=(0.9, 0.98))
    rng, start, step = np.random.default_rng(0), time.monotonic(), 0
    while (done := (time.monotonic() - start) / (60.0 * minutes)) < 1.0:
        step += 1
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / 50) * max(0.01, 1.0 - done)
        batch = [rows[i] for i in rng.integers(len(rows), size=BATCH)]
        ids = token_ids(tokenizer, [caption(row, rng) for row in batch])
        loss = _loss(head(embed(model, ids).mean(dim=1)), _targets(batch))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(f"reading captions: loss {loss.item():.3f}", done)
    return _accuracy(model, head, tokenizer, rows)


@torch.no_grad()
def _accuracy(
    model: CLIPTextModel, head: nn.Module, tokenizer: CLIPTokenizer, rows: Sequence[Row]
) -> float:
    rng = np.random.default_rng(1)
    batch = [rows[i] for i in rng.integers(len(rows), size=400)]
    ids = token_ids(tokenizer, [caption(row, rng) for row in batch])
    guesses = head(embed(model, ids).mean(dim=1))[:, : len(GENRES)].argmax(dim=1)
    return float((guesses == _targets(batch)[0]).float().mean())
