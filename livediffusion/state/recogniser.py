"""Which control a hand has moved, and of what kind it is: learning's ear.

The control with the most movement within a second is meant, so a neighbour that wobbles is not
learned by mistake. Of what one move sends, the whole is taken: the 14-bit pair rather than its
halves, the key rather than its pressure, the fader rather than the note that says it is touched.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias, get_args

from livediffusion.state.controls import KEYS, Control, Encoding, MidiEvent, client_of
from livediffusion.state.decoder import ControlDecoder
from livediffusion.state.takeover import TICKS
from livediffusion.types import Seconds

_WINDOW = 1.0  # seconds in which movement is compared
_SETTLE = 0.4  # seconds after its first movement before a control may be taken
_ENOUGH = 0.06  # of a control's way; a wobble is less
_AS_MUCH = 0.7  # of the winner's movement: then nobody can say which was meant
_BOTH_WAYS = 3.0  # seconds to wait for an endless encoder to be turned the other way as well
_MOST_SAMPLES = 512
_ENOUGH_PAIRS = 2  # of a coarse and a fine byte
_KEY, _PROGRAM = 0.1, 0.5  # what a press counts for
_CLICKS, _FAST = 4, 20  # an encoder's fewest messages, and its most clicks in one
_MOST_BY_CLICKS = 0.1  # movement; what only looks like an encoder shall not outdo a knob
_MODE_MESSAGES = range(120, 128)  # controllers that are no controls
_BANK_SELECT = (0, 32)
_PARAMETER = (6, 38, 96, 97, 98, 99, 100, 101)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A control of a device; `encoding` tells of an endless encoder."""

    device: str
    control: Control
    encoding: Encoding | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing can be said yet; the sentence says what to do."""

    sentence: str


_Key: TypeAlias = tuple[str, Control]


@dataclass(slots=True)
class _Track:
    """What one control has sent: times and values."""

    samples: deque[tuple[Seconds, int]] = field(default_factory=lambda: deque(maxlen=_MOST_SAMPLES))
    fine_pairs: int = 0  # times that a fine byte followed its coarse one

    def recent(self, since: Seconds) -> list[int]:
        """The values since then."""
        return [value for time, value in self.samples if time >= since]

    def way(self, since: Seconds) -> int:
        """How far it has gone since then, from wherever it was before."""
        before = [value for time, value in self.samples if time < since]
        values = before[-1:] + self.recent(since)
        return max(values) - min(values)

    def started(self, since: Seconds) -> Seconds:
        """When the movement began that is seen since then; infinity where there is none."""
        return next((time for time, _ in self.samples if time >= since), math.inf)


class Recogniser:
    """Fed with every event while something is to be learned. Times are the events'."""

    def __init__(self) -> None:
        self._decoder = ControlDecoder()
        self._tracks: dict[_Key, _Track] = {}
        self._last: dict[tuple[str, int], int] = {}  # the controller before this one

    def feed(self, event: MidiEvent) -> None:
        """Hear an event."""
        if event.kind == "cc" and event.number in _MODE_MESSAGES:
            return
        for moved in self._decoder.feed(event):
            track = self._tracks.setdefault((event.device, moved.control), _Track())
            track.samples.append((event.time, moved.value))
            if moved.control.kind == "cc14" and event.number >= 32:
                before = self._last.get((event.device, event.channel))
                track.fine_pairs += before == event.number - 32
        if event.kind == "cc":
            self._last[event.device, event.channel] = event.number

    def find(self, now: Seconds) -> Recognised | Unclear | None:
        """The control that is meant; None while too little has moved."""
        since = now - _WINDOW
        moved = {key: _movement(key[1], self._tracks[key], since) for key in self._whole(since)}
        best = max(moved, key=lambda key: moved[key], default=None)
        if best is None or moved[best] < _ENOUGH:
            return None
        track = self._tracks[best]
        settle = _WINDOW if _is_bare_button(best[1], track.recent(since)) else _SETTLE
        if now - track.started(since) < settle * 0.95:
            return None
        for key in moved:
            if moved[key] > _AS_MUCH * moved[best] and _compete(key, best):
                return Unclear(f"{_name(best)} and {_name(key)} moved as much: move only one.")
        return self._kind_of(best, now)

    def _kind_of(self, key: _Key, now: Seconds) -> Recognised | Unclear:
        device, control = key
        samples = self._tracks[key].samples
        encodings = _encodings(control, [value for _, value in samples])
        if not encodings:
            return Recognised(device, control)
        if len(encodings) > 1 and now - samples[0][0] < _BOTH_WAYS:
            return Unclear(f"{control} is an endless encoder: turn it the other way, too.")
        return Recognised(device, control, encodings[0])

    def _whole(self, since: Seconds) -> Iterator[_Key]:
        """The controls that have moved, without the parts of what is more than they are."""
        moving = {key for key, track in self._tracks.items() if track.started(since) < math.inf}
        parts: set[_Key] = set()
        for device, control in moving:
            found = _parts(control, self._tracks[device, control])
            parts |= {(device, Control(kind, n, control.channel)) for kind, n in found}
        yield from moving - parts


def _compete(one: _Key, other: _Key) -> bool:
    """Whether either may have been meant: no knob and key, nor one control by two ports."""
    is_one_device = client_of(one[0]) == client_of(other[0])
    is_same = one == other or (is_one_device and one[1] == other[1])
    return not is_same and (one[1].kind in KEYS) == (other[1].kind in KEYS)


def _name(key: _Key) -> str:
    return f"{key[1]} of {key[0]}"


def _parts(control: Control, track: _Track) -> Iterable[tuple[str, int | None]]:
    """The controls, by kind and number, that a control is made of; itself if it never was one."""
    if control.kind == "note":
        return [("touch", None), ("polytouch", control.number)]
    if control.kind in ("nrpn", "rpn"):
        return [("cc14", 6), *(("cc", number) for number in _PARAMETER)]
    if control.kind == "program":
        return [("cc14", 0), *(("cc", number) for number in _BANK_SELECT)]
    if control.kind != "cc14" or control.number is None:
        return []
    number = control.number
    is_pair = track.fine_pairs >= _ENOUGH_PAIRS
    return [("cc", number), ("cc", number + 32)] if is_pair else [("cc14", number)]


def _movement(control: Control, track: _Track, since: Seconds) -> float:
    """How far a control has moved, in parts of its way; what is pressed counts for so much."""
    recent = track.recent(since)
    if control.kind == "note":
        return _KEY if any(recent) else 0.0
    if control.kind == "program":
        return _PROGRAM
    way = track.way(since) / control.steps
    if encodings := _encodings(control, recent):
        clicks = sum(abs(TICKS[encodings[0]](value)) for value in recent)
        return min(_MOST_BY_CLICKS, clicks / 64)
    return _KEY if _is_bare_button(control, recent) else way


def _is_bare_button(control: Control, values: list[int]) -> bool:
    """A button that sends no 0 when it is let go; until more comes, it may be an encoder."""
    return control.kind == "cc" and 1 < len(values) < _CLICKS and set(values) == {control.steps}


def _encodings(control: Control, values: list[int]) -> list[Encoding]:
    """The encodings of an endless encoder that values may be of, the most usual first.

    An encoder repeats itself, mostly sends single clicks, and never that it stands still; a knob
    does none of this.
    """
    repeats = any(one == other for one, other in pairwise(values))
    if control.kind != "cc" or len(values) < _CLICKS or not repeats:
        return []
    return [encoding for encoding in get_args(Encoding) if _fits(encoding, values)]


def _fits(encoding: str, values: list[int]) -> bool:
    clicks = [abs(TICKS[encoding](value)) for value in values]
    is_slow = clicks.count(1) * 2 >= len(clicks)
    return is_slow and all(0 < click <= _FAST for click in clicks)
