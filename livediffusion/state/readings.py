"""What each address says while a performance is under way: the targets, not the way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from livediffusion.state.parameters import Parameter, rows
from livediffusion.types import Beats, Value

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance


def read(self: Performance, row: Parameter, n: int | None) -> tuple[Value, ...]:
    """The values of a row, of prompt n (from 1); empty where nothing is set."""
    reader = _READERS.get(row.key)
    if reader is not None:
        return reader(self, n)
    value = self.values.get(row.key)
    return () if value is None else (value,)


def everything(self: Performance, now: Beats) -> dict[str, tuple[Value, ...]]:
    """Every address and its value; seeds as they have drifted."""
    a, b, morph = self.trajectory.seeds_at(now)
    state: dict[str, tuple[Value, ...]] = {}
    for row in rows("value"):
        for n in range(1, len(self.trajectory.texts) + 1) if row.numbered else (None,):
            if values := read(self, row, n):
                state[row.address_of(n)] = values
    if self.trajectory.seeds.drift > 0.0:
        state |= {"/ld/seed/a": (a,), "/ld/seed/b": (b,), "/ld/seed/morph": (morph,)}
    return state


_Reader: TypeAlias = Callable[["Performance", int | None], tuple[Value, ...]]
_READERS: dict[str, _Reader] = {
    "prompt.{n}.text": lambda p, n: (p.trajectory.texts[(n or 1) - 1],),
    "prompt.{n}.weight": lambda p, n: (p.trajectory.weights.target[(n or 1) - 1],),
    "blend": lambda p, _: p.trajectory.weights.target,
    "xy": lambda p, _: p.xy,
    "seed.a": lambda p, _: (p.trajectory.seeds.a,),
    "seed.b": lambda p, _: (p.trajectory.seeds.b,),
    "seed.image": lambda p, _: (p.image,),
    "seed.morph": lambda p, _: p.trajectory.morph.target,
    "tempo": lambda p, _: (p.trajectory.tempo,),
    "patch": lambda p, _: (p.patch.stem,),
    "model": lambda p, _: (p.model,),
    "scene": lambda p, _: (p.waiting.scene.name if p.waiting else p.scene,),
}
