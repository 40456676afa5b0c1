"""The performance: what every message does to the values, and what else must happen for it.

Pure and single-threaded: `apply` takes an accepted change and the song beat, moves the trajectory
and returns effects for others to carry out. It never waits, reads a clock, or raises anything but
`Refused`.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from livediffusion.state.blend import Position, initial
from livediffusion.state.cast import Cast, places_of
from livediffusion.state.effects import Effect, PlayerSet
from livediffusion.state.handlers import HANDLERS, PLAYER_VALUES, set_plain
from livediffusion.state.history import UNDO, History, as_it_is, moved_by
from livediffusion.state.journey import JOURNEY
from livediffusion.state.journey import current as current_visit
from livediffusion.state.outlook import Outlook
from livediffusion.state.parameters import Refused, find, rows
from livediffusion.state.passage import pass_time
from livediffusion.state.patch import Patch
from livediffusion.state.ramp import Ramp, Ramps
from livediffusion.state.readings import everything, read
from livediffusion.state.scenes import SCENE, Launch
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.state.seeds import SeedWalk
from livediffusion.state.trajectory import Trajectory
from livediffusion.state.values import Change
from livediffusion.types import BPM, Beats, Seconds, Value

_JUST_AFTER = 1e-6  # beats; the step that begins at the load is not begun twice
PATCH = "patch"  # the source of what a patch file moves
_NO_HAND = frozenset({PATCH, JOURNEY, SCENE, UNDO})  # sources
_PATCH_KEEPS = frozenset(
    {*PLAYER_VALUES, "record", "clock.source", "clock.offset"}
)  # not the set's


@dataclass(slots=True)
class Performance:
    """The values of the set that is being played, as targets and on their way."""

    patch: Patch
    model: str
    trajectory: Trajectory = field(init=False)
    outlook: Outlook = field(init=False)  # for the scheduler
    cast: Cast = field(init=False)  # the prompts that are there
    images: dict[str, tuple[str, str]] = field(
        init=False
    )  # seed images that are known: `use_image`
    image: str = ""  # the name of the seed image
    values: dict[str, Value] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)  # who moved an address last
    xy: tuple[float, float] = (0.5, 0.5)
    scene: str = ""  # that was launched last
    led: BPM | None = None  # the tempo of a clock that leads
    waiting: Launch | None = None  # a scene whose beat has not come
    knobs: dict[str, Ramp] = field(default_factory=dict)  # of the player, that a scene turns
    history: History = field(default_factory=History)
    moved: list[str] = field(default_factory=list)  # addresses that nobody was told of
    effects: list[Effect] = field(default_factory=list)  # that nobody has carried out
    journey_at: Beats = 0.0  # up to where the journey was walked
    now: Beats = 0.0  # of the last `advance`
    _touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for row in rows("value"):
            if row.default is not None and not row.numbered:
                self.values[row.key] = row.default
        self.trajectory = self._begin()
        self.outlook = Outlook(self)
        self._take_patch_values(0.0)

    @property
    def quantise(self) -> Beats:
        """The quantise as a grid in beats, 0 for off."""
        grids = {"off": 0.0, "beat": 1.0, "bar": float(BEATS_PER_BAR), "loop": self.patch.beats}
        return float(grids[str(self.values["quantise"])])

    @property
    def places(self) -> tuple[Position, ...]:
        """Where the prompts lie on the xy pad."""
        return places_of(self.patch.prompts, self.cast)

    @property
    def touched(self) -> frozenset[str]:
        """The addresses that a hand has moved since the patch was loaded."""
        return frozenset(self._touched)

    def apply(
        self, change: Change, now: Beats, source: str, time: Seconds = 0.0, bundle: int = 0
    ) -> list[Effect]:
        """Let an accepted change act at song beat `now`.

        `time` and `bundle` say which gesture it belongs to, if a hand made it. Raises Refused
        where the value fits the table but not the present patch.
        """
        if not change.fires:
            return []
        is_gesture = source not in _NO_HAND and change.row.undoable
        begins = is_gesture and not self.history.goes_on(change, time, bundle)
        before = as_it_is(self, moved_by(self, change), now) if begins else None
        handler = HANDLERS.get(change.row.key, set_plain)
        effects = handler(self, change, now)
        if before is not None:
            self.history.gesture(change, before, time, bundle)
        for address in self._moved_with(change):
            self.sources[address] = source
        if change.row.in_files and source not in (PATCH, JOURNEY, UNDO):
            self._touched.add(change.address)
        if change.row.renders:
            self.trajectory.revision += 1
        self.outlook.refresh()
        return effects

    def play(
        self, changes: Sequence[Change], now: Beats, source: str, glide: Beats
    ) -> list[Effect]:
        """Apply changes that no hand makes, in so many beats, keeping the glide that they set.

        What the present prompts cannot take is left out.
        """
        kept, effects = self.values["glide"], list[Effect]()
        for change in changes:
            self.values["glide"] = glide
            with contextlib.suppress(Refused):
                effects += self.apply(change, now, source)
            if change.row.key == "glide":
                kept = self.values["glide"]
        self.values["glide"] = kept
        return effects

    def wait_for(self, launch: Launch | None) -> None:
        """Let a scene begin when its beat has come, or none."""
        self.waiting = launch
        self.trajectory.revision += 1
        self.outlook.refresh()
        self.moved.append("/ld/scene")

    def knob_at(self, name: str, beat: Beats) -> float:
        """Where one of the player's knobs is at a song beat."""
        ramp = self.knobs.get(name)
        return float(self.values[name]) if ramp is None else ramp.at(beat)[0]

    def twin(self) -> Performance:
        """One that can be tried out: what is played on it does not move this one."""
        other = copy.copy(self)
        other.trajectory = dataclasses.replace(self.trajectory)
        other.values, other.sources = dict(self.values), dict(self.sources)
        other.knobs, other._touched = dict(self.knobs), set(self._touched)
        other.moved, other.effects, other.waiting = [], [], None
        other.outlook, other.history = Outlook(other), History()
        return other

    def restore(self, changes: Sequence[Change], touched: Iterable[str], now: Beats) -> None:
        """Take over a predecessor's values, at once whatever the glide, and its journey."""
        self.play(changes, now, PATCH, 0.0)
        self.take_touched(touched)
        self.journey_at, self.now = now + _JUST_AFTER, now

    def take_touched(self, touched: Iterable[str]) -> None:
        """From now on these addresses, and no others, belong to the hand."""
        self._touched = set(touched)

    def advance(self, now: Beats) -> list[str]:
        """Walk on to song beat `now`: the journey, the scene that waits, the knobs it turns.

        The addresses that have moved since the last call; `take_effects` has what must be done
        for it. What a hand has touched since the patch was loaded is left to the hand.
        """
        moved = pass_time(self, now)
        moved, self.moved = [*self.moved, *moved], []
        return moved

    def take_effects(self) -> list[Effect]:
        """What must be done for that which moved by itself; once."""
        effects, self.effects = self.effects, []
        return effects

    def load(self, patch: Patch, model: str, now: Beats, *, undoable: bool = True) -> None:
        """Take another patch: its values, or the defaults; gain and the like stay in the hand."""
        if undoable and self.patch.path is not None:
            self.history.whole(as_it_is(self, None, now))
        known = self.trajectory.defaults if model == self.model else None
        revision = self.trajectory.revision
        kept = {key: value for key, value in self.values.items() if key in _PATCH_KEEPS}
        self.patch, self.model, self.scene, self.waiting = patch, model, "", None
        self.effects += [PlayerSet(name, kept[name]) for name in self.knobs]  # no more on the way
        self.knobs.clear()
        self.values = {r.key: r.default for r in rows("value") if r.default is not None} | kept
        self.trajectory = self._begin()
        self.trajectory.defaults = known
        self.trajectory.revision = revision + 1
        self._take_patch_values(now)
        self.outlook.refresh()

    def use_model(self, model: str) -> None:
        """Go on with another model, whose defaults are to be told."""
        self.model = self.trajectory.model = model
        self.trajectory.defaults = None
        self.trajectory.revision += 1
        self.outlook.refresh()

    def use_image(self, name: str, path: str = "", mask: str = "") -> None:
        """Play over a seed image from now on; with a path it is known by that name ever after."""
        if path:
            self.images[name] = (path, mask)
        self.image = name
        self.trajectory.seed_image, self.trajectory.mask = self.images[name]
        self.trajectory.revision += 1
        self.outlook.refresh()

    def at_address(self, address: str) -> tuple[Value, ...]:
        """The target value that an address reports; empty where there is none."""
        found = find(address)
        if found is None or (found[1] or 0) > len(self.trajectory.texts):
            return ()
        return read(self, *found)

    def everything(self, now: Beats) -> dict[str, tuple[Value, ...]]:
        """Every address and its value, for feedback; seeds as they have drifted."""
        return everything(self, now)

    def _moved_with(self, change: Change) -> list[str]:
        """The address of a change, and of each weight when it moved them all: a knob on one of
        those must be picked up again."""
        if change.row.key not in ("blend", "xy", "prompt.{n}.remove"):
            return [change.address]
        count = len(self.trajectory.texts)
        return [change.address, *(f"/ld/prompt/{n}/weight" for n in range(1, count + 1))]

    def _begin(self) -> Trajectory:
        patch = self.patch
        self.cast = tuple(range(len(patch.prompts)))
        self.know_images()
        self.image = patch.seed_image.stem if patch.seed_image else ""
        path, mask = self.images[self.image]
        return Trajectory(
            texts=tuple(prompt.text for prompt in patch.prompts),
            weights=Ramps.resting(initial([prompt.weight for prompt in patch.prompts])),
            seeds=SeedWalk(0, 1),
            tempo=self.led or patch.tempo,
            beats=patch.beats,
            model=self.model,
            seed_image=path,
            mask=mask,
            sampler=None if patch.sampler == "model" else patch.sampler,
            decoder=patch.decoder,
            loras=patch.loras,
        )

    def know_images(self) -> None:
        """Know no seed image but the patch's own."""
        image, mask = self.patch.seed_image, self.patch.seed_mask
        self.images = {"": ("", "")}
        if image is not None:
            self.images[image.stem] = (str(image), str(mask or ""))

    def _take_patch_values(self, now: Beats) -> None:
        """Let the patch's own values act without gliding, whatever glide it asks for."""
        self.effects += self.play(self.patch.changes, now, PATCH, 0.0)
        if visit := current_visit(self.patch.steps, now):
            self.effects += self.play(visit.step.changes, now, JOURNEY, 0.0)
        self.journey_at, self.now = now + _JUST_AFTER, now
        self._touched.clear()
