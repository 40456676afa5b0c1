"""The present state as one more scene of a patch file, or in the place of one of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livediffusion.state.patchfile import add_entry, change_entry
from livediffusion.state.tomlsource import Source


def with_scene(text: str, name: str, keys: Mapping[str, object], added: Sequence[str]) -> str:
    """The text of a patch with the scene, and with the prompts that were added on stage.

    A scene that is there keeps its comments, its order and what `keys` does not name.
    """
    for prompt in added:
        text = add_entry(text, "prompt", {"text": prompt})
    scenes = Source(text, "patch").values.get("scene", [])
    names = [scene.get("name") for scene in scenes]
    if name in names:
        return change_entry(text, "scene", names.index(name), keys)
    return add_entry(text, "scene", {"name": name, **keys})
