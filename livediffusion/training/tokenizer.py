"""A byte-level BPE in CLIPTokenizer's files: every script and emoji, no unknown words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from livediffusion.training.captions import caption
from livediffusion.training.dataset import Row
from livediffusion.training.words.genres import GENRE_WORDS

WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]"
    r"|[^\s\p{L}\p{N}]+"
)
END_OF_WORD = "</w>"
START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = 2200
LENGTH = 24  # tokens of every prompt, START and END included
CAPTIONS, NAMES = 40_000, 10  # read for training: drawn ones, and every name so many times


def texts(rows: Sequence[Row]) -> list[str]:
    """What to train on: captions of the rows, and all names of genres, rare ones too."""
    rng = np.random.default_rng(0)
    drawn = [caption(rows[i], rng) for i in rng.integers(len(rows), size=CAPTIONS)]
    names = [name for table in GENRE_WORDS.values() for part in table.values() for name in part]
    return [*drawn, *list(GENRE_WORDS) * NAMES, *names * NAMES]


def train(texts: Iterable[str], folder: Path) -> int:
    """Train on captions, write vocab.json, merges.txt and tokenizer_config.json.

    Returns the number of tokens. CLIPTokenizer must be loaded from the folder: given the two
    files themselves, transformers 5 builds a tokenizer of two tokens.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE(end_of_word_suffix=END_OF_WORD))
    bpe.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 2 - len(alphabet),
        initial_alphabet=alphabet,
        end_of_word_suffix=END_OF_WORD,
        min_frequency=3,
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    learned = json.loads(bpe.to_str())["model"]
    # Bytes first, alone and at a word's end, so that any text can be spelled.
    vocabulary = [*alphabet, *(letter + END_OF_WORD for letter in alphabet)]
    known = set(vocabulary)
    ordered = sorted(learned["vocab"], key=learned["vocab"].__getitem__)
    vocabulary += [token for token in ordered if token not in known]
    vocabulary += [START, END]
    _write(folder, vocabulary, learned["merges"])
    return len(vocabulary)


def _write(folder: Path, vocabulary: list[str], merges: list[list[str] | str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ids = {token: index for index, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
    lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    text = "\n".join(["#version: 0.2", *lines]) + "\n"
    (folder / "merges.txt").write_text(text, encoding="utf-8")
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": LENGTH,
        "bos_token": START,
        "eos_token": END,
        "unk_token": END,
        "pad_token": END,
        "do_lower_case": True,
    }
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
