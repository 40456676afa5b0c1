"""Prompts to embeddings, blended by weight.

A prompt is read in chunks of as many tokens as the encoder takes (75 between start and end for
CLIP), whose embeddings are laid one after the other; so prompts may have any length. Brackets
weigh words (`emphasised`): their tokens' embeddings are multiplied, then all of them so that
their mean stays what it was, as in Riffusion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor

from livediffusion.render.cache import MemoryLru
from livediffusion.render.emphasis import emphasised, taught_words
from livediffusion.render.engines.base import Notice
from livediffusion.render.request import Weighted

T = TypeVar("T")

_LONG_ENOUGH = 77  # encoders with shorter windows were never trained on more than one chunk
_CACHE_BYTES = 64 * 2**20
_NO_MEAN = 1e-4  # of the mean magnitude: a mean below it is rounding, and cannot be kept


class TextEncoder:
    """A tokenizer and a CLIP text encoder, with the latest embeddings at hand."""

    def __init__(self, tokenizer: Any, model: Any, notice: Notice) -> None:
        self._tokenizer = tokenizer
        self._model = model
        self._notice = notice
        positions = int(model.config.max_position_embeddings)
        self.window = min(int(tokenizer.model_max_length), positions)  # tokens, with both ends
        self.state = ""  # what the encoder's weights and words are; embeddings go with it
        self._cache: MemoryLru[Tensor] = MemoryLru(_CACHE_BYTES)
        self._words: dict[str, list[int]] = {}  # of one's own, with their token ids
        self._vectors: dict[str, Tensor] = {}

    @property
    def width(self) -> int:
        """Numbers that stand for one token."""
        return int(self._model.get_input_embeddings().weight.shape[1])

    def learn(self, word: str, vectors: Tensor) -> None:
        """From now on a word of one's own is read as these vectors (n, width)."""
        if self._vectors.get(word) is vectors:
            return
        embeddings = self._model.get_input_embeddings()
        known: Tensor = embeddings.weight.data
        first = known.shape[0]
        with torch.inference_mode(mode=False):
            grown = torch.cat([known, vectors.to(known.device, known.dtype)])
            embeddings.weight = torch.nn.Parameter(grown, requires_grad=False)
        embeddings.num_embeddings = grown.shape[0]
        self._words[word] = list(range(first, grown.shape[0]))
        self._vectors[word] = vectors

    def forget(self, word: str) -> None:
        """A word is read as any other again."""
        self._words.pop(word, None)
        self._vectors.pop(word, None)

    def context(self, prompts: Weighted, negative: str | None) -> Tensor:
        """Embeddings (1, tokens, width), or (2, tokens, width) with the negative ones first."""
        positive = self.blend(prompts)
        if negative is None:
            return positive
        against = self.embed(negative)
        length = max(positive.shape[1], against.shape[1])
        return torch.cat([self.fill(against, length), self.fill(positive, length)])

    def blend(self, prompts: Weighted) -> Tensor:
        """Weighted sum of the prompts' embeddings, (1, tokens, width) float32.

        Shorter prompts are filled up with the embedding of nothing.
        """
        each = self.each(prompts)
        if len(each) == 1:
            return each
        pairs = zip((weight for _, weight in prompts), each.split(1), strict=True)
        return torch.stack([weight * embedding for weight, embedding in pairs]).sum(dim=0)

    def each(self, prompts: Weighted) -> Tensor:
        """The prompts' embeddings, (n, tokens, width) float32, as long as the longest."""
        embedded = [self.embed(text) for text, _ in prompts]
        length = max(embedding.shape[1] for embedding in embedded)
        return torch.cat([self.fill(embedding, length) for embedding in embedded])

    def fill(self, embedding: Tensor, length: int) -> Tensor:
        """Append empty chunks up to `length` tokens."""
        missing = (length - embedding.shape[1]) // self.window
        return torch.cat([embedding] + [self.embed("")] * missing, dim=1) if missing else embedding

    def embed(self, text: str) -> Tensor:
        """Embedding (1, chunks * window, width) of one text, float32, remembered."""
        key = f"{self.state}\0{text}"
        found = self._cache.get(key)
        if found is None:
            ids, weights = self._tokens(text)
            chunks = self._chunks(ids)
            found = torch.cat([self._encode(chunk) for chunk in chunks], dim=1)
            if any(weight != 1.0 for weight in weights):
                found = _weighted(found, [self._factors(part) for part in self._chunks(weights)])
            self._cache.put(key, found)
        return found

    def _tokens(self, text: str) -> tuple[list[int], list[float]]:
        """Token ids of a prompt, without start and end, and how much each counts."""
        # A lone surrogate, which OSC can deliver, is no text for the tokenizer.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = []
        weights: list[float] = []
        for piece, weight in emphasised(clean):
            ids += self._ids(piece)
            weights += [weight] * (len(ids) - len(weights))
        room = self.window - 2
        if len(ids) > room and self.window < _LONG_ENOUGH:
            self._notice(
                f"This model reads {room} tokens of a prompt; "
                f"the end of '{clean[:40]}...' is left out."
            )
            return ids[:room], weights[:room]
        return ids, weights

    def _ids(self, piece: str) -> list[int]:
        """Token ids of a text in which words of one's own may stand."""
        ids: list[int] = []
        for part in _split(piece, self._words):
            own = self._words.get(part)
            ids += own or self._tokenizer(part, add_special_tokens=False).input_ids
        return ids

    def _chunks(self, each: list[T]) -> list[list[T]]:
        """What belongs to a prompt's tokens, as it falls to its chunks; one empty for no text."""
        room = self.window - 2
        return [each[i : i + room] for i in range(0, len(each), room)] or [[]]

    def _factors(self, weights: list[float]) -> list[float]:
        """The weights of a whole chunk: its ends and what fills it up count 1."""
        return [1.0, *weights, *[1.0] * (self.window - 1 - len(weights))]

    def _encode(self, chunk: list[int]) -> Tensor:
        tokenizer, device = self._tokenizer, self._model.device
        end = tokenizer.eos_token_id
        pad = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        row = [tokenizer.bos_token_id, *chunk, end]
        used = len(row)
        ids = torch.tensor([row + [pad] * (self.window - used)], device=device)
        mask = None
        if getattr(self._model.config, "use_attention_mask", False):
            mask = (torch.arange(self.window, device=device) < used).long().unsqueeze(0)
        hidden: Tensor = self._model(ids, attention_mask=mask)[0]
        return hidden.float()


def _split(text: str, words: Iterable[str]) -> list[str]:
    """A text in pieces, of which some are words of one's own, where these stand alone."""
    known = list(words)
    if not known:
        return [text]
    return [part for part in taught_words(known).split(text) if part.strip()]


def _weighted(embedding: Tensor, factors: list[list[float]]) -> Tensor:
    """An embedding (1, tokens, width) with its tokens multiplied, and its mean as it was."""
    each = torch.tensor(factors, dtype=embedding.dtype, device=embedding.device).reshape(1, -1, 1)
    weighted = embedding * each
    before, after = embedding.mean(), weighted.mean()
    least = _NO_MEAN * float(weighted.abs().mean())
    if min(abs(float(before)), abs(float(after))) <= least or float(before * after) < 0.0:
        return weighted
    return weighted * (before / after)
