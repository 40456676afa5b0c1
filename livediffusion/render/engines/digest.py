"""Content hashes of models, remembered so that a large one is not read twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from livediffusion.render.engines.folder import ModelFolder
from livediffusion.types import Json

_REMEMBERED_BYTES = 64 * 2**20  # smaller files are read each time: it takes no time to speak of


def model_hash(model: ModelFolder) -> str:
    """Hash of the names and contents of all files that decide a model's sound."""
    total = hashlib.blake2b(digest_size=16)
    memory = _Memory()
    for file in model.files():
        total.update(f"{file}\0{memory.digest(model.path / file)}\n".encode())
    memory.save()
    return total.hexdigest()


def contents_hash(path: Path) -> str:
    """Hash of a file's contents, or of the names and contents of a folder's own files."""
    memory = _Memory()
    if path.is_file():
        found = memory.digest(path)
    else:
        total = _blake2b()
        for file in sorted(file for file in path.iterdir() if file.is_file()):
            total.update(f"{file.name}\0{memory.digest(file)}\n".encode())
        found = total.hexdigest()
    memory.save()
    return found


def file_hash(path: Path) -> str:
    """Hash of one file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _blake2b).hexdigest()


def _blake2b() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


class _Memory:
    """Digests of large files by path, size and modification time, in the user's cache folder."""

    def __init__(self) -> None:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self._path = Path(base) / "livediffusion" / "digests.json"
        self._known: Json = {}
        self._changed = False
        with contextlib.suppress(OSError, ValueError):
            loaded = json.loads(self._path.read_text(encoding="utf-8"))
            self._known = loaded if isinstance(loaded, dict) else {}

    def digest(self, path: Path) -> str:
        """Content hash, from memory where the file is large and has not been touched."""
        stat = path.stat()
        if stat.st_size < _REMEMBERED_BYTES:
            return file_hash(path)
        key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
        if key not in self._known:
            self._known[key] = file_hash(path)
            self._changed = True
        return str(self._known[key])

    def save(self) -> None:
        """Write what is new; a machine without a place for it just hashes again next time."""
        if not self._changed:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            scratch = self._path.with_suffix(f".{os.getpid()}")
            scratch.write_text(json.dumps(self._known, indent=1), encoding="utf-8")
            scratch.replace(self._path)
