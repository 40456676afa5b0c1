"""Play a loop of the table: a genre, a seed for its choices, a style of playing it."""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.training.composer.genre import Genre
from livediffusion.training.composer.genres import GENRES
from livediffusion.training.composer.master import blend, finish
from livediffusion.training.composer.perform import (
    BEATS,
    LENGTH,
    TEMPO,
    Bus,
    Luck,
    Session,
    play_drums,
    play_music,
    play_part,
)
from livediffusion.training.composer.style import Mode, Style
from livediffusion.training.composer.synth import Audio

__all__ = ["BEATS", "LENGTH", "TEMPO", "Loop", "compose"]


@dataclass(frozen=True, slots=True)
class Loop:
    """A rendered loop: float32 (2, LENGTH), left and right, within -1..1; its end runs into
    its start."""

    audio: Audio
    genre: str
    seed: int
    style: Style
    instruments: tuple[str, ...]  # those that are heard
    mode: Mode


def _check(genre: Genre, style: Style) -> None:
    missing = {"only drums": not genre.kits, "only bass": genre.bass is None}
    if missing.get(style.stems, False):
        raise ValueError(f"{genre.name} has no {style.stems.removeprefix('only ')}")


def _progression(genre: Genre, seed: int, mode: Mode | None) -> tuple[int, ...]:
    """The chords of a seed; a mode that was asked for begins and dwells on its own tonic."""
    options = genre.major if (mode or genre.mode) == "major" else genre.minor
    chords = Luck.of(genre.name, seed, -1).pick(0, options)
    if mode is None:
        return chords
    home, other = (2, 0) if mode == "major" else (0, 2)
    return (home, *(home if degree == other else degree for degree in chords[1:]))


def _play(session: Session) -> tuple[list[Bus], list[Bus], list[Bus]]:
    """Drums, bass and music as far as the stems asked for hold them."""
    genre, stems = session.genre, session.style.stems
    # The drums are played even where only their ducking is heard.
    drums = play_drums(session) if genre.kits else []
    if stems in ("no drums", "only bass"):
        drums = []
    if drums:
        session.heard.append("drums")
    bass, music = [], []
    if genre.bass and stems != "only drums":
        bass.append(play_part(session, genre.bass, 1))
    if stems in ("all", "no drums"):
        music = play_music(session)
    return drums, bass, music


def compose(genre: str, seed: int, style: Style | None = None) -> Loop:
    """Compose and render one loop; the same arguments give the same samples.

    (But for a hair: a few notes of the sound font vary slightly with what was played before.)
    Raises KeyError for a genre that is not in `GENRES`, ValueError for a stem that it lacks.
    """
    row, style = GENRES[genre], style or Style()
    _check(row, style)
    session = Session(row, seed, style, _progression(row, seed, style.mode))
    drums, bass, music = _play(session)
    audio = finish(session, blend(session, drums, bass, music))
    heard = tuple(dict.fromkeys(session.heard))
    return Loop(audio, genre, seed, style, heard, style.mode or row.mode)
