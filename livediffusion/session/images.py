"""Copies of the seed and mask images that a session's loops were made over, by their content."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

from livediffusion.render.request import RenderRequest
from livediffusion.types import Json

FOLDER = "images"
_FIELDS = ("seed_image", "mask")  # of a request

_log = logging.getLogger(__name__)


class Images:
    """What is kept in a session's folder. Threading: the recorder's thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._kept: dict[str, str] = {}  # from paths to names in the folder

    def keep(self, request: Json) -> Json:
        """Copy what a request names; `images` for its event, or nothing. Never raises."""
        names = {}
        for field in _FIELDS:
            if path := str(request.get(field, "")):
                if path not in self._kept:
                    self._kept[path] = self._copy(Path(path))
                names[field] = self._kept[path]
        found = {field: name for field, name in names.items() if name}
        return {"images": found} if found else {}

    def _copy(self, path: Path) -> str:
        """The copy's name; "" where there can be none."""
        try:
            content = path.read_bytes()
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            copy = self._folder / f"{digest}{path.suffix.lower()}"
            self._folder.mkdir(exist_ok=True)
            if not copy.exists():
                copy.write_bytes(content)
        except OSError as error:
            _log.warning("%s is not in the recording: %s.", path, error.strerror)
            return ""
        return copy.name


def with_copies(request: RenderRequest, event: Json, folder: Path) -> RenderRequest:
    """A request that names the session's own copies, where there are any."""
    images = event.get("images", {})
    copies = {
        field: folder / FOLDER / Path(str(name)).name
        for field, name in (images.items() if isinstance(images, dict) else ())
        if field in _FIELDS
    }
    there = {field: str(copy.absolute()) for field, copy in copies.items() if copy.is_file()}
    return replace(request, **there) if there else request  # type: ignore[arg-type]
