"""Notes and patterns in the one key that every loop shares: A minor, C major's own notes.

Degrees count the scale from its tonic A: 0 is A, 2 is C, 5 is F. Notes are MIDI numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

SCALE = (0, 2, 3, 5, 7, 8, 10)  # semitones of the natural minor scale
TONIC = 9  # pitch class of A
STEPS = 32  # sixteenths in a loop of two bars
REST, TIE, CHORD, POWER = ".", "-", "x", "p"


@dataclass(frozen=True, slots=True)
class Event:
    """Notes that start together at a step (sixteenths) and last so many steps."""

    step: int
    steps: int
    notes: tuple[int, ...]


def scale_note(degree: int) -> int:
    """MIDI note of a scale degree, 0 being the A below MIDI note 12."""
    octave, index = divmod(degree, len(SCALE))
    return TONIC + 12 * octave + SCALE[index]


def lift(note: int, low: int) -> int:
    """The same pitch class inside low..low + 11."""
    return low + (note - low) % 12


def chord(root: int, size: int, low: int) -> tuple[int, ...]:
    """Stacked thirds on a degree, each brought into the octave from `low`: close voicings.

    Neighbouring chords share notes this way, which is what makes a progression smooth.
    """
    return tuple(sorted(lift(scale_note(root + 2 * i), low) for i in range(size)))


def line_note(root: int, number: int, low: int) -> int:
    """The number-th note of the scale above a chord's root (1 is the root, 8 its octave)."""
    return lift(scale_note(root), low) + scale_note(root + number - 1) - scale_note(root)


def unroll(pattern: str) -> str:
    """A pattern of one or two bars, spaces allowed, as two bars of 32 characters."""
    plain = pattern.replace(" ", "")
    if not plain or STEPS % len(plain):
        raise ValueError(f"pattern {pattern!r} has {len(plain)} steps; use 8, 16 or 32")
    return plain * (STEPS // len(plain))


def events(pattern: str, progression: tuple[int, ...], low: int, size: int = 3) -> list[Event]:
    """Read a pattern over a progression (degrees, spread evenly over the loop).

    `x` plays the chord, `p` its root, fifth and octave, a digit that note of the scale above
    the root; `-` holds what sounds, `.` is silence. A note held at the end stops at the seam.
    """
    text = unroll(pattern)
    found = []
    for step, mark in enumerate(text):
        if mark in (REST, TIE):
            continue
        length = 1
        while step + length < STEPS and text[step + length] == TIE:
            length += 1
        root = progression[step * len(progression) // STEPS]
        if mark == CHORD:
            notes = chord(root, size, low)
        elif mark == POWER:
            bottom = line_note(root, 1, low)
            notes = (bottom, line_note(root, 5, low), bottom + 12)
        else:
            notes = (line_note(root, int(mark), low),)
        found.append(Event(step, length, notes))
    return found
