"""What every measurement needs: the model, the judge, real loops, and ways to make loops."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from livediffusion.spectrogram.loop import picture_to_loop
from livediffusion.training import classifier, dataset
from livediffusion.training.classifier import CLASSES, HEADS, Judge
from livediffusion.training.composer import BEATS, TEMPO, Style
from livediffusion.training.dataset import Dataset, Progress, Row
from livediffusion.training.pictures import POCKET, picture
from livediffusion.training.sampling import Model

PART = 16  # loops that are floats at a time
JUDGE_SEED = dataset.HELD_OUT_SEED + 50_000  # the judge learns from loops that nobody else sees


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    name: str
    judge_seeds: int  # of every genre, each in `judge_styles` styles
    judge_styles: int
    held_out: int  # real loops of every genre that nobody learned from, each in two styles
    seeds: int  # generated loops of every genre's plain name
    free_seeds: int  # loops of every free prompt
    pairs: int  # morphs
    walks: int  # walks from seed to seed
    steps: tuple[int, ...]  # of denoising, at which free prompts are tried
    words: tuple[int, int]  # genres and seeds for each axis of attribute words
    renders: int  # timed, for each number of steps
    judge_steps: int = classifier.STEPS


QUICK = Size("quick", 6, 2, 3, 2, 1, 6, 2, (4,), (3, 3), 3, 600)
NORMAL = Size("normal", 20, 2, 6, 6, 2, 60, 16, (1, 2, 4, 8), (6, 10), 7)
ALL_PAIRS = len(CLASSES) * (len(CLASSES) - 1) // 2
FULL = Size("full", 20, 2, 10, 10, 4, ALL_PAIRS, 33, (1, 2, 4, 8), (33, 10), 15)


@dataclass(frozen=True, slots=True)
class Bench:
    """The things on the table. Pictures are bytes (n, 2, bands, columns)."""

    folder: Path  # of the model
    workdir: Path
    size: Size
    model: Model
    judge: Judge
    real: Tensor  # held-out loops
    rows: list[Row]  # what they are

    def latents(self, prompts: Sequence[str], seeds: Sequence[int], steps: int) -> Tensor:
        """Sampled latents, one for each prompt and seed."""
        return self.model.latents(self.model.embed(prompts), self.model.noise(seeds), steps)

    def generate(
        self, prompts: Sequence[str], seeds: Sequence[int], steps: int = POCKET.steps
    ) -> Tensor:
        """Pictures, one for each prompt and seed."""
        parts = []
        for start in range(0, len(prompts), PART):
            part = slice(start, start + PART)
            parts.append(
                to_bytes(self.model.pictures(self.latents(prompts[part], seeds[part], steps)))
            )
        return torch.cat(parts)

    def genres(self, pictures: Tensor) -> list[str]:
        """What the judge hears."""
        return [CLASSES[i] for i in classifier.verdicts(self.judge, pictures)["genre"].tolist()]

    def plain(self) -> Tensor:
        """Which of the real loops are played in no particular style (n,)."""
        return torch.tensor([row.style == Style() for row in self.rows])


def to_bytes(pictures: Tensor) -> Tensor:
    """Pictures in 0..1 as bytes, like the real ones."""
    return torch.round(255.0 * pictures.clamp(0.0, 1.0)).byte()


def to_audio(pictures: Tensor) -> Tensor:
    """Sound (n, 2, samples) of bytes at the model's rate and own level, as the engine makes it."""
    rate = POCKET.sample_rate
    levels = (one.float() / 255.0 for one in pictures)
    loops = [picture_to_loop(one, POCKET, BEATS, TEMPO, sample_rate=rate) for one in levels]
    return torch.stack([loop.audio for loop in loops])


def to_pictures(audio: Tensor) -> Tensor:
    """Bytes of sound (n, 2, samples) at the model's rate."""
    return torch.stack([to_bytes(picture(loop)) for loop in audio])


def prepare(folder: Path, workdir: Path, size: Size, progress: Progress, processes: int) -> Bench:
    """Load the model, render the held-out loops and train the judge, or find them done."""
    model = Model.load(folder)
    name = f"held_out_{size.held_out}"
    rows = dataset.plan(size.held_out, 2, dataset.HELD_OUT_SEED)
    real = dataset.render(rows, workdir / "data", name, processes, progress)
    judge = _judge(workdir, size, progress, processes)
    return Bench(folder, workdir, size, model, judge, real.tensor(slice(None)), real.rows)


def _judge(workdir: Path, size: Size, progress: Progress, processes: int) -> Judge:
    """The judge for the composer's loops as they are now."""
    name = f"judge_{size.judge_seeds}x{size.judge_styles}"
    rows = dataset.plan(size.judge_seeds, size.judge_styles, JUDGE_SEED)
    loops = dataset.render(rows, workdir / "data", name, processes, progress)
    path, stamp = workdir / f"{name}.pt", _stamp(loops, size)
    found = torch.load(path, weights_only=True) if path.is_file() else {}
    if found.get("stamp") == stamp:
        judge = Judge()
        judge.load_state_dict(found["judge"])
        return judge.eval()

    def advance(done: float) -> None:
        progress("training the judge", done)

    judge = classifier.train(loops.tensor(slice(None)), loops.rows, advance, size.judge_steps)
    torch.save({"stamp": stamp, "judge": judge.state_dict()}, path)
    return judge


def _stamp(loops: Dataset, size: Size) -> str:
    """Changes with anything that the judge is made of."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((HEADS, CLASSES, size.judge_steps, classifier.WIDTHS)).encode())
    for row in loops.rows:
        digest.update(row.to_json().encode())
    digest.update(loops.pictures[::7, :, ::16, ::16].tobytes())
    return digest.hexdigest()
