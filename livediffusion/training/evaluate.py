"""Measure a model folder against real loops that it never saw, and draw what it plays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from livediffusion.spectrogram.loop import picture_to_loop
from livediffusion.training import classifier, dataset, measures
from livediffusion.training.classifier import CLASSES, Judge
from livediffusion.training.composer import BEATS, TEMPO, Style
from livediffusion.training.dataset import Dataset, Progress
from livediffusion.training.pictures import POCKET, from_model, picture, to_model
from livediffusion.training.sampling import Model

HELD_OUT_SEEDS, HELD_OUT_STYLES = 8, 2
JUDGE_MINUTES = 2.0
SEEDS_A_CLASS = 6
STEPS = (1, 2, 4, 8)
MORPH_POINTS = 9

# Prompts that no template makes, and the genres that would do.
FREE_PROMPTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("dark industrial techno", ("techno",)),
    ("ambient pads, slow 🌊", ("ambient",)),
    ("je veux du jazz", ("jazz",)),
    ("DNB", ("drum and bass",)),
    ("jungle 174 bpm", ("drum and bass",)),
    ("musique de jeu vidéo des années 90", ("chiptune",)),
    ("🎸", ("rock",)),
    ("🥁", ("drums",)),
    ("🎹 doux", ("piano",)),
    ("une nappe planante et calme", ("ambient",)),
    ("heavy wobble bass 👹", ("dubstep",)),
    ("80s synth 🌆", ("synthwave",)),
    ("chill study beats with electric piano", ("lo-fi hip hop",)),
    ("groovy slap bass funk", ("funk",)),
    ("hands in the air trance", ("trance",)),
    ("club house with piano chords", ("house",)),
    ("warehouse rave 🏭", ("techno",)),
    ("rock énergique avec guitare distordue", ("rock",)),
    ("batterie", ("drums",)),
    ("saxophone in a jazz club", ("jazz",)),
    ("8-bit", ("chiptune",)),
    ("🌌", ("ambient",)),
    ("lofi", ("lo-fi hip hop",)),
    ("piano seul", ("piano",)),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measurement needs."""

    model: Model
    judge: Judge
    real: Dataset
    pictures: Tensor  # (n, bands, columns), the real ones in 0..1
    folder: Path  # for pictures of pictures

    def generate(self, prompts: Sequence[str], seeds: Sequence[int], steps: int = 4) -> Tensor:
        """Pictures, one for each prompt and seed."""
        embeddings, noise = self.model.embed(prompts), self.model.noise(seeds)
        return self.model.pictures(self.model.latents(embeddings, noise, steps))

    def genres(self, pictures: Tensor) -> list[str]:
        """What the judge hears."""
        return [CLASSES[i] for i in classifier.judge_all(self.judge, pictures)[:, 0].tolist()]


def all_classes(seeds: int) -> tuple[list[str], list[int]]:
    """Every genre's plain name with each of so many seeds."""
    prompts = [genre for genre in CLASSES for _ in range(seeds)]
    return prompts, [1000 + i % seeds for i in range(len(prompts))]


def agreement(wanted: Sequence[str], heard: Sequence[str]) -> float:
    """Share of equal pairs."""
    return float(np.mean([a == b for a, b in zip(wanted, heard, strict=True)]))


def through_audio(pictures: Tensor) -> Tensor:
    """Pictures of the audio that pictures become: phase reconstruction and back."""
    rate = POCKET.sample_rate
    loops = [picture_to_loop(p[None], POCKET, BEATS, TEMPO, sample_rate=rate) for p in pictures]
    return torch.stack([picture(loop.audio[0]) for loop in loops])


def spectral_convergence(seen: Tensor, wanted: Tensor) -> float:
    """Mean relative distance of mel amplitudes."""
    a, b = seen ** (1.0 / POCKET.power), wanted ** (1.0 / POCKET.power)
    return float(((a - b).norm(dim=(1, 2)) / b.norm(dim=(1, 2))).mean())


def autoencoding(bench: Bench, count: int = 28) -> dict[str, float]:
    """How real loops come through the autoencoder, and through the phase alone."""
    chosen = torch.linspace(0, len(bench.pictures) - 1, count).long()
    real = bench.pictures[chosen]
    with torch.no_grad():
        seen = from_model(bench.model.vae.decoder(bench.model.vae.encoder(to_model(real))))
    relative = (seen - real).abs().mean((1, 2)) / real.mean((1, 2))
    return {
        "relative L1": float(relative.mean()),
        "spectral convergence": spectral_convergence(seen, real),
        "spectral convergence of phase alone": spectral_convergence(through_audio(real), real),
        "spectral convergence with phase": spectral_convergence(through_audio(seen), real),
    }


def adherence(bench: Bench) -> dict[str, object]:
    """Share of loops that the judge hears as what was asked for."""
    prompts, seeds = all_classes(SEEDS_A_CLASS)
    found: dict[str, object] = {}
    for steps in STEPS:
        generated = bench.generate(prompts, seeds, steps)
        found[f"{steps} steps"] = agreement(prompts, bench.genres(generated))
        if steps == POCKET.steps:
            heard = bench.genres(through_audio(generated))
            found[f"{steps} steps, through audio"] = agreement(prompts, heard)
            pairs = list(zip(prompts, heard, strict=True))
            found["by genre, through audio"] = {
                genre: agreement([genre] * SEEDS_A_CLASS, [h for p, h in pairs if p == genre])
                for genre in CLASSES
            }
    return found


def free_prompts(bench: Bench) -> dict[str, object]:
    """Prompts of a performer's own making, two seeds each."""
    texts = [prompt for prompt, _ in FREE_PROMPTS] * 2
    seeds = [1 + i // len(FREE_PROMPTS) for i in range(len(texts))]
    heard = bench.genres(bench.generate(texts, seeds))
    allowed = dict(FREE_PROMPTS)
    wrong = [(t, h) for t, h in zip(texts, heard, strict=True) if h not in allowed[t]]
    return {"right": 1.0 - len(wrong) / len(texts), "wrong": wrong}


def class_means(bench: Bench) -> dict[str, object]:
    """Means of each measure by genre, real and generated, and their correlation."""
    prompts, seeds = all_classes(SEEDS_A_CLASS)
    generated = bench.generate(prompts, seeds)
    neutral = torch.tensor([row.style == Style() for row in bench.real.rows])
    found: dict[str, object] = {}
    for name, measure in measures.ALL.items():
        values, real = measure(generated), measure(bench.pictures)
        table = {}
        for genre in CLASSES:
            mine = torch.tensor([prompt == genre for prompt in prompts])
            same = [row.genre == genre for row in bench.real.rows]
            theirs = torch.tensor(same) & neutral
            table[genre] = (float(real[theirs].mean()), float(values[mine].mean()))
        pairs = np.array(list(table.values()))
        found[name] = {"correlation": float(np.corrcoef(pairs.T)[0, 1]), "real, generated": table}
    return found


def styles(bench: Bench) -> dict[str, float]:
    """What style words do: mean centroid, onsets and level over all genres."""
    found = {}
    for word in ("dark", "bright", "calm", "energetic"):
        generated = bench.generate([f"{word} {genre}" for genre in CLASSES], [7] * len(CLASSES))
        for measure in (measures.centroid, measures.onsets, measures.level):
            found[f"{word}: {measure.__name__}"] = float(measure(generated).mean())
    return found


def morph(bench: Bench, start: str, end: str) -> dict[str, object]:
    """Distances along a blend of two prompts with one seed."""
    ends = bench.model.embed([start, end])
    weights = torch.linspace(0.0, 1.0, MORPH_POINTS)[:, None, None]
    blended = torch.lerp(ends[:1], ends[1:], weights)
    latents = bench.model.latents(blended, bench.model.noise([5] * MORPH_POINTS))
    pictures = bench.model.pictures(latents)
    save_grid(pictures, bench.folder / f"morph {start} to {end}.png", 3)
    steps = (pictures[1:] - pictures[:-1]).norm(dim=(1, 2))
    return {
        "neighbours": [round(float(step), 2) for step in steps],
        "ends": float((pictures[-1] - pictures[0]).norm()),
    }


def save_grid(pictures: Tensor, path: Path, columns: int) -> None:
    """Pictures (n, bands, columns) side by side as a PNG, loud is bright."""
    path.parent.mkdir(parents=True, exist_ok=True)
    framed = torch.nn.functional.pad(pictures, (0, 6, 0, 6), value=0.5)
    rows = [torch.cat(list(part), dim=1) for part in framed.split(columns)]
    width = max(row.shape[1] for row in rows)
    rows = [torch.nn.functional.pad(row, (0, width - row.shape[1])) for row in rows]
    levels = (255.0 * torch.cat(rows).clamp(0.0, 1.0)).byte().numpy()
    Image.fromarray(levels).save(path)


def _judge(workdir: Path, training: Dataset, progress: Progress) -> Judge:
    path = workdir / "judge.pt"
    if path.is_file():
        judge = Judge()
        judge.load_state_dict(torch.load(path, weights_only=True))
        return judge.eval()
    judge = classifier.train(training, JUDGE_MINUTES, progress)
    torch.save(judge.state_dict(), path)
    return judge


def prepare(folder: Path, workdir: Path, training: Dataset, progress: Progress) -> Bench:
    """Load the model, render the held-out loops and train the judge, or find them done."""
    rows = dataset.plan(HELD_OUT_SEEDS, HELD_OUT_STYLES, dataset.HELD_OUT_SEED)
    real = dataset.render(rows, workdir / "data", "held_out", 1, progress)
    pictures = real.tensor(slice(None)).float() / 255.0
    judge = _judge(workdir, training, progress)
    return Bench(Model.load(folder), judge, real, pictures, workdir / "evaluation")


def report(bench: Bench, progress: Progress) -> dict[str, object]:
    """Every measurement by name."""
    prompts, seeds = all_classes(4)
    save_grid(bench.generate(prompts, seeds), bench.folder / "generated.png", 4)
    wanted = [row.genre for row in bench.real.rows]
    measurements: dict[str, Callable[[], object]] = {
        "autoencoder": lambda: autoencoding(bench),
        "adherence": lambda: adherence(bench),
        "free prompts": lambda: free_prompts(bench),
        "class means": lambda: class_means(bench),
        "styles": lambda: styles(bench),
        "morph": lambda: morph(bench, "techno", "ambient"),
    }
    heard = bench.genres(bench.pictures)
    found: dict[str, object] = {"judge on held-out real loops": agreement(wanted, heard)}
    for index, (name, measurement) in enumerate(measurements.items()):
        progress(f"measuring {name}", index / len(measurements))
        found[name] = measurement()
    return found
