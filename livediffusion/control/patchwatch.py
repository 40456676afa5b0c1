"""The file of the present patch: read again when it is saved, and written into.

Threading: one thread of its own reads and writes, so that no disk can hold up the control loop;
that loop asks with `watch`, `save_scene` and `map`, and hears with `poll`.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from livediffusion.errors import UserError
from livediffusion.state.patch import Patch, load_patch, parse_patch
from livediffusion.state.patchfile import NotWritten, edit_patch
from livediffusion.state.scenefile import with_scene
from livediffusion.state.tomlsource import FileProblems
from livediffusion.types import Seconds

INTERVAL: Seconds = 1.0  # between two looks at the file


@dataclass(frozen=True, slots=True)
class Edited:
    """The file was saved and is a patch."""

    patch: Patch


@dataclass(frozen=True, slots=True)
class Broken:
    """The file was saved and is no patch; one sentence with the line."""

    sentence: str


@dataclass(frozen=True, slots=True)
class SceneSaved:
    """A scene stands in the file."""

    patch: Patch
    name: str


@dataclass(frozen=True, slots=True)
class SceneLost:
    """A scene could not be written; the file is as it was."""

    sentence: str
    source: str  # who asked for it


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mappings have changed as was asked; the sentence says how."""

    patch: Patch
    sentence: str
    source: str  # who asked for it


@dataclass(frozen=True, slots=True)
class Unmapped:
    """The mappings could not be changed; the file is as it was."""

    sentence: str
    source: str


_UNWRITABLE = "The scene could not be written into {path} ({why}); see the log."
_log = logging.getLogger(__name__)

News: TypeAlias = Edited | Broken | SceneSaved | SceneLost | Mapped | Unmapped
_Seen: TypeAlias = tuple[int, int, int]  # time, size and inode
_Job: TypeAlias = Callable[[], None]


class PatchWatch:
    """See the module."""

    def __init__(self, interval: Seconds = INTERVAL) -> None:
        self._interval = interval
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._path: Path | None = None
        self._content = ""  # that the performance plays, or that it was told is broken
        self._seen: _Seen | None = None
        self._doubtful: _Seen | None = None  # broken, but perhaps only half written
        self._thread = threading.Thread(target=self._run, name="patch file", daemon=True)
        self._thread.start()

    def watch(self, patch: Patch) -> None:
        """From now on look at the file of this patch."""
        self._jobs.put(lambda: self._take(patch))

    def save_scene(
        self, path: Path, name: str, keys: Mapping[str, object], added: Sequence[str], source: str
    ) -> None:
        """Write a scene into a patch file, and prompts that were added on stage."""
        self._jobs.put(lambda: self._save(path, name, keys, added, source))

    def map(self, patch: Patch, edit: Callable[[str], tuple[str, str]], source: str) -> None:
        """Change the mappings in the file of a patch; `edit` says in a sentence what changes."""
        self._jobs.put(lambda: self._map(patch, edit, source))

    def poll(self) -> list[News]:
        """What has happened since the last call, without waiting."""
        news: list[News] = []
        while True:
            try:
                news.append(self._news.get_nowait())
            except queue.Empty:
                return news

    def close(self) -> None:
        """Do what was asked for, then stop."""
        self._jobs.put(None)
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        next_look = time.monotonic() + self._interval
        while True:
            try:
                job = self._jobs.get(timeout=max(0.0, next_look - time.monotonic()))
            except queue.Empty:
                self._look()
                next_look = time.monotonic() + self._interval
                continue
            if job is None:
                return
            job()

    def _take(self, patch: Patch) -> None:
        self._path, self._content = patch.path, patch.content
        self._seen = self._doubtful = None

    def _look(self) -> None:
        """Read the file if it is not what it was; one that is away is waited for."""
        seen = _seen(self._path)
        if self._path is None or seen is None or seen == self._seen:
            return
        try:
            patch = load_patch(self._path)
        except FileProblems as problems:
            if seen == self._doubtful:  # nobody is still writing it
                self._seen = seen
                sentence = in_one_sentence(self._path, problems)
                self._news.put(Broken(f"{sentence} The old patch plays on."))
            self._doubtful = seen
        except UserError:
            return
        else:
            self._seen, self._doubtful = seen, None
            if patch.content != self._content:
                self._content = patch.content
                self._news.put(Edited(patch))

    def _save(
        self, path: Path, name: str, keys: Mapping[str, object], added: Sequence[str], source: str
    ) -> None:
        try:
            patch = edit_patch(path, lambda text: with_scene(text, name, keys, added))
        except UserError as error:
            self._news.put(SceneLost(" ".join(str(error).split()), source))
            return
        except (ValueError, LookupError, TypeError) as error:
            _log.exception("a scene could not be written")
            self._news.put(SceneLost(_UNWRITABLE.format(path=path.name, why=error), source))
            return
        if path == self._path:
            self._content, self._seen = patch.content, None
        self._news.put(SceneSaved(patch, name))

    def _map(self, patch: Patch, edit: Callable[[str], tuple[str, str]], source: str) -> None:
        said: list[str] = []

        def change(text: str) -> str:
            text, sentence = edit(text)
            said.append(sentence)
            return text

        try:
            try:
                patch = edit_patch(patch.path or Path(), change)
            except NotWritten as error:  # it holds until the end of the set
                patch = parse_patch(change(patch.content), patch.path)
                said[:] = [f"{said[-1]} {error} So it holds only until another patch is loaded."]
        except UserError as error:
            self._news.put(Unmapped(" ".join(str(error).split()), source))
            return
        if patch.path == self._path:
            self._content, self._seen = patch.content, None
        self._news.put(Mapped(patch, said[-1], source))


def _seen(path: Path | None) -> _Seen | None:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


def in_one_sentence(path: Path, problems: FileProblems) -> str:
    """The first problem with its line, and how many more there are."""
    first, *others = problems.problems
    more = f" (and {len(others)} more: livediffusion check {path.name})" if others else ""
    return f"{path.name}, line {first.line}: {first.sentence}{more}"
