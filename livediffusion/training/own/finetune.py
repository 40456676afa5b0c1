"""From a folder of loops to a model folder that plays them under a name."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from livediffusion.errors import UserError
from livediffusion.render.settings import POCKET, own_models_folder
from livediffusion.spectrogram.level import loop_loudness
from livediffusion.spectrogram.loop import picture_to_loop
from livediffusion.training import vocabulary
from livediffusion.training.own import loops, measure, names, reading, rehearsal
from livediffusion.training.own.adapt import Progress, Pupil, Style
from livediffusion.training.own.loops import BEATS, Piece
from livediffusion.training.own.measure import Played, Report
from livediffusion.training.own.model import Model
from livediffusion.types import BPM, Decibels

Say = Callable[[str], None]
_NAME = re.compile(r"[^\W_][\w' -]{0,30}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be learned, from what, and where it goes."""

    folder: Path
    name: str  # of the style: the word that calls it, and of the model
    model: str = POCKET  # what it starts from ...
    source: str = ""  # ... and its folder or hub name
    out: Path | None = None  # None: among the player's own models
    tempo: BPM | None = None  # of all files, whatever their names say
    captions: Path | None = None
    minutes: float = 5.0
    threads: int = 1
    overwrite: bool = False

    @property
    def destination(self) -> Path:
        return (self.out or own_models_folder() / self.name).expanduser().absolute()


def finetune(wanted: Wanted, say: Say, progress: Progress) -> Report:
    """Make the model folder; say what was left out and what came of it.

    Raises UserError with one sentence; no half folder is left behind, however it ends.
    """
    _check(wanted)
    captions = names.read_captions(wanted.captions) if wanted.captions else {}
    pieces = _read(wanted, captions, say)
    model = Model.load(wanted.model, wanted.source, wanted.threads)
    before = measure.play(model, wanted.name, progress)
    level = _loudness(model, before)
    pictures = torch.stack([loops.picture(piece, model.params, level) for piece in pieces])
    style = Style(wanted.name, model.encode(pictures), [piece.caption for piece in pieces])
    known = rehearsal.prepare(model, wanted.name, progress)
    taught = Pupil(model, style, known).run(wanted.minutes, progress)
    after = measure.play(taught, wanted.name, progress)
    report = measure.compare(before, after, measure.features(pictures))
    _write(wanted, taught, pieces, report)
    for line in report.lines(wanted.name):
        say(line)
    call = shlex.quote(str(wanted.out) if wanted.out else wanted.name)
    say(f"The model is in {wanted.destination}; play it with: livediffusion play --model {call}")
    return report


def _check(wanted: Wanted) -> None:
    """Everything that can be known to be wrong before the long work begins."""
    if not _NAME.fullmatch(wanted.name) or wanted.name == POCKET:
        raise UserError(
            f"--name {wanted.name!r} cannot name a style; choose a short word of letters, digits, "
            f"spaces or hyphens, other than '{POCKET}'."
        )
    if wanted.destination.exists() and not wanted.overwrite:
        raise UserError(
            f"{wanted.destination} is there already; choose another --name or --out, or replace "
            f"it with --overwrite."
        )
    if wanted.destination.is_dir() and not (wanted.destination / "model_index.json").is_file():
        raise UserError(f"{wanted.destination} is no model folder and is not replaced; move it.")
    near = next(place for place in wanted.destination.parents if place.exists())
    if not os.access(near, os.W_OK):
        raise UserError(f"{near} may not be written to; choose another --out.")
    if not 0.0 < wanted.minutes <= 1440.0:
        raise UserError(f"--minutes must be in range 0..1440, not {wanted.minutes:g}.")


def _read(wanted: Wanted, captions: dict[str, str], say: Say) -> list[Piece]:
    """The folder's pieces; a sentence to `say` for each file left out, and one on the rest."""
    pieces, skipped = loops.read_folder(wanted.folder, wanted.tempo, captions)
    for sentence in skipped:
        say(f"Left out {sentence}")
    for file in names.unused(captions, reading.find(wanted.folder)):
        say(f"{wanted.captions} names {file}, which is not in {wanted.folder}.")
    if not pieces:
        raise UserError(
            f"None of the files in {wanted.folder} can be learned from; mend what is said above."
        )
    tempi = sorted({round(piece.bpm, 1) for piece in pieces})
    span = f"{tempi[0]:g}" + (f" to {tempi[-1]:g}" if len(tempi) > 1 else "")
    files = len({piece.file for piece in pieces})
    say(f"{files} files give {len(pieces)} pieces of two bars, {span} bpm.")
    return pieces


def _loudness(model: Model, played: Played) -> Decibels:
    """Level at which this model's pictures lie, so that the player's lie there, too."""
    heard = []
    for picture in played.pictures[:4]:
        loop = picture_to_loop(
            picture,
            model.params,
            BEATS,
            model.params.native_tempo,
            iterations=1,
            sample_rate=model.params.sample_rate,
        )
        heard.append(loop_loudness(loop.audio, loop.sample_rate))
    return sorted(heard)[len(heard) // 2]


def _write(wanted: Wanted, model: Model, pieces: Sequence[Piece], report: Report) -> None:
    """Write the folder beside its place and move it there when it is whole."""
    out = wanted.destination
    partial = out.with_name(f".{out.name}.partial")
    old = out.with_name(f".{out.name}.old")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        model.save(partial)
        (partial / "README.md").write_text(_page(wanted, pieces, report), encoding="utf-8")
        words = vocabulary.FILE_NAME
        _add_words(model.folder.path / words, partial / words, wanted.name, pieces)
        if out.exists():
            out.rename(old)
        partial.rename(out)
    except OSError as error:
        raise UserError(
            f"{out} cannot be written ({error.strerror}); choose another --out."
        ) from error
    finally:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _add_words(source: Path, target: Path, name: str, pieces: Sequence[Piece]) -> None:
    """Copy the file of words that a model knows, with the new ones among them."""
    if not source.is_file():
        return
    known = json.loads(source.read_text(encoding="utf-8"))
    words = {word for piece in pieces for word in piece.caption.split()}
    known["own"] = list(dict.fromkeys([*known.get("own", ()), name, *sorted(words)]))
    target.write_text(json.dumps(known, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


def _page(wanted: Wanted, pieces: Sequence[Piece], report: Report) -> str:
    """The folder's README: from what it was made, and what was measured."""
    counts = Counter((piece.file, round(piece.bpm, 2), piece.caption) for piece in pieces)
    rows = [
        f"| {file.as_posix()} | {bpm:g} | {count} | {caption} |"
        for (file, bpm, caption), count in counts.items()
    ]
    return "\n".join(
        [
            f"# {wanted.name}",
            "",
            f"The model '{wanted.model}', taught a style of its owner's by `livediffusion train "
            f'finetune` in {wanted.minutes:g} minutes. Say "{wanted.name}" in a prompt to call it.',
            "",
            *report.lines(wanted.name),
            "",
            "Whoever passes this folder on needs the rights in these recordings.",
            "",
            "| file | bpm | pieces of two bars | words |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
