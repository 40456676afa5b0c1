"""Which prompts are there: those of the patch, less those taken out, and those added on stage.

Addresses count the prompts that are there, so they move up when one goes. A patch file and its
scenes count the file's. The cast knows who is who: the file's prompts by their place in it from 0,
those added on stage by numbers that no file has.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from livediffusion.state.blend import Position, positions
from livediffusion.state.crossing import Leaving
from livediffusion.state.parameters import MAX_PROMPTS, Refused
from livediffusion.state.ramp import Ramp
from livediffusion.state.values import Change
from livediffusion.types import Beats

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance
    from livediffusion.state.sections import Prompt
    from livediffusion.state.trajectory import Trajectory

Cast: TypeAlias = tuple[int, ...]

_NUMBERED = re.compile(r"/ld/prompt/(\d+)/(\w+)")


def newcomer(cast: Cast) -> int:
    """The number of one more that is added on stage."""
    return max(MAX_PROMPTS, *cast) + 1


def places_of(prompts: Sequence[Prompt], cast: Cast) -> tuple[Position, ...]:
    """Where those who are there lie on the xy pad."""
    return positions([prompts[one].position if one < len(prompts) else None for one in cast])


def recast(self: Performance, cast: Cast, texts: Sequence[str]) -> None:
    """Have exactly these, in this order; who was not there comes with weight 0."""
    slots = {one: slot for slot, one in enumerate(self.cast)}
    self.trajectory.take_prompts(tuple(texts), [slots.get(one) for one in cast], (0.0,) * len(cast))
    self.cast = cast


def recall(self: Performance, cast: Cast) -> None:
    """Have those who were there in a predecessor's performance; their texts follow."""
    prompts = self.patch.prompts
    texts = [prompts[one].text if one < len(prompts) else "" for one in cast]
    recast(self, cast, texts)


def remove(self: Performance, n: int, now: Beats, glide: Beats) -> None:
    """Take prompt n (from 1) out; its share goes to the others within the glide (beats).

    Those after it move up. Where no other weighs anything, the one in its place takes its weight.
    Raises Refused for the last one.
    """
    trajectory, index = self.trajectory, n - 1
    if len(trajectory.texts) == 1:
        raise Refused("The last prompt cannot be taken out: change its text instead.")
    text, share = trajectory.texts[index], trajectory.blend_at(now)[index]
    weight = trajectory.weights.target[index]
    stay = [slot for slot in range(len(trajectory.texts)) if slot != index]
    recast(self, tuple(self.cast[s] for s in stay), [trajectory.texts[s] for s in stay])
    if weight > 0.0 and not any(trajectory.weights.target):
        trajectory.move_weight(min(index, len(stay) - 1), weight, now, 0.0)
    if glide > 0.0 and share > 0.0:
        _let_go(trajectory, text, share, now, glide)
    touched = (_renumbered(address, n) for address in self.touched)
    self.take_touched(address for address in touched if address)
    self.moved += [f"/ld/prompt/{k}/text" for k in range(n, len(stay) + 1)]
    self.moved.append("/ld/blend")


def cast_changes(self: Performance, changes: Iterable[Change]) -> list[Change]:
    """What the file's words mean to those who are there; what is for others is left out."""
    slots, found = {one: slot for slot, one in enumerate(self.cast)}, list[Change]()
    for change in changes:
        if change.row.key == "blend":
            weights = [0.0] * len(self.cast)
            for one, weight in enumerate(change.values):
                if one in slots:
                    weights[slots[one]] = float(weight)
            found.append(dataclasses.replace(change, values=tuple(weights)))
        elif change.n is None:
            found.append(change)
        elif (slot := _slot_of(self, change.n - 1, slots)) is not None:
            address = change.row.address_of(slot + 1)
            found.append(dataclasses.replace(change, n=slot + 1, address=address))
    return found


def numbers_in_file(self: Performance) -> list[int]:
    """The numbers (from 1) that the patch file has, or will have, for those who are there."""
    count = len(self.patch.prompts)
    added = [one for one in self.cast if one >= count]
    return [(one if one < count else count + added.index(one)) + 1 for one in self.cast]


def _slot_of(self: Performance, one: int, slots: dict[int, int]) -> int | None:
    """Where one of the file's numbers is now; past the file's, they are those added on stage."""
    count = len(self.patch.prompts)
    return slots.get(one) if one < count else one - count + sum(o < count for o in self.cast)


def _renumbered(address: str, n: int) -> str:
    """What an address is called when prompt n is gone; "" for one of its own."""
    match = _NUMBERED.fullmatch(address)
    if match is None or int(match[1]) < n:
        return address
    return "" if int(match[1]) == n else f"/ld/prompt/{int(match[1]) - 1}/{match[2]}"


def _let_go(trajectory: Trajectory, text: str, share: float, now: Beats, glide: Beats) -> None:
    """Let a text that has no place any more fade out of its share, over all who stay."""
    before = [
        dataclasses.replace(
            gone, share=Ramp((0.0,), (gone.share.at(now)[0] * (1.0 - share),), now, gone.share.end)
        )
        for gone in trajectory.leaving
        if gone.share.end > now
    ]
    fading = Ramp((0.0,), (share,), now, now + glide)
    slots = range(len(trajectory.texts))
    trajectory.leaving = (*before, *(Leaving(slot, text, fading) for slot in slots))
