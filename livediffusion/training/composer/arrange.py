"""What a style makes of a pattern: thinner or fuller lines, hats and fills.

Nothing here is random: the same pattern in the same style is always arranged alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from livediffusion.training.composer.genre import NONE, OFFBEAT, Groove, Kit
from livediffusion.training.composer.style import Style
from livediffusion.training.composer.theory import STEPS, Event, unroll

HARD, SOFT, REST = "x", "o", "."
LONG = 8  # steps from which a held note is struck again in energetic loops
GHOSTS = (7, 9, 15, 23, 25, 30)  # steps of soft snare hits in busy loops


@dataclass(frozen=True, slots=True)
class Stroke:
    """One drum of a kit and the 32 steps it plays."""

    role: str  # kick, snare, hat, open_hat, extra or fill
    voice: str
    steps: str


def every(steps: str, nth: int) -> str:
    """Keep every nth hit of a pattern, from its first."""
    kept, count = [], 0
    for mark in steps:
        hit = mark != REST
        kept.append(mark if hit and count % nth == 0 else REST)
        count += hit
    return "".join(kept)


def merge(steps: str, more: str) -> str:
    """Fill a pattern's rests with another's hits, softly."""
    return "".join(
        SOFT if mark == REST and other != REST else mark
        for mark, other in zip(steps, more, strict=True)
    )


def sparser(steps: str, most: int) -> str:
    """Leave out every second hit until at most so many are left."""
    while STEPS - steps.count(REST) > most:
        steps = every(steps, 2)
    return steps


def _hats(steps: str, style: Style, swing: float) -> str:
    if style.density < 0:
        return sparser(every(steps, 2), 8)
    if style.energy < 0:
        return every(steps, 2)
    if style.energy <= 0 and style.density <= 0:
        return steps
    # Sixteenths would fight a swing: there the eighths are filled.
    grid = "x.x." * 8 if swing > 0.3 else "x" * STEPS
    full = merge(steps, grid)
    return full.replace(SOFT, HARD) if style.energy > 0 else full


def strokes(kit: Kit, groove: Groove, style: Style, swing: float, lucky: bool) -> list[Stroke]:
    """The drums of a loop; `lucky` plain loops have the fill too."""
    reduced = style.energy < 0 or style.density < 0
    rich = style.energy > 0 or style.density > 0
    kick, snare = unroll(groove.kick), unroll(groove.snare)
    fill = unroll(groove.fill) if (rich or lucky) and not reduced else NONE * 2
    if reduced:
        kick, snare = kick.replace(SOFT, REST), snare.replace(SOFT, REST)
        if style.density < 0:
            kick, snare = sparser(kick, 9), sparser(snare, 5)
    elif style.density > 0 and snare.strip(REST):
        ghosts = "".join(SOFT if step in GHOSTS else REST for step in range(STEPS))
        snare = merge(snare, ghosts)
    first = min((i for i, mark in enumerate(fill) if mark != REST), default=STEPS)
    played = [
        Stroke("kick", kit.kick, kick),
        Stroke("snare", kit.snare, snare[:first] + REST * (STEPS - first)),
        Stroke("hat", kit.hat, _hats(unroll(groove.hat), style, swing)),
        Stroke("fill", kit.fill or kit.snare, fill),
    ]
    if not reduced:
        opened = unroll(groove.open_hat)
        if style.density > 0:
            opened = merge(opened, unroll(OFFBEAT))
        played.append(Stroke("open_hat", kit.open_hat, opened))
        played.append(Stroke("extra", kit.extra, unroll(groove.extra)))
    return [stroke for stroke in played if stroke.voice and stroke.steps.strip(REST)]


def thin(line: list[Event]) -> list[Event]:
    """Every second event of a line; it holds on where the one left out had followed at once."""
    kept = []
    for event, dropped in zip(line[::2], [*line[1::2], None], strict=False):
        joined = dropped is not None and dropped.step == event.step + event.steps
        more = dropped.steps if dropped is not None and joined else 0
        kept.append(replace(event, steps=event.steps + more))
    return kept


def double(line: list[Event]) -> list[Event]:
    """Events struck again half-way to the next; single notes answer an octave higher."""
    fuller = []
    for index, event in enumerate(line):
        after = line[index + 1].step if index + 1 < len(line) else STEPS
        gap = after - event.step
        parts = 4 if gap >= LONG else 2
        part = gap // parts
        if part < 1:
            fuller.append(event)
            continue
        length = min(event.steps, part)
        for i in range(parts):
            up = 12 if len(event.notes) == 1 and i % 2 else 0
            notes = tuple(note + up for note in event.notes)
            fuller.append(Event(event.step + i * part, length, notes))
    return fuller


def restrike(line: list[Event]) -> list[Event]:
    """Long notes struck again every quarter note: what makes a drone energetic."""
    struck = []
    for event in line:
        parts = event.steps // 4 if event.steps >= LONG else 1
        for i in range(parts):
            struck.append(replace(event, step=event.step + 4 * i, steps=event.steps // parts))
    return struck
