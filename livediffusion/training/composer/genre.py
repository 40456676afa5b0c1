"""What a genre is made of, and the patterns that many genres share.

Patterns are half a bar, a bar or two bars of sixteenths (see `theory.events`); drum patterns
use `x` for a hit and `o` for a soft one.
"""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.training.composer.style import Mode

FOUR = "x...x...x...x..."
BACKBEAT = "....x.......x..."
OFFBEAT = "..x...x...x...x."
EIGHTHS = "x.o.x.o.x.o.x.o."
SIXTEENTHS = "xooxxooxxooxxoox"
NONE = "................"

# Progressions in degrees of A minor: 0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G.
AXIS = (0, 5, 2, 6)
FALLING = (0, 6, 5, 6)
STATIC = (0, 0, 5, 6)
DRONE = (0, 5)
STILL = (0, 0, 0, 0)
# The same key heard from C: no chord on A, so that the ear finds another home.
BRIGHT = (2, 6, 5, 2)
SUNNY = (2, 5, 2, 6)
STILL_MAJOR = (2, 2, 2, 2)
DRONE_MAJOR = (2, 5)


@dataclass(frozen=True, slots=True)
class Kit:
    """Names of drum voices (see `drums.drum`), empty for none."""

    kick: str
    snare: str
    hat: str
    open_hat: str
    extra: str = ""
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Groove:
    """Drum patterns that belong together.

    The fill is heard in energetic or busy loops and in half the others, on `Kit.fill` or, where
    the kit has none, on the snare.
    """

    kick: str
    snare: str
    hat: str
    open_hat: str = NONE
    extra: str = NONE
    fill: str = NONE


@dataclass(frozen=True, slots=True)
class Part:
    """One player: any of these instruments, any of these patterns."""

    instruments: tuple[str, ...]
    patterns: tuple[str, ...]
    low: int  # MIDI note the chords and roots are brought above, within an octave
    gain: float = 1.0
    size: int = 3  # notes in a chord
    from_energy: int = -1  # silent in loops calmer than this, -1 never
    from_density: int = 0  # silent in loops sparser than this: -1 never, 1 only in busy loops
    sparse: tuple[str, ...] = ()  # patterns of sparse loops; else thinned by rule
    busy: tuple[str, ...] = ()  # patterns of busy loops; else doubled by rule
    width: float = 0.4  # 0 centre, 1 as wide as it gets
    pan: float = 0.0  # -1 left, 1 right


@dataclass(frozen=True, slots=True)
class Genre:
    """How a genre is played and mixed."""

    name: str
    parts: tuple[Part, ...]
    kits: tuple[Kit, ...] = ()
    grooves: tuple[Groove, ...] = ()
    bass: Part | None = None
    minor: tuple[tuple[int, ...], ...] = (AXIS, FALLING, STATIC)  # progressions
    major: tuple[tuple[int, ...], ...] = (BRIGHT, SUNNY)
    mode: Mode = "minor"
    swing: float = 0.0  # sixteenths by which every second eighth comes late
    sidechain: float = 0.0  # how deep the kick ducks the rest
    reverb: tuple[float, float] = (0.2, 1.0)  # amount, seconds
    drive: float = 1.2  # gain into the final tanh
    low_pass: float = 0.0  # Hz over the whole mix, 0 none
    high_pass: float = 28.0  # Hz over the whole mix
    hiss: float = 0.0  # vinyl noise
    drums: float = 1.0  # gain of the drum bus
    delay: float = 0.0  # dub echo: its amount three sixteenths later, and its square once more


CLUB = Kit("kick techno", "clap", "hat closed", "hat open")
ROCK_KIT = Kit("gm 0 36", "gm 0 40", "gm 0 42", "gm 0 46")
