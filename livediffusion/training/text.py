"""The text encoder: a small CLIPTextModel that first learns what captions mean.

Two minutes of predicting the composer's choices from captions give the denoiser embeddings
that already tell genres and styles apart; both then train together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from livediffusion.training.captions import caption
from livediffusion.training.composer import GENRES
from livediffusion.training.dataset import Row
from livediffusion.training.tokenizer import LENGTH

WIDTH = 192
LAYERS = 2
BATCH = 96
RATE = 2e-3
DRAWN = 50  # batches of captions drawn at a time
STEMS = ("all", "no drums", "only drums", "only bass")
# What captions are read for, how many values each has, and how much each counts.
SIZES = {
    "genre": len(GENRES),
    "brightness": 3,
    "energy": 3,
    "density": 3,
    "space": 3,
    "mode": 2,
    "stems": len(STEMS),
}
STYLE_COUNTS, PLAYERS_COUNT = 0.5, 2.0


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


def captions_for(
    rows: Sequence[Row], variants: int, rng: np.random.Generator, tokenizer: CLIPTokenizer
) -> NDArray[np.int16]:
    """Token ids (n, variants, LENGTH) of captions of every row, for a training to choose from."""
    ids = np.empty((len(rows), variants, LENGTH), np.int16)
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        texts = [caption(row, rng) for row in part for _ in range(variants)]
        read = token_ids(tokenizer, texts).numpy()
        ids[start : start + len(part)] = read.reshape(len(part), variants, LENGTH)
    return ids


def embed(model: CLIPTextModel, ids: Tensor) -> Tensor:
    """Embeddings (n, LENGTH, WIDTH) of ids."""
    states: Tensor = model(ids).last_hidden_state
    return states


def choices(rows: Sequence[Row]) -> Tensor:
    """What the composer chose, (n, len(SIZES)) of indices in the order of SIZES."""
    genres = {genre: index for index, genre in enumerate(GENRES)}
    values = [
        (
            genres[row.genre],
            row.style.brightness + 1,
            row.style.energy + 1,
            row.style.density + 1,
            row.style.space + 1,
            int(row.mode == "major"),
            STEMS.index(row.style.stems),
        )
        for row in rows
    ]
    return torch.tensor(values)


def _players(rows: Sequence[Row]) -> Tensor:
    """Who is heard, (n, instruments) of 0 and 1."""
    names = {name: index for index, name in enumerate(_instruments(rows))}
    heard = torch.zeros(len(rows), len(names))
    for index, row in enumerate(rows):
        heard[index, [names[name] for name in row.instruments]] = 1.0
    return heard


def _instruments(rows: Sequence[Row]) -> list[str]:
    return sorted({name for row in rows for name in row.instruments})


class Reader(nn.Module):
    """A text model with a head that tells what its captions ask for."""

    def __init__(self, model: CLIPTextModel, instruments: int) -> None:
        super().__init__()
        self.model = model
        self.head = nn.Linear(WIDTH, sum(SIZES.values()) + instruments)

    def forward(self, ids: Tensor) -> list[Tensor]:
        """Scores of each of SIZES and of the instruments, all (n, values)."""
        end = self.model.config.eos_token_id
        lengths = 1 + (ids != end).sum(dim=1)  # with the first END, the rest is padding
        longest = int(lengths.max())
        said = torch.arange(longest) < lengths[:, None]
        states = embed(self.model, ids[:, :longest]) * said[:, :, None]
        scores: Tensor = self.head(states.sum(dim=1) / lengths[:, None])
        players = scores.shape[1] - sum(SIZES.values())
        return list(scores.split([*SIZES.values(), players], dim=1))

    def loss(self, ids: Tensor, truth: Tensor, players: Tensor) -> Tensor:
        """Cross entropies of all choices, and of each instrument being heard."""
        *scores, heard = self(ids)
        total = F.cross_entropy(scores[0], truth[:, 0])
        for index in range(1, len(SIZES)):
            total = total + STYLE_COUNTS * F.cross_entropy(scores[index], truth[:, index])
        if players.shape[1]:
            total = total + PLAYERS_COUNT * F.binary_cross_entropy_with_logits(heard, players)
        return total


def _lessons(
    rows: Sequence[Row], tokenizer: CLIPTokenizer, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of captions' ids and their rows' indices, each of captions about as long.

    Short ones together, for padding is work for nothing.
    """
    drawn = rng.integers(len(rows), size=BATCH * DRAWN)
    ids = captions_for([rows[i] for i in drawn], 1, rng, tokenizer)[:, 0]
    order = np.argsort((ids != tokenizer.eos_token_id).sum(axis=1), kind="stable")
    for part in rng.permutation(order.reshape(DRAWN, BATCH)):
        yield torch.from_numpy(ids[part]).long(), torch.from_numpy(drawn[part])


def pretrain(
    model: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    rows: Sequence[Row],
    minutes: float,
    progress: Callable[[str, float], None],
) -> dict[str, float]:
    """Train in place; returns the share of fresh captions that are then read rightly.

    One share for each of SIZES. Captions leave a tenth of the style unsaid, so that no reader
    is right about all of it.
    """
    truth, players = choices(rows), _players(rows)
    reader = Reader(model, players.shape[1])
    optimiser = torch.optim.AdamW(reader.parameters(), RATE, weight_decay=0.01, betas=(0.9, 0.98))
    rng, start, step = np.random.default_rng(0), time.monotonic(), 0
    lessons: Iterator[tuple[Tensor, Tensor]] = iter(())
    while (done := (time.monotonic() - start) / (60.0 * minutes)) < 1.0:
        if (lesson := next(lessons, None)) is None:
            lessons = _lessons(rows, tokenizer, rng)
            continue
        ids, which = lesson
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / 100) * max(0.01, 1.0 - done)
        loss = reader.loss(ids, truth[which], players[which])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        progress(f"reading captions: loss {loss.item():.3f}", done)
    return accuracy(reader, tokenizer, rows)


@torch.no_grad()
def accuracy(reader: Reader, tokenizer: CLIPTokenizer, rows: Sequence[Row]) -> dict[str, float]:
    """Share of 2000 fresh captions that are read rightly, for each of SIZES."""
    rng = np.random.default_rng(1)
    batch = [rows[i] for i in rng.integers(len(rows), size=2000)]
    ids = torch.from_numpy(captions_for(batch, 1, rng, tokenizer)[:, 0]).long()
    *scores, _ = reader(ids)
    truth = choices(batch)
    right = [float((s.argmax(1) == truth[:, i]).float().mean()) for i, s in enumerate(scores)]
    return dict(zip(SIZES, right, strict=True))
