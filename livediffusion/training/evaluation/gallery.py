"""A page of pictures: generated loops beside real ones, and morphs in strips."""

from __future__ import annotations

import html
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from livediffusion.training.classifier import CLASSES
from livediffusion.training.evaluation import motion
from livediffusion.training.evaluation.bench import Bench, to_bytes

# Black, violet, red, orange, pale yellow: loud is light.
COLOURS = ((0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164))
BESIDE = 3  # real and generated loops of each genre
MORPHS = (("techno", "ambient"), ("drum and bass", "jazz"), ("piano", "metal"))
STYLE = "body{background:#111;color:#ddd;font:14px sans-serif}img{margin:2px}h2{margin:1em 0 0}"


def palette() -> list[int]:
    """256 colours, red, green, blue, red ..."""
    places = torch.linspace(0.0, len(COLOURS) - 1.0, 256)
    below = places.long().clamp(max=len(COLOURS) - 2)
    table = torch.tensor(COLOURS, dtype=torch.float32)
    mixed = torch.lerp(table[below], table[below + 1], (places - below)[:, None])
    values: list[int] = mixed.round().int().flatten().tolist()
    return values


def save(pictures: Tensor, path: Path) -> None:
    """Bytes (n, 2, bands, columns) side by side, half as large, the mid of both channels."""
    middle = F.avg_pool2d(pictures.float().mean(1, keepdim=True), 2)
    framed = F.pad(middle, (0, 4), value=0.0)[:, 0]
    image = Image.fromarray(torch.cat(list(framed), dim=1).round().byte().numpy(), mode="P")
    image.putpalette(palette())
    image.save(path, optimize=True)


def draw(bench: Bench, pictures: Tensor) -> Path:
    """Write `pictures.html` and its PNGs; `pictures` in order of `CLASSES`. Returns the page."""
    folder = bench.workdir / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    page = [f"<!doctype html><meta charset=utf-8><title>Loops</title><style>{STYLE}</style>"]
    page.append("<h1>Real loops left, generated ones right</h1>")
    seeds, plain = bench.size.seeds, bench.plain()
    for index, genre in enumerate(CLASSES):
        same = torch.tensor([row.genre == genre for row in bench.rows]) & plain
        mine = pictures[index * seeds : (index + 1) * seeds]
        name = f"{genre.replace(' ', '_')}"
        save(bench.real[same][:BESIDE], folder / f"{name}_real.png")
        save(mine[:BESIDE], folder / f"{name}_generated.png")
        page.append(f"<h2>{html.escape(genre)}</h2>")
        page.append(f"<img src={name}_real.png> <img src={name}_generated.png>")
    for start, end in MORPHS:
        name = f"morph_{start}_{end}".replace(" ", "_")
        save(to_bytes(motion.morph(bench, start, end)), folder / f"{name}.png")
        page.append(f"<h2>{start} to {end}</h2><img src={name}.png>")
    path = folder / "pictures.html"
    path.write_text("\n".join(page), encoding="utf-8")
    return path
