"""The state of a mixer as plain values, and a mixer from them: it goes on bit for bit.

Whatever objects of the player hold is taken down: numbers, words, containers, arrays and each
other. Loops are only named; whoever thaws must have their sound. Code is never frozen.
"""

from __future__ import annotations

import base64
import importlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from livediffusion.player.fade import Likenesses
from livediffusion.player.interpolation import Interpolator
from livediffusion.player.loop import Loop
from livediffusion.types import Json

LoopOf: TypeAlias = Callable[[Json], Loop]
NameOf: TypeAlias = Callable[[Loop], Json]

_HOMES = ("livediffusion.player.", "livediffusion.types")
# Made anew: nothing in the first outlives a call, the other is keyed by places in memory.
_SCRATCH: tuple[type[Any], ...] = (Interpolator, Likenesses)
_LARGEST = 1 << 18  # bytes of an array


class Frozen:
    """Freezes one graph of objects; what occurs twice is the same object again when thawed."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._kept: list[object] = []  # so that no other object takes over an id

    def freeze(self, value: object) -> Any:
        """Plain values and copies of arrays; TypeError for what cannot be frozen."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, list | deque | tuple | set | frozenset):
            items = [self.freeze(item) for item in list(value)]
            return {"many": type(value).__name__, "items": items}
        if isinstance(value, dict):
            pairs = [[self.freeze(k), self.freeze(v)] for k, v in list(value.items())]
            return {"many": "dict", "items": pairs}
        if (number := self._numbers.get(id(value))) is not None:
            return {"again": number}
        number = self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)
        return {"number": number, **self._object(value)}

    def _object(self, value: object) -> Json:
        if isinstance(value, np.ndarray):
            if value.nbytes > _LARGEST:
                raise TypeError(f"an array of {value.nbytes} bytes is no state")
            return {"array": value.copy()}
        if isinstance(value, Loop):
            return {"loop": value}
        kind = type(value)
        name = f"{kind.__module__}:{kind.__qualname__}"
        if not name.startswith(_HOMES):
            raise TypeError(f"{name} is no state of the player's")
        if isinstance(value, _SCRATCH):
            return {"scratch": name}
        fields = {key: self.freeze(item) for key, item in _fields(value)}
        return {"object": name, "fields": fields}


def to_json(frozen: Any, name: NameOf) -> Any:
    """What `Frozen` gave, with its arrays as text, and loops by what they can be found again."""
    if isinstance(frozen, Loop):
        return name(frozen)
    if isinstance(frozen, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(frozen).tobytes()).decode()
        return {"shape": list(frozen.shape), "type": frozen.dtype.str, "data": data}
    if isinstance(frozen, dict):
        return {key: to_json(item, name) for key, item in frozen.items()}
    if isinstance(frozen, list):
        return [to_json(item, name) for item in frozen]
    return frozen


class Thawing:
    """Makes the objects again, from JSON. Raises ValueError for what no player froze."""

    def __init__(self, loop_of: LoopOf) -> None:
        self._loop_of = loop_of
        self._made: dict[int, object] = {}

    def thaw(self, value: Any) -> Any:
        """The object that was frozen."""
        if not isinstance(value, dict):
            return value
        if "again" in value:
            return self._made[value["again"]]
        if "many" in value:
            return self._many(value["many"], value["items"])
        number = value["number"]
        if "array" in value:
            self._made[number] = _array(value["array"])
        elif "loop" in value:
            self._made[number] = self._loop_of(value["loop"])
        elif "scratch" in value:
            self._made[number] = _class(value["scratch"])()
        else:
            kind = _class(value["object"])
            made = self._made[number] = object.__new__(kind)
            for key, item in value["fields"].items():
                object.__setattr__(made, key, self.thaw(item))
        return self._made[number]

    def _many(self, kind: str, items: list[Any]) -> Any:
        if kind == "dict":
            return {self.thaw(key): self.thaw(item) for key, item in items}
        kinds = {"list": list, "deque": deque, "tuple": tuple, "set": set, "frozenset": frozenset}
        if kind not in kinds:
            raise ValueError(f"a recording holds no {kind}")
        return kinds[kind](self.thaw(item) for item in items)


def _fields(value: object) -> Iterator[tuple[str, object]]:
    for kind in type(value).__mro__:
        for name in vars(kind).get("__slots__", ()):
            yield name, getattr(value, name)
    yield from list(getattr(value, "__dict__", {}).items())


def _array(value: Json) -> np.ndarray[Any, Any]:
    data = np.frombuffer(base64.b64decode(value["data"]), np.dtype(value["type"]))
    return data.reshape(value["shape"]).copy()


def _class(name: str) -> type[Any]:
    """A class of the player's; nothing else is ever made from a file."""
    module, _, path = name.partition(":")
    if not name.startswith(_HOMES) or module.endswith((".device", ".worker")) or "." in path:
        raise ValueError(f"a recording holds no {name}")
    found = getattr(importlib.import_module(module), path, None)
    if not isinstance(found, type):
        raise ValueError(f"this version knows no {name}")
    return found
