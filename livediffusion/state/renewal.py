"""A patch that was edited while it plays: what has changed in the file is taken, the rest stays.

A prompt is the same where its text is the same, wherever it stands now; one whose text was edited
in its place goes on there. Either keeps its weight, unless the weight was edited too. What was
taken out of the file goes back to its default. Prompts added on stage stay, after the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from livediffusion.state import blend, history
from livediffusion.state.cast import cast_changes
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import Patch
from livediffusion.state.performance import PATCH, Performance
from livediffusion.state.sections import Prompt
from livediffusion.state.values import Change, interpret
from livediffusion.types import Beats, Value


def renew(self: Performance, patch: Patch, model: str, now: Beats) -> None:
    """Go on with the present patch as its file is now; changes take /ld/glide."""
    old, trajectory = self.patch, self.trajectory
    self.patch, self.model, trajectory.model = patch, model, model
    trajectory.beats = patch.beats
    if (old.seed_image, old.seed_mask) != (patch.seed_image, patch.seed_mask):
        self.know_images()
        self.use_image(patch.seed_image.stem if patch.seed_image else "")
    trajectory.sampler = None if patch.sampler == "model" else patch.sampler
    trajectory.decoder, trajectory.loras = patch.decoder, patch.loras
    glide = float(self.values["glide"])
    _renew_prompts(self, old, now, glide)
    changes, unset = _differences(old, patch, len(trajectory.texts))
    self.effects += self.play(cast_changes(self, changes), now, PATCH, glide)
    for address in unset:
        history.unset(self, address)
    scenes = {scene.name: scene for scene in patch.scenes}
    if self.scene not in scenes:
        self.scene = ""
    if (waiting := self.waiting) is not None:
        scene = scenes.get(waiting.scene.name)
        self.wait_for(None if scene is None else dataclasses.replace(waiting, scene=scene))
    trajectory.revision += 1
    self.outlook.refresh()


def _renew_prompts(self: Performance, old: Patch, now: Beats, glide: Beats) -> None:
    """The file's prompts with what they weigh now; `self.patch` is the new file already.

    What was taken out on stage stays out, unless its text was edited.
    """
    trajectory, before, after = self.trajectory, old.prompts, self.patch.prompts
    live = dict(zip(self.cast, trajectory.texts, strict=True))
    slots = {one: slot for slot, one in enumerate(self.cast)}
    was = _origins(before, after, {one: live[one] for one in self.cast if one >= len(before)})
    texts: dict[int, str] = {}
    for index, (prompt, one) in enumerate(zip(after, was, strict=True)):
        if one is None or one >= len(before) or before[one].text != prompt.text:
            texts[index] = prompt.text
        elif one in live:
            texts[index] = live[one]
    added = {one: text for one, text in live.items() if one >= len(before) and one not in was}
    places = [slots.get(one) if (one := was[index]) is not None else None for index in texts]
    weights = [after[index].weight or 0.0 for index in texts] + [0.0] * len(added)
    everywhere = [*places, *(slots[one] for one in added)]
    trajectory.take_prompts((*texts.values(), *added.values()), everywhere, weights)
    self.cast = (*texts, *added)
    usual = blend.initial([prompt.weight for prompt in after])
    for slot, index in enumerate(texts):
        one = was[index]
        if one is not None and one < len(before) and before[one].weight != after[index].weight:
            trajectory.move_weight(slot, usual[index], now, glide)
        elif places[slot] == slot:
            continue
        self.sources[f"/ld/prompt/{slot + 1}/weight"] = PATCH  # a knob there must be caught again


def _origins(
    before: Sequence[Prompt], after: Sequence[Prompt], added: Mapping[int, str]
) -> list[int | None]:
    """Who in the cast each prompt of the new file was; None is new."""
    known = [*range(len(before)), *added]
    places = _places([p.text for p in before], [p.text for p in after], [*added.values()])
    return [None if place is None else known[place] for place in places]


def _places(before: Sequence[str], after: Sequence[str], added: Sequence[str]) -> list[int | None]:
    """Where each prompt of the new file was: by its text, else by its place, else added on stage.

    Places count from 0, those of prompts added on stage after the old file's; None is new.
    """
    free, places = set(range(len(before))), list[int | None]([None] * len(after))
    for index, text in enumerate(after):
        same = [place for place in sorted(free) if before[place] == text]
        if same:
            places[index] = index if index in same else same[0]
            free.discard(places[index] or 0)
    for index in range(len(after)):
        if places[index] is None and index in free:
            places[index] = index
            free.discard(index)
    for index, text in enumerate(after):
        if places[index] is None and text in added:
            place = len(before) + list(added).index(text)
            places[index] = None if place in places else place
    return places


def _differences(old: Patch, new: Patch, prompts: int) -> tuple[list[Change], list[str]]:
    """What the new file's top asks for that the old one's did not; what must be left unset."""
    before = {change.address: _without_zeros(change) for change in old.changes}
    changes = [c for c in new.changes if before.get(c.address) != _without_zeros(c)]
    left = set(before) - {change.address for change in new.changes}
    unset: list[str] = []
    for change in (change for change in old.changes if change.address in left):
        if change.row.default is None:
            unset.append(change.address)
            continue
        try:
            changes += interpret(change.address, (change.row.default,), prompts)
        except Refused:
            continue
    return changes, unset


def _without_zeros(change: Change) -> tuple[Value, ...]:
    """The values, but for the zeros that a blend was filled with."""
    values = list(change.values)
    while change.row.types == "f*" and len(values) > 1 and values[-1] == 0.0:
        values.pop()
    return tuple(values)
