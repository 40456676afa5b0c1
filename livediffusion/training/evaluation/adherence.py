"""Does the model play what it is asked for? The judge's verdict on prompts that no caption is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from livediffusion.training.classifier import CLASSES, HEADS, truth, verdicts
from livediffusion.training.dataset import Progress
from livediffusion.training.evaluation.bench import Bench, to_audio, to_pictures
from livediffusion.training.evaluation.figures import Figure, Section
from livediffusion.training.pictures import POCKET
from livediffusion.training.prompts import FREE_PROMPTS

FRENCH = set(
    "de du des la le les l d un une au aux avec sans et pour je veux moi dans qui très musique "  # noqa: SIM905
    "boucle doux douce grosse seul seule sur sous comme façon que batterie prod".split()
)


def share(right: Sequence[bool]) -> float:
    """Share of what is right; NaN of nothing."""
    return sum(right) / len(right) if right else float("nan")


def language(prompt: str) -> str:
    """English, French, or signs alone (emoji, digits)."""
    text = prompt.lower()
    if not any("a" <= letter <= "z" for letter in text):
        return "signs"
    words = set("".join(c if c.isalpha() else " " for c in text).split())
    return "French" if words & FRENCH or set(text) & set("àâçèéêëîïôùûœ") else "English"


def judge_on_real_loops(bench: Bench) -> Section:
    """How far the judge can be trusted."""
    heard, wanted = verdicts(bench.judge, bench.real), truth(bench.rows)
    right = {head: (heard[head] == wanted[head]).tolist() for head in HEADS}
    pairs = list(zip(bench.rows, right["genre"], strict=True))
    details = {g: share([ok for row, ok in pairs if row.genre == g]) for g in CLASSES}
    figures = [Figure(head, share(right[head]), "%") for head in HEADS]
    note = f"{len(bench.rows)} held-out loops of the composer"
    return Section("the judge on real loops", figures, note, {"by genre": details})


def _right(bench: Bench, pictures: Tensor, prompts: Sequence[str]) -> list[bool]:
    allowed = dict(FREE_PROMPTS)
    heard = bench.genres(pictures)
    return [genre in allowed[prompt] for genre, prompt in zip(heard, prompts, strict=True)]


def free_prompts(bench: Bench, judged: float, progress: Progress) -> Section:
    """Free prompts at several numbers of steps; `judged` is the judge's own accuracy.

    The usual number of steps gets every seed, the others the first one.
    """
    texts, found = [prompt for prompt, _ in FREE_PROMPTS], bench.size.free_seeds
    figures, details = [], dict[str, Any]()
    for index, steps in enumerate(bench.size.steps):
        progress("measuring free prompts", index / len(bench.size.steps))
        usual = steps == POCKET.steps
        prompts = texts * (found if usual else 1)
        seeds = [1 + i // len(texts) for i in range(len(prompts))]
        pictures = bench.generate(prompts, seeds, steps)
        right = _right(bench, pictures, prompts)
        figures.append(Figure(f"at {steps} steps", share(right), "%"))
        if usual:
            figures += _closely(figures[-1], prompts, right, judged)
            figures.append(_through_audio(bench, pictures[: len(texts)], texts))
            details = _details(bench, pictures, prompts, right)
    progress("measuring free prompts", 1.0)
    note = f"{len(texts)} prompts, {found} seeds at {POCKET.steps} steps and one at the others"
    return Section("free prompts", figures, note, details)


def _closely(
    whole: Figure, prompts: Sequence[str], right: Sequence[bool], judged: float
) -> list[Figure]:
    """The usual number of steps: also against the judge's own accuracy, and by language."""
    figures = [Figure(f"{whole.name}, of the judge's own", whole.value / judged, "%")]
    pairs = list(zip(prompts, right, strict=True))
    for wanted in ("English", "French", "signs"):
        of_it = [ok for prompt, ok in pairs if language(prompt) == wanted]
        if of_it:
            figures.append(Figure(f"{whole.name}, {wanted}", share(of_it), "%"))
    return figures


def _details(
    bench: Bench, pictures: Tensor, prompts: Sequence[str], right: Sequence[bool]
) -> dict[str, Any]:
    """By genre (the first that is allowed), and what went wrong."""
    allowed, heard = dict(FREE_PROMPTS), bench.genres(pictures)
    by_genre: dict[str, list[bool]] = {}
    for prompt, ok in zip(prompts, right, strict=True):
        by_genre.setdefault(allowed[prompt][0], []).append(ok)
    triples = zip(prompts, heard, right, strict=True)
    return {
        "by genre": {genre: share(of_it) for genre, of_it in sorted(by_genre.items())},
        "wrong": [{"prompt": p, "heard": h} for p, h, ok in triples if not ok],
    }


def _through_audio(bench: Bench, pictures: Tensor, prompts: Sequence[str]) -> Figure:
    """The same pictures as sound, and that as pictures again."""
    right = _right(bench, to_pictures(to_audio(pictures)), prompts)
    return Figure(f"at {POCKET.steps} steps, as sound and back", share(right), "%")


def plain_names(bench: Bench, pictures: Tensor, audio: Tensor, judged: float) -> Section:
    """Every genre's own name, the easiest prompt there is: pictures in order of `CLASSES`."""
    wanted = [genre for genre in CLASSES for _ in range(bench.size.seeds)]
    heard = bench.genres(pictures)
    right = [w == h for w, h in zip(wanted, heard, strict=True)]
    back = bench.genres(to_pictures(audio))
    whole = Figure(f"at {POCKET.steps} steps", share(right), "%")
    figures = [
        whole,
        Figure(f"{whole.name}, of the judge's own", whole.value / judged, "%"),
        Figure(
            f"{whole.name}, as sound and back",
            share([w == h for w, h in zip(wanted, back, strict=True)]),
            "%",
        ),
    ]
    seeds = bench.size.seeds
    details = {
        "by genre": {g: share(right[i * seeds : (i + 1) * seeds]) for i, g in enumerate(CLASSES)},
        "wrong": [{"asked": w, "heard": h} for w, h in zip(wanted, heard, strict=True) if w != h],
    }
    note = f"{len(CLASSES)} genres x {seeds} seeds"
    return Section("genres by name", figures, note, details)
