"""Which patch is played: switched without a gap, read again when it is saved, written into.

The old patch sounds on until the new one's first loop is ready; one that needs another model waits
until that is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from livediffusion.config import Config, model_name
from livediffusion.control.desk import Desk
from livediffusion.control.models import check_model
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.patchwatch import (
    Broken,
    Edited,
    Mapped,
    PatchWatch,
    SceneLost,
    Unmapped,
    in_one_sentence,
)
from livediffusion.errors import UserError
from livediffusion.render.process import Renderer
from livediffusion.state.effects import EditMappings, LoadPatch, ReturnTo, SaveScene
from livediffusion.state.history import Before, go_back
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import Patch, find_patch, load_patch
from livediffusion.state.performance import Performance
from livediffusion.state.renewal import renew
from livediffusion.state.scenes import to_save
from livediffusion.state.tomlsource import FileProblems
from livediffusion.types import Beats, Seconds

_Take: TypeAlias = Callable[[str, Beats], None]  # model, song beat

_log = logging.getLogger(__name__)


class Patches:
    """Threading: the control process's main thread only; `PatchWatch` has the disk's."""

    def __init__(
        self,
        config: Config,
        performance: Performance,
        renderer: Renderer,
        desk: Desk,
        feedback: Feedback,
        folders: Iterable[Path],
    ) -> None:
        self.model = ""  # the command line's, over any patch's
        self._chosen = ""  # by the performer, for as long as this patch is played
        self._config = config
        self._performance = performance
        self._renderer = renderer
        self._desk = desk
        self._feedback = feedback
        self._folders = tuple(folders)
        self._next: tuple[str, _Take] | None = None  # the model that a patch waits for
        self._watch = PatchWatch()
        self._watch.watch(performance.patch)

    def carry_out(
        self, effect: LoadPatch | ReturnTo | SaveScene | EditMappings, source: str, beat: Beats
    ) -> None:
        """Do what a message asked for. Raises UserError; the old patch plays on then."""
        if isinstance(effect, LoadPatch):
            patch = _read(find_patch(effect.name, self._folders))
            self._next, self._chosen = None, ""
            self._with_model(patch, lambda model, now: self._load(patch, model, now), beat)
        elif isinstance(effect, ReturnTo):
            self._return_to(effect.before, beat)
        elif isinstance(effect, EditMappings):
            self._watch.map(self._performance.patch, effect.edit, source)
        else:
            self._save_scene(effect.name, source, beat)

    def use_model(self, name: str) -> None:
        """Play on with another model, once it is loaded. Raises UserError; the old one plays on."""
        check_model(name, self._config.models)
        self._next = None
        if name != self._performance.model:
            if not self._renderer.load(name):
                raise UserError(f"The model {name} cannot be loaded: no renderer is there.")
            self._next = name, self._take_model

    def hear(self, now: Seconds, beat: Beats) -> None:
        """Take what has happened to the patch file."""
        for news in self._watch.poll():
            if isinstance(news, Broken):
                _log.warning("%s", news.sentence)
                self._feedback.announce(news.sentence)
            elif isinstance(news, SceneLost):
                self._desk.refuse(news.source, news.sentence, now)
            elif isinstance(news, Unmapped):
                self._desk.learning.tell("failed", news.sentence, news.source, now)
            elif isinstance(news, Mapped):
                self._hear_mapped(news, now, beat)
            elif news.patch.path == self._performance.patch.path:  # else it was switched since
                self._renew(news.patch, beat)
                if not isinstance(news, Edited):
                    self._performance.scene = news.name
                    self._publish_everything(beat)

    def _hear_mapped(self, news: Mapped, now: Seconds, beat: Beats) -> None:
        if news.patch.path == self._performance.patch.path:
            self._renew(news.patch, beat)
        self._desk.learning.tell("learned", news.sentence, news.source, now)

    def model_came(self, model: str, beat: Beats) -> None:
        """A model is loaded: the patch that has waited for it is played."""
        if self._next is None:
            return
        wanted, take = self._next
        if model == wanted:
            self._next = None
            take(model, beat)
        else:  # a restarted renderer began with the model of the start
            self._renderer.load(wanted)

    def model_failed(self) -> None:
        """A model could not be loaded: what waited for it is forgotten."""
        self._next = None

    def close(self) -> None:
        """Write what is to be written, and look no more."""
        self._watch.close()

    def _with_model(self, patch: Patch, take: _Take, beat: Beats) -> None:
        """Take a patch at once if its model is there, else when it has come."""
        model = model_name(self._config, patch.model, self._chosen or self.model)
        if model == self._performance.model:
            take(model, beat)
        elif self._renderer.load(model):
            self._next = model, take
        else:
            raise UserError(f"{patch.name} needs the model {model}, but no renderer is there.")

    def _load(self, patch: Patch, model: str, beat: Beats) -> None:
        self._renderer.cancel()
        self._performance.load(patch, model, beat)
        self._taken(beat)

    def _take_model(self, model: str, beat: Beats) -> None:
        self._renderer.cancel()
        self._chosen = model
        self._performance.use_model(model)
        self._desk.proofread(0.0)
        self._publish_everything(beat)

    def _return_to(self, before: Before, beat: Beats) -> None:
        def take(model: str, beat: Beats) -> None:
            self._renderer.cancel()
            self._performance.load(patch, model, beat, undoable=False)
            self._performance.effects += go_back(self._performance, before, beat, 0.0)
            self._taken(beat)

        try:
            patch = _read(Path(before.patch))
            self._next = None
            self._with_model(patch, take, beat)
        except UserError:
            self._performance.history.whole(before)  # it can be tried again
            raise

    def _taken(self, beat: Beats) -> None:
        self._desk.remap()
        self._desk.proofread(0.0)
        self._watch.watch(self._performance.patch)
        self._publish_everything(beat)

    def _renew(self, patch: Patch, beat: Beats) -> None:
        def take(model: str, beat: Beats) -> None:
            mappings = self._performance.patch.mappings
            renew(self._performance, patch, model, beat)
            if patch.mappings != mappings:
                self._desk.remap()
            self._desk.proofread(0.0)
            self._publish_everything(beat)

        try:
            self._with_model(patch, take, beat)
        except UserError as error:
            _log.warning("%s", error)

    def _save_scene(self, name: str, source: str, beat: Beats) -> None:
        performance = self._performance
        path, count = performance.patch.path, len(performance.patch.prompts)
        if path is None:
            raise Refused("This patch has no file, so no scene can be written into it.")
        there = zip(performance.cast, performance.trajectory.texts, strict=True)
        added = [text for one, text in there if one >= count]
        texts = {f"prompt.{n}.text" for n in range(count + 1, count + len(added) + 1)}
        keys = {k: v for k, v in to_save(performance, beat).items() if k not in texts}
        self._watch.save_scene(path, name, keys, added, source)

    def _publish_everything(self, beat: Beats) -> None:
        for address, values in self._performance.everything(beat).items():
            self._feedback.publish(address, values, "patch", 0.0)


def _read(path: Path) -> Patch:
    """Read a patch file. Raises UserError with one sentence, however much is wrong."""
    try:
        return load_patch(path)
    except FileProblems as problems:
        raise UserError(in_one_sentence(path, problems)) from None
