"""Cutting recordings into pieces of two bars, as the model's pictures are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livediffusion.spectrogram.level import loop_loudness
from livediffusion.spectrogram.loop import loop_to_picture
from livediffusion.spectrogram.params import SpectrogramParams
from livediffusion.training.own import names, reading, tempo
from livediffusion.training.own.reading import Recording, Refused
from livediffusion.types import BPM

BEATS = 8  # of a piece
MOST_BEATS = 64  # of a loop: the length of a longer file is whole by chance
MOST_PIECES = 16  # of one file, so that a long one does not drown the others
BLEND_S = 0.01  # in which a piece's start takes over from what follows its end
QUIET = -60.0  # LUFS: a piece below is a rest


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Two bars of a file that close into a loop."""

    audio: NDArray[np.float32]  # (2, frames)
    rate: int  # Hz
    bpm: BPM
    caption: str
    file: Path


def tempo_for(recording: Recording, file: Path, given: BPM | None) -> tuple[BPM, bool]:
    """Tempo of a recording, and whether the file is a loop as it stands (whole beats, from 0).

    What the player says comes first, then the name, then what can be heard. Raises Refused where
    no tempo is found.
    """
    named = names.tempo_of(file)
    bpm = given or (named.bpm if named and named.sure else None)
    if bpm is None and named:
        beats = tempo.whole_beats(recording.seconds, named.bpm)
        bpm = named.bpm if beats and beats % 4 == 0 else None
    if bpm is None:
        heard = tempo.detect(tempo.envelope(recording))
        if named and heard and abs(heard / named.bpm - 1.0) < 0.02:
            heard = named.bpm
        bpm = heard
    if bpm is None:
        raise Refused("no tempo found; write it into the name (pad_120bpm.wav) or give --tempo")
    return bpm, 0 < tempo.whole_beats(recording.seconds, bpm) <= MOST_BEATS


def cut(recording: Recording, file: Path, caption: str, given: BPM | None = None) -> list[Piece]:
    """Pieces of BEATS beats of a recording; shorter ones are repeated until they are as long.

    Raises Refused where no tempo is found, or not even one beat.
    """
    bpm, is_loop = tempo_for(recording, file, given)
    if is_loop:
        beats, start = tempo.whole_beats(recording.seconds, bpm), 0.0
        frames_a_beat = recording.audio.shape[1] / beats
    else:
        start = tempo.first_bar(tempo.envelope(recording), bpm)
        frames_a_beat = 60.0 / bpm * recording.rate
        beats = int(tempo.beats_in(recording.seconds, bpm) - start + tempo.WHOLE)
    if beats < 1:
        raise Refused(f"it is shorter than a beat at {bpm:g} bpm")
    spans = _spans(beats)
    chosen = np.linspace(0, len(spans) - 1, min(len(spans), MOST_PIECES)).round().astype(int)
    cuts = [spans[i] for i in chosen]
    parts = [_part(recording, start + at, count, frames_a_beat) for at, count in cuts]
    loud = [part for part in parts if loop_loudness(torch.from_numpy(part)) > QUIET]
    if not loud:
        raise Refused("it is silent")
    return [Piece(part, recording.rate, bpm, caption, file) for part in loud]


def _spans(beats: int) -> list[tuple[int, int]]:
    """Start and length in beats: whole pieces, and a rest of a bar or, alone, of 1, 2 or 4."""
    spans = [(at, BEATS) for at in range(0, beats - BEATS + 1, BEATS)]
    rest = beats - BEATS * len(spans)
    if rest >= 4 or (rest and not spans):
        spans.append((BEATS * len(spans), 1 << rest.bit_length() - 1))
    return spans


def _part(rec: Recording, at: float, beats: int, frames_a_beat: float) -> NDArray[np.float32]:
    """Audio (2, frames) of BEATS beats: `beats` from beat `at` on, repeated."""
    first, frames = round(at * frames_a_beat), round(beats * frames_a_beat)
    part = rec.audio[:, first : first + frames].copy()
    if part.shape[1] < frames:  # by less than WHOLE
        part = np.pad(part, ((0, 0), (0, frames - part.shape[1])))
    after = rec.audio[:, first + frames : first + frames + round(BLEND_S * rec.rate)]
    if after.shape[1] > 1:  # what follows runs into the start, so that the seam does not click
        rise = np.linspace(0.0, 1.0, after.shape[1], dtype=np.float32)
        part[:, : after.shape[1]] *= rise
        part[:, : after.shape[1]] += (1.0 - rise) * after
    repeated: NDArray[np.float32] = np.tile(part, (1, BEATS // beats))
    return repeated


def picture(piece: Piece, params: SpectrogramParams, loudness: float) -> Tensor:
    """Picture (params.channels, bands, columns) of a piece at so many LUFS, whatever its tempo."""
    audio = torch.from_numpy(piece.audio)
    if params.channels == 1:
        sides, audio = audio, audio.mean(0, keepdim=True)
        if loop_loudness(audio, piece.rate) < QUIET:  # the sides cancel out
            audio = sides[:1]
    now = loop_loudness(audio, piece.rate)
    audio = audio * 10.0 ** ((loudness - now) / 20.0)
    return loop_to_picture(audio, params, BEATS, sample_rate=piece.rate)


def read_folder(
    folder: Path, given: BPM | None, captions: dict[str, str]
) -> tuple[list[Piece], list[str]]:
    """All pieces of a folder's files, and a sentence for each file that was left out."""
    pieces: list[Piece] = []
    skipped: list[str] = []
    for file in reading.find(folder):
        try:
            recording = reading.read(folder / file)
            pieces += cut(recording, file, names.caption_of(file, captions), given)
        except Refused as reason:
            skipped.append(f"{file}: {reason}.")
    return pieces, skipped
