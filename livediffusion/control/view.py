"""What the performance looks like from outside: every address, its value, and what it may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from livediffusion.control.models import known_models
from livediffusion.control.snapshot import Snapshot
from livediffusion.ipc.arena import Arena
from livediffusion.render.seed_images import image_names
from livediffusion.state.patch import Patch
from livediffusion.state.performance import Performance
from livediffusion.types import Value


class View:
    """Threading: `snap` is the control process's main thread's; `names` reads folders, and may be
    asked for from any thread that has the time."""

    def __init__(
        self,
        performance: Performance,
        arena: Arena,
        readouts: Mapping[str, tuple[Value, ...]],
        patch_folders: Iterable[Path],
        models: Mapping[str, str],
        images: Path,
    ) -> None:
        """`readouts` are by address, as they were last said; `models` as in the config; `images`
        is the folder of the user's seed images."""
        self._performance = performance
        self._arena = arena
        self._readouts = readouts
        self._patch_folders = tuple(patch_folders)
        self._models = models
        self._images = images

    def snap(self) -> Snapshot:
        """How it looks at this moment."""
        performance, beat = self._performance, self._arena.read_transport().beat_now()
        return Snapshot(
            prompts=len(performance.trajectory.texts),
            values=performance.everything(beat) | dict(self._readouts),
            choices={"/ld/scene": tuple(scene.name for scene in performance.patch.scenes)},
            mapped=_mapped(performance.patch),
            places=tuple(performance.places),
            loras=tuple(name for name, _ in performance.trajectory.loras),
        )

    def names(self) -> dict[str, tuple[str, ...]]:
        """What is on disk to choose from, by address: patches, models, seed images."""
        patches = {file.stem for folder in self._patch_folders for file in folder.glob("*.toml")}
        models = known_models(self._models)
        return {
            "/ld/patch": tuple(sorted(patches)),
            "/ld/model": tuple(sorted(models)),
            "/ld/seed/image": ("", *image_names(self._images)),
        }


def _mapped(patch: Patch) -> dict[str, tuple[str, ...]]:
    """What moves which address, in words: "cc 21", and whose where it is not any device's."""
    found: dict[str, tuple[str, ...]] = {}
    for mapping in patch.mappings:
        whose = "" if mapping.device == "*" else f", {mapping.device.rstrip('*')}"
        found[mapping.target] = (*found.get(mapping.target, ()), f"{mapping.control}{whose}")
    return found
