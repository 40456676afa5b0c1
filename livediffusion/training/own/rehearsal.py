"""What a model knows already, kept before it learns something new."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from livediffusion.training import vocabulary
from livediffusion.training.composer import GENRES
from livediffusion.training.own.model import CHUNK, Model

LOOPS = 160  # in the textbook
NAMED = 0.6  # share of prompts that name a genre


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Loops that the untouched model makes of other prompts: latents (n, k, h, w)."""

    latents: Tensor
    prompts: Sequence[str]

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Tensor, list[str]]:
        """Some of the loops and their prompts."""
        indices = rng.integers(len(self.prompts), size=count)
        return self.latents[indices], [self.prompts[i] for i in indices]


def other_prompts(model: Model, name: str, count: int, rng: np.random.Generator) -> list[str]:
    """Prompts that do not name the style: nothing, each genre, then genres among other words."""
    taboo = set(name.lower().split())
    genres = [genre for genre in GENRES if not taboo & set(genre.split())]
    words = [word for word in _words_known(model) if not taboo & set(word.lower().split())]
    words = words or genres
    prompts = ["", *genres]
    while len(prompts) < count:
        some = [words[i] for i in rng.integers(len(words), size=int(rng.integers(1, 4)))]
        if rng.random() < NAMED:
            some[int(rng.integers(len(some)))] = genres[len(prompts) % len(genres)]
        prompts.append(" ".join(some))
    return prompts[:count]


def _words_known(model: Model) -> list[str]:
    """What the model has read about: of its vocabulary.json, else whole words of its tokenizer."""
    path = model.folder.path / vocabulary.FILE_NAME
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        kinds = [word for word, kind in known.get("words", {}).items() if kind != "filler"]
        return [*known.get("names", {}), *kinds]
    ending = "</w>"
    tokens = sorted(model.parts.tokenizer.get_vocab())
    words = [token.removesuffix(ending) for token in tokens if token.endswith(ending)]
    return [word for word in words if len(word) > 2 and word.isascii() and word.isalpha()]


def prepare(
    model: Model, name: str, progress: Callable[[str, float], None], loops: int = 0
) -> Rehearsal:
    """Let the model play what it knows: so many loops, or LOOPS."""
    loops = loops or LOOPS
    prompts = other_prompts(model, name, loops, np.random.default_rng(1))
    parts = []
    for first in range(0, loops, CHUNK):
        chunk = prompts[first : first + CHUNK]
        parts.append(model.latents(chunk, range(first, first + len(chunk))))
        progress("rehearsing", min(1.0, (first + CHUNK) / loops))
    return Rehearsal(torch.cat(parts), prompts)
