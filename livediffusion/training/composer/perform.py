"""The players: what a genre's parts and drums play in a loop, each on a bus of its own.

Every choice is drawn from numbers that belong to the genre, the seed and the part alone, so
that all styles of a seed are the same music.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from livediffusion.training.composer import arrange, mix, synth
from livediffusion.training.composer.drums import drum
from livediffusion.training.composer.genre import Genre, Part
from livediffusion.training.composer.instruments import note
from livediffusion.training.composer.style import Style
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio
from livediffusion.training.composer.theory import STEPS, Event, events

TEMPO = 120.0  # bpm of every loop: the picture's grid is in beats, so one tempo is enough
BEATS = 8
LENGTH = round(BEATS * 60.0 / TEMPO * SAMPLE_RATE)  # samples, exact
STEP = LENGTH / STEPS  # samples in a sixteenth
HIT_GAINS = {"x": 1.0, "o": 0.42}
# Gain in a calm, plain and energetic loop, width and pan of each drum of a kit.
DRUMS = {
    "kick": ((0.85, 1.0, 1.05), 0.0, 0.0),
    "snare": ((0.42, 0.65, 0.80), 0.25, 0.0),
    "hat": ((0.14, 0.32, 0.46), 0.3, 0.45),
    "open_hat": ((0.14, 0.30, 0.38), 0.3, 0.45),
    "extra": ((0.20, 0.40, 0.50), 0.4, -0.5),
    "fill": ((0.40, 0.60, 0.75), 0.5, 0.0),
}
DRY_HIT_S = {"kick": 0.30, "snare": 0.13}  # other drums in dry loops: 0.07
VELOCITIES = (58, 92, 116)  # calm, plain, energetic
TWO_TAKES = 0.6  # width from which a patch of several voices is played twice

T = TypeVar("T")


@dataclass(slots=True)
class Bus:
    """Audio (LENGTH,) of one player and where it goes; a second take widens it."""

    audio: Audio
    width: float
    pan: float
    seed: int  # of the line along which it wanders between left and right
    second: Audio | None = None
    target: float = 0.0  # root mean square to bring it to, 0 as it is


@dataclass(slots=True)
class Luck:
    """What chance decides for one player, in an order that no style can change."""

    numbers: NDArray[np.float64]  # (4,) within 0..1
    touch: NDArray[np.float64]  # (STEPS,) gain of each step, about 1

    @classmethod
    def of(cls, genre: str, seed: int, player: int) -> Luck:
        """The luck of a player: -1 the composer, 0 drums, 1 bass, 2 and on the parts."""
        rng = np.random.default_rng([zlib.crc32(genre.encode()), seed, player + 1])
        return cls(rng.random(4), 1.0 + 0.07 * np.clip(rng.normal(size=STEPS), -2.0, 2.0))

    def pick(self, index: int, options: Sequence[T]) -> T:
        """One of the options, decided by the index-th number."""
        return options[int(self.numbers[index] * len(options))]


@dataclass(slots=True)
class Session:
    """What the players share while one loop is composed."""

    genre: Genre
    seed: int
    style: Style
    progression: tuple[int, ...]
    kicks: list[int] = field(default_factory=list)  # samples at which the kick is hit hard
    heard: list[str] = field(default_factory=list)

    def at(self, step: int) -> int:
        """Sample at which a step sounds; every second eighth is late by the swing."""
        late = self.genre.swing if step % 4 in (2, 3) else 0.0
        return round((step + late) * STEP)

    def synthetic(self) -> bool:
        """Whether machines play without drums: their energy is a pulse of the whole."""
        names = [name for part in self.genre.parts for name in part.instruments]
        return not self.genre.kits and any(name in synth.PATCHES for name in names)

    def image(self, player: int) -> int:
        """Seed of a player's place in the stereo image: the same in all loops of a genre."""
        return zlib.crc32(f"{self.genre.name} {player}".encode())


def _cut(sound: Audio, seconds: float, fade_s: float = 0.02) -> Audio:
    """A sound that stops after so many seconds, with a fade."""
    fade = int(fade_s * SAMPLE_RATE)
    count = int(seconds * SAMPLE_RATE) + fade
    if count >= len(sound):
        return sound
    short = sound[:count].copy()
    short[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return short


def _played(session: Session, sound: Audio, hold: float) -> Audio:
    """A note as the style wants it: gated, softened or struck."""
    style = session.style
    if style.space < 0:
        sound = _cut(sound, max(0.05, 0.6 * hold))
    if style.energy < 0:
        count = min(len(sound), int(0.04 * SAMPLE_RATE))
        sound = sound.copy()
        sound[:count] *= np.linspace(0.0, 1.0, count, dtype=np.float32)
    elif style.energy > 0 and not session.genre.kits and not session.synthetic():
        t = np.arange(len(sound), dtype=np.float32) / SAMPLE_RATE
        sound = np.asarray(sound * (0.35 + 0.65 * np.exp(-t / 0.15)), dtype=np.float32)
    return sound


def _line(session: Session, part: Part, luck: Luck) -> list[Event]:
    """The notes of a part in this style."""
    style = session.style
    own = {-1: part.sparse, 0: (), 1: part.busy}[style.density]
    pattern = luck.pick(1, own or part.patterns)
    line = events(pattern, session.progression, part.low, part.size)
    if style.density < 0 and not own:
        line = arrange.thin(line)
    if style.density > 0 and not own:
        line = arrange.double(line)
    return arrange.restrike(line) if style.energy > 0 and not session.genre.kits else line


def play_part(session: Session, part: Part, player: int) -> Bus:
    """One part on a bus, levelled by how loud it is while it plays."""
    luck = Luck.of(session.genre.name, session.seed, player)
    instrument = luck.pick(0, part.instruments)
    session.heard.append(instrument)
    patch = synth.PATCHES.get(instrument)
    twice = patch is not None and patch.voices > 1 and part.width >= TWO_TAKES
    takes = [np.zeros(LENGTH, np.float32) for _ in range(1 + twice)]
    line = _line(session, part, luck)
    for event in line:
        hold = round(0.95 * event.steps * STEP / SAMPLE_RATE, 4)
        velocity = VELOCITIES[session.style.energy + 1] + (10 if event.step % 4 == 0 else 0)
        gain = float(luck.touch[event.step]) / len(event.notes) ** 0.5
        for key in event.notes:
            for number, bus in enumerate(takes):
                sound = _played(session, note(instrument, key, hold, velocity, number), hold)
                mix.add(bus, sound, session.at(event.step), gain)
    busy = min(1.0, sum(max(2, event.steps) for event in line) / STEPS)
    second = takes[1] if twice else None
    target = part.gain * max(0.1, busy) ** 0.5
    return Bus(takes[0], part.width, part.pan, session.image(player), second, target)


def _hear(session: Session, part: Part) -> bool:
    style = session.style
    return style.energy >= part.from_energy and style.density >= part.from_density


def play_music(session: Session) -> list[Bus]:
    """The parts that this style lets be heard; the first one where it lets none."""
    numbered = list(enumerate(session.genre.parts, 2))
    chosen = [(i, part) for i, part in numbered if _hear(session, part)]
    alone = not chosen and not session.genre.bass
    chosen = chosen or (numbered[:1] if alone or session.style.density >= 0 else [])
    return [play_part(session, part, i) for i, part in chosen]


def _hit(session: Session, stroke: arrange.Stroke) -> Audio:
    sound = drum(stroke.voice)
    if session.style.space < 0:
        sound = _cut(sound, DRY_HIT_S.get(stroke.role, 0.07))
    return sound


def play_drums(session: Session) -> list[Bus]:
    """The drums, those of one place in the image on one bus; notes where the kick is hit."""
    genre, style = session.genre, session.style
    luck = Luck.of(genre.name, session.seed, 0)
    kit, groove = luck.pick(0, genre.kits), luck.pick(1, genre.grooves)
    buses: dict[tuple[float, float], Bus] = {}
    for stroke in arrange.strokes(kit, groove, style, genre.swing, luck.numbers[2] < 0.5):
        gains, width, pan = DRUMS[stroke.role]
        empty = Bus(np.zeros(LENGTH, np.float32), width, pan, session.image(0))
        bus, sound = buses.setdefault((width, pan), empty), _hit(session, stroke)
        for step, mark in enumerate(stroke.steps):
            if mark in HIT_GAINS:
                gain = gains[style.energy + 1] * HIT_GAINS[mark] * float(luck.touch[step])
                mix.add(bus.audio, sound, session.at(step), gain)
        if stroke.role == "kick":
            session.kicks += [session.at(i) for i, mark in enumerate(stroke.steps) if mark == "x"]
    return list(buses.values())
