"""The performance: what every message does to the values, and what else must happen for it.

Pure and single-threaded: `apply` takes an accepted change and the song beat, moves the trajectory
and returns effects for others to carry out. It never waits, reads a clock, or raises anything but
`Refused`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from livediffusion.state.blend import Position, initial, positions
from livediffusion.state.effects import Effect
from livediffusion.state.handlers import HANDLERS, PLAYER_VALUES, set_plain
from livediffusion.state.journey import current as current_visit
from livediffusion.state.journey import untouched, visits
from livediffusion.state.parameters import Parameter, find, rows
from livediffusion.state.patch import Patch
from livediffusion.state.ramp import Ramp
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.state.seeds import SeedWalk
from livediffusion.state.trajectory import Trajectory
from livediffusion.state.values import Change
from livediffusion.types import Beats, Value

_JUST_AFTER = 1e-6  # beats; the step that begins at the load is not begun twice
PATCH, JOURNEY = "patch", "journey"  # sources that are not a hand
_PATCH_KEEPS = frozenset(PLAYER_VALUES)  # what belongs to the hand, not to the set


@dataclass(slots=True)
class Performance:
    """The values of the set that is being played, as targets and on their way."""

    patch: Patch
    model: str
    trajectory: Trajectory = field(init=False)
    values: dict[str, Value] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)  # who moved an address last
    xy: tuple[float, float] = (0.5, 0.5)
    _touched: set[str] = field(default_factory=set)
    _journey_at: Beats = 0.0

    def __post_init__(self) -> None:
        for row in rows("value"):
            if row.default is not None and not row.numbered:
                self.values[row.key] = row.default
        self.trajectory = self._begin()
        self._take_patch_values(0.0)

    @property
    def quantise(self) -> Beats:
        """The quantise as a grid in beats, 0 for off."""
        grids = {"off": 0.0, "beat": 1.0, "bar": float(BEATS_PER_BAR), "loop": self.patch.beats}
        return float(grids[str(self.values["quantise"])])

    @property
    def places(self) -> tuple[Position, ...]:
        """Where the prompts lie on the xy pad."""
        given = [prompt.position for prompt in self.patch.prompts]
        added = len(self.trajectory.texts) - len(given)
        return positions([*given, *[None] * added])

    def apply(self, change: Change, now: Beats, source: str) -> list[Effect]:
        """Let an accepted change act at song beat `now`.

        Raises Refused where the value fits the table but not the present patch.
        """
        if not change.fires:
            return []
        handler = HANDLERS.get(change.row.key, set_plain)
        effects = handler(self, change, now)
        for address in self._moved_with(change):
            self.sources[address] = source
        if source not in (PATCH, JOURNEY):
            self._touched.add(change.address)
        if change.row.renders:
            self.trajectory.revision += 1
        return effects

    @property
    def touched(self) -> frozenset[str]:
        """The addresses that a hand has moved since the patch was loaded."""
        return frozenset(self._touched)

    def restore(self, changes: Sequence[Change], touched: Iterable[str], now: Beats) -> None:
        """Take over a predecessor's values, at once whatever the glide, and its journey."""
        self._play_changes(changes, now, PATCH, 0.0)
        self._touched = set(touched)
        self._journey_at = now + _JUST_AFTER

    def advance(self, now: Beats) -> list[str]:
        """Walk on with the patch's journey up to song beat `now`; the addresses that moved.

        What a hand has touched since the patch was loaded is left to the hand.
        """
        moved: list[str] = []
        for visit in visits(self.patch.steps, self._journey_at, now):
            changes = untouched(visit.step.changes, self._touched)
            glide = self.values["glide"] if visit.step.glide is None else visit.step.glide
            self._play_changes(changes, visit.beat, JOURNEY, float(glide))
            moved += [change.address for change in changes]
        self._journey_at = max(self._journey_at, now)
        return moved

    def load(self, patch: Patch, model: str, now: Beats) -> None:
        """Take another patch: its values, or the defaults; gain and the like stay in the hand."""
        known = self.trajectory.defaults if model == self.model else None
        revision = self.trajectory.revision
        kept = {key: value for key, value in self.values.items() if key in _PATCH_KEEPS}
        self.patch, self.model = patch, model
        self.values = {r.key: r.default for r in rows("value") if r.default is not None} | kept
        self.trajectory = self._begin()
        self.trajectory.defaults = known
        self.trajectory.revision = revision + 1
        self._take_patch_values(now)

    def at_address(self, address: str) -> tuple[Value, ...]:
        """The target value that an address reports; empty where there is none."""
        found = find(address)
        if found is None or (found[1] or 0) > len(self.trajectory.texts):
            return ()
        return self._read(*found)

    def everything(self, now: Beats) -> dict[str, tuple[Value, ...]]:
        """Every address and its value, for feedback; seeds as they have drifted."""
        a, b, morph = self.trajectory.seeds_at(now)
        state: dict[str, tuple[Value, ...]] = {}
        for row in rows("value"):
            for n in _numbers(row, len(self.trajectory.texts)):
                if values := self._read(row, n):
                    state[row.address_of(n)] = values
        if self.trajectory.seeds.drift > 0.0:
            state |= {"/ld/seed/a": (a,), "/ld/seed/b": (b,), "/ld/seed/morph": (morph,)}
        return state

    def _moved_with(self, change: Change) -> list[str]:
        """The address of a change, and of each weight when it moved them all: a knob on one of
        those must be picked up again."""
        if change.row.key not in ("blend", "xy"):
            return [change.address]
        count = len(self.trajectory.texts)
        return [change.address, *(f"/ld/prompt/{n}/weight" for n in range(1, count + 1))]

    def _read(self, row: Parameter, n: int | None) -> tuple[Value, ...]:
        reader = _READERS.get(row.key)
        if reader is not None:
            return reader(self, n)
        value = self.values.get(row.key)
        return () if value is None else (value,)

    def _begin(self) -> Trajectory:
        patch = self.patch
        return Trajectory(
            texts=tuple(prompt.text for prompt in patch.prompts),
            weights=Ramp(initial([prompt.weight for prompt in patch.prompts])),
            seeds=SeedWalk(0, 1),
            tempo=patch.tempo,
            beats=patch.beats,
            model=self.model,
            seed_image=str(patch.seed_image or ""),
            mask=str(patch.seed_mask or ""),
            sampler=None if patch.sampler == "model" else patch.sampler,
        )

    def _take_patch_values(self, now: Beats) -> None:
        """Let the patch's own values act without gliding, whatever glide it asks for."""
        self._play_changes(self.patch.changes, now, PATCH, 0.0)
        if visit := current_visit(self.patch.steps, now):
            self._play_changes(visit.step.changes, now, JOURNEY, 0.0)
        self._journey_at = now + _JUST_AFTER
        self._touched.clear()

    def _play_changes(
        self, changes: Sequence[Change], now: Beats, source: str, glide: Beats
    ) -> None:
        """Apply changes out of the patch file, in so many beats, keeping the glide it sets."""
        kept = self.values["glide"]
        for change in changes:
            self.values["glide"] = glide
            self.apply(change, now, source)
            if change.row.key == "glide":
                kept = self.values["glide"]
        self.values["glide"] = kept


def _numbers(row: Parameter, prompts: int) -> list[int | None]:
    return list(range(1, prompts + 1)) if row.numbered else [None]


_Reader: TypeAlias = Callable[[Performance, int | None], tuple[Value, ...]]
_READERS: dict[str, _Reader] = {
    "prompt.{n}.text": lambda p, n: (p.trajectory.texts[(n or 1) - 1],),
    "prompt.{n}.weight": lambda p, n: (p.trajectory.weights.target[(n or 1) - 1],),
    "blend": lambda p, _: p.trajectory.weights.target,
    "xy": lambda p, _: p.xy,
    "seed.a": lambda p, _: (p.trajectory.seeds.a,),
    "seed.b": lambda p, _: (p.trajectory.seeds.b,),
    "seed.morph": lambda p, _: p.trajectory.morph.target,
    "tempo": lambda p, _: (p.trajectory.tempo,),
    "patch": lambda p, _: (p.patch.stem,),
}
