"""What may be put upon a model (LoRAs, embeddings, decoders): found by name, read once, kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from livediffusion.errors import UserError
from livediffusion.render.engines.base import Notice
from livediffusion.render.engines.digest import contents_hash
from livediffusion.render.engines.hub import locate_addon

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """What was read from a file, and the hash of the file's contents."""

    thing: T
    hash: str


class Shelf(Generic[T]):
    """One kind of addition. What cannot be used is said once, and left out.

    A file that has changed since is read again: one can be mended while the music plays.
    Threading: used by the rendering thread.
    """

    def __init__(
        self,
        kind: str,
        sources: Mapping[str, str],
        read: Callable[[str, Path], T],
        notice: Notice,
    ) -> None:
        """`kind` is the config's section, `sources` has files, folders and hub names by name."""
        self._kind = kind
        self._sources = sources
        self._read = read
        self._notice = notice
        self._kept: dict[str, tuple[object, Kept[T] | None]] = {}

    def get(self, name: str) -> Kept[T] | None:
        """What has this name; None where it cannot be used, which has been said."""
        try:
            path = locate_addon(self._kind, name, self._sources)
            stamp: object = _stamp(path)
        except UserError as error:
            path, stamp = None, str(error)
        known = self._kept.get(name)
        if known is None or known[0] != stamp:
            known = self._kept[name] = (stamp, self._take(name, path, str(stamp)))
        return known[1]

    def _take(self, name: str, path: Path | None, why: str) -> Kept[T] | None:
        try:
            if path is None:
                raise UserError(why)
            return Kept(self._read(name, path), contents_hash(path))
        except UserError as error:
            self._notice(f"{error} It is left out.")
        return None


def _stamp(path: Path) -> object:
    """Changes when a file does, or one in a folder."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    try:
        return tuple((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
