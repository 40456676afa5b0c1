"""What undo goes back to: the values before the last gesture, scene or patch, 32 deep.

A gesture is all that a hand does to one parameter without a pause of half a second; the blend, the
pad and the weights are one parameter, and what comes in one bundle is one gesture. Several knobs
turned at once are several gestures; undo takes back the one that began last. What the journey
does and what an undo does is not remembered.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livediffusion.state.cast import Cast, recast
from livediffusion.state.effects import Effect, ReturnTo
from livediffusion.state.journey import group
from livediffusion.state.parameters import Refused, find
from livediffusion.state.values import Change, interpret
from livediffusion.types import Beats, Json, Seconds, Value

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance

UNDO = "undo"  # the source of what an undo moves
DEPTH = 32
PAUSE: Seconds = 0.5  # that ends a gesture
_BLEND = "/ld/blend"


@dataclass(slots=True)
class Before:
    """What was changed, as it was before; no values where a parameter was not set.

    `patch` is the file of the patch that was left, if one was: then `values` are all there were.
    Where `values` have every text, the prompts were those of `cast`.
    """

    values: dict[str, tuple[Value, ...]]
    xy: tuple[float, float]
    touched: tuple[str, ...]
    scene: str = ""
    patch: str = ""
    cast: Cast = ()  # the prompts that were there


@dataclass(slots=True)
class _Open:
    """A gesture that may still go on."""

    before: Before
    last: Seconds
    bundle: int


class History:
    """The gestures, scenes and patches that can be undone, oldest first."""

    def __init__(self, entries: Iterable[Before] = ()) -> None:
        self.entries: deque[Before] = deque(entries, maxlen=DEPTH)
        self._open: dict[str, _Open] = {}
        self._json: list[Json] | None = None

    def goes_on(self, change: Change, time: Seconds, bundle: int) -> bool:
        """Whether a change belongs to a gesture that is under way; notes that it does.

        What is done at a stroke is a gesture by itself.
        """
        gesture = self._open.get(group(change.address))
        if gesture is None or change.row.kind == "trigger" or time - gesture.last >= PAUSE:
            return False
        gesture.last, gesture.bundle = time, bundle
        return True

    def gesture(self, change: Change, before: Before, time: Seconds, bundle: int) -> None:
        """A gesture has begun."""
        self._open = {key: one for key, one in self._open.items() if time - one.last < PAUSE}
        beside = [one.before for one in self._open.values() if bundle and one.bundle == bundle]
        if beside:
            beside[0].values |= before.values
            before = beside[0]
        else:
            self.entries.append(before)
        self._open[group(change.address)] = _Open(before, time, bundle)
        self._json = None

    def whole(self, before: Before) -> None:
        """A scene has begun or a patch was taken: every gesture is over."""
        self._open.clear()
        self.entries.append(before)
        self._json = None

    def pop(self) -> Before | None:
        """The newest, which is then forgotten; every gesture is over."""
        self._open.clear()
        self._json = None
        return self.entries.pop() if self.entries else None

    def to_json(self) -> list[Json]:
        """For the journal; the same list as long as nothing is added or taken."""
        if self._json is None:
            self._json = [dataclasses.asdict(entry) for entry in self.entries]
        return self._json

    @classmethod
    def from_json(cls, entries: Iterable[Json]) -> History:
        """Back from the journal."""
        return cls(
            Before(
                values={address: tuple(values) for address, values in entry["values"].items()},
                xy=(float(entry["xy"][0]), float(entry["xy"][1])),
                touched=tuple(entry["touched"]),
                scene=str(entry["scene"]),
                patch=str(entry["patch"]),
                cast=tuple(entry["cast"]),
            )
            for entry in entries
        )


def as_it_is(self: Performance, addresses: Iterable[str] | None, now: Beats) -> Before:
    """The present values of these addresses; of all for None, to come back to this patch."""
    state = self.everything(now)
    state[_BLEND] = self.trajectory.goal(now)
    whole = addresses is None
    return Before(
        values={address: state.get(address, ()) for address in addresses or state},
        xy=self.xy,
        touched=tuple(sorted(self.touched)),
        scene=self.scene,
        patch=str(self.patch.path or "") if whole else "",
        cast=self.cast,
    )


def moved_by(self: Performance, change: Change) -> list[str]:
    """The addresses whose values a hand's change may move."""
    if change.row.key != "prompt.{n}.remove":
        return [group(change.address)]
    count = len(self.trajectory.texts)
    return [*(f"/ld/prompt/{n}/text" for n in range(1, count + 1)), _BLEND]


def undo(self: Performance, now: Beats) -> list[Effect]:
    """Take back the scene that waits, else what came last and has left a trace.

    Raises Refused when there is nothing.
    """
    if self.waiting is not None:
        self.wait_for(None)
        return []
    while (before := self.history.pop()) is not None:
        if before.patch:
            return [ReturnTo(before)]
        if before.values != as_it_is(self, before.values, now).values:
            return go_back(self, before, now)
        self.take_touched(before.touched)
    raise Refused("There is nothing to undo.")


def go_back(
    self: Performance, before: Before, now: Beats, glide: Beats | None = None
) -> list[Effect]:
    """Bring values back, in so many beats (else /ld/glide), and the touch of the hand with them."""
    beats = float(self.values["glide"]) if glide is None else glide
    texts = [
        str(values[0]) for a, values in before.values.items() if a.endswith("/text") and values
    ]
    if len(texts) == len(before.cast) and before.cast != self.cast:
        recast(self, before.cast, texts)
    old = dataclasses.replace(self.trajectory)
    effects = self.play(_changes(self, before), now, UNDO, beats)
    for address in [address for address, values in before.values.items() if not values]:
        unset(self, address)
    self.trajectory.cross_over(old, now, beats)
    if _BLEND in before.values:
        self.xy = before.xy
    self.scene = before.scene
    self.take_touched(before.touched)
    self.moved += [*before.values, "/ld/xy", "/ld/scene"]
    return effects


def unset(self: Performance, address: str) -> None:
    """Leave a parameter to the model again, or drop the last prompt."""
    trajectory, found = self.trajectory, find(address)
    if found is None:
        return
    key, texts = found[0].key, trajectory.texts
    self.values.pop(key, None)
    if key == "guidance":
        trajectory.guidance = None
    elif key == "steps":
        trajectory.steps = None
    elif key == "prompt.{n}.text" and found[1] == len(texts) > 1:
        count = len(texts) - 1
        recast(self, self.cast[:count], texts[:count])
    trajectory.revision += 1


def _changes(self: Performance, before: Before) -> list[Change]:
    """What brings the values back, as far as the present prompts take them."""
    changes: list[Change] = []
    prompts = len(self.trajectory.texts)
    texts = sum(address.endswith("/text") for address in before.values)
    for address, values in before.values.items():
        count = max(prompts, texts)
        fitting = values[:count] if address == _BLEND else values
        if values and address not in ("/ld/patch", "/ld/scene", "/ld/xy"):
            with contextlib.suppress(Refused):
                changes += interpret(address, fitting, count)
    return changes
