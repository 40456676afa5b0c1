"""Play a loop of the table: a genre, a seed for its choices, a style of playing it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from livediffusion.training.composer import mix
from livediffusion.training.composer.drums import drum
from livediffusion.training.composer.genre import SIXTEENTHS, Genre, Groove, Kit, Part
from livediffusion.training.composer.genres import GENRES
from livediffusion.training.composer.instruments import note
from livediffusion.training.composer.samples import sample
from livediffusion.training.composer.synth import SAMPLE_RATE, Audio, Curve
from livediffusion.training.composer.style import Style
from livediffusion.training.composer.theory import STEPS, events, unroll

TEMPO = 120.0  # bpm of every loop: the picture's grid is in beats, so one tempo is enough
BEATS = 8
LENGTH = round(BEATS * 60.0 / TEMPO * SAMPLE_RATE)  # samples, exact
STEP = LENGTH / STEPS  # samples in a sixteenth
DRUMS_RMS, BASS_RMS, MUSIC_RMS, MASTER_RMS = 0.16, 0.11, 0.11, 0.125
HIT_GAINS = {"x": 1.0, "o": 0.4}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loop:
    """A rendered loop: mono float32 (LENGTH,) within -1..1, whose end runs into its start."""

    audio: Audio
    genre: str
    seed: int
    style: Style
    instruments: tuple[str, ...]


@dataclass(slots=True)
class _Session:
    """What the players share while one loop is composed."""

    genre: Genre
    style: Style
    rng: np.random.Generator
    progression: tuple[int, ...]
    kicks: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]

    def at(self, step: int) -> int:
        """Sample at which a step sounds; every second eighth is late by the swing."""
        late = self.genre.swing if step % 4 in (2, 3) else 0.0
        return round((step + late) * STEP)


def _play_part(session: _Session, part: Part, bus: Curve) -> None:
    """Choices are drawn even when the part is silent, so that styles of a seed agree."""
    instrument, pattern = session.pick(part.instruments), session.pick(part.patterns)
    if session.style.energy < part.from_energy:
        return
    session.heard.append(instrument)
    for event in events(pattern, session.progression, part.low, part.size):
        hold = 0.95 * event.steps * STEP / SAMPLE_RATE
        velocity = 110 if event.step % 4 == 0 else 95
        gain = part.gain / len(event.notes) ** 0.5
        for key in event.notes:
            mix.add(bus, note(instrument, key, hold, velocity), session.at(event.step), gain)


def _hits(session: _Session, bus: Curve, voice: str, pattern: str, gain: float) -> list[int]:
    """Play one drum; returns the samples at which it was hit hard."""
    hard = []
    for step, mark in enumerate(unroll(pattern)):
        if mark in HIT_GAINS:
            mix.add(bus, drum(voice), session.at(step), gain * HIT_GAINS[mark])
            if mark == "x":
                hard.append(session.at(step))
    return hard


def _play_drums(session: _Session, kit: Kit, groove: Groove, bus: Curve) -> None:
    energy = session.style.energy
    session.kicks += _hits(session, bus, kit.kick, groove.kick, 1.0)
    snare = groove.snare.replace("o", ".") if energy < 0 else groove.snare
    _hits(session, bus, kit.snare, snare, 0.65)
    busy = energy > 0 and session.genre.swing == 0.0  # sixteenths would fight a swing
    hat = SIXTEENTHS if busy else groove.hat
    _hits(session, bus, kit.hat, hat, (0.16, 0.34, 0.42)[energy + 1])
    if energy >= 0:
        _hits(session, bus, kit.open_hat, groove.open_hat, 0.30)
    session.heard.append("drums")


def _master(session: _Session, drums: Curve, bass: Curve, music: Curve) -> Audio:
    """Balance, duck, reverberate, colour and limit."""
    genre, style = session.genre, session.style
    if session.kicks and genre.sidechain:
        gain = mix.duck(LENGTH, session.kicks, genre.sidechain)
        music, bass = music * gain, bass * gain
    amount, seconds = genre.reverb
    drum_gain = genre.drums * (0.7, 1.0, 1.15)[style.energy + 1]
    drums = mix.reverb(mix.level(drums, DRUMS_RMS * drum_gain), 0.3 * amount, min(seconds, 1.2))
    bass = mix.level(bass, BASS_RMS * (genre.bass.gain if genre.bass else 1.0))
    music = mix.reverb(mix.level(music, MUSIC_RMS), amount, seconds)
    total = drums + bass + music
    if genre.hiss:
        total = total + genre.hiss * np.resize(sample("vinyl_hiss"), LENGTH)
    total = mix.shape(total, genre.low_pass, high_pass=28.0, tilt=0.35 * style.brightness)
    drive = genre.drive * (0.8, 1.0, 1.4)[style.energy + 1]
    total = np.tanh(mix.level(total, MASTER_RMS) * drive)
    total = mix.level(total, MASTER_RMS * (0.85, 1.0, 1.15)[style.energy + 1])
    return np.asarray(total / max(1.0, float(np.abs(total).max()) / 0.98), dtype=np.float32)


def compose(genre: str, seed: int, style: Style | None = None) -> Loop:
    """Compose and render one loop; the same arguments give the same samples.

    (But for a hair: a few notes of the sound font vary slightly with what was played before.)
    Raises KeyError for a genre that is not in `GENRES`.
    """
    row, style = GENRES[genre], style or Style()
    rng = np.random.default_rng([zlib.crc32(genre.encode()), seed])
    progression = row.minor[int(rng.integers(len(row.minor)))]
    session = _Session(row, style, rng, progression)
    drums, bass, music = (np.zeros(LENGTH) for _ in range(3))
    if row.kits:
        _play_drums(session, session.pick(row.kits), session.pick(row.grooves), drums)
    if row.bass:
        _play_part(session, row.bass, bass)
    for part in row.parts:
        _play_part(session, part, music)
    audio = _master(session, drums, bass, music)
    return Loop(audio, genre, seed, style, tuple(dict.fromkeys(session.heard)))
