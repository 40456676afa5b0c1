"""What is dropped on the page becomes a seed image in the user's folder, known by its name.

Threading: the net loop's thread. What comes in is only stored here; a process of its own looks at
it (`render.seeding`), as this one must neither load torch nor fail over somebody's file.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.types import BPM, Seconds

_WITHIN: Seconds = 120.0
_LONGEST_NAME = 60
_MOST_OF_A_NAME = 1000  # seeds


class Seeding:
    """One file at a time."""

    def __init__(self, folder: Path, tempo: Callable[[], BPM]) -> None:
        """`folder` is made when it is needed; `tempo` says at which is played."""
        self._folder = folder
        self._tempo = tempo
        self._lock = asyncio.Lock()

    async def take(
        self, filename: str, body: AsyncIterator[bytes], largest: int
    ) -> tuple[str, str]:
        """Make a seed image of a file: its name, and a sentence on what it is taken for.

        `largest` is in bytes. Raises UserError with one sentence.
        """
        async with self._lock:
            with tempfile.TemporaryDirectory(prefix="livediffusion-seed-") as place:
                source, image = Path(place) / "given", Path(place) / "seed.png"
                await _store(source, body, largest)
                said = await self._draw(source, image)
                return await asyncio.to_thread(self._keep, image, name_of(filename)), said

    async def _draw(self, source: Path, image: Path) -> str:
        words = [str(source), str(image), f"{self._tempo():.6f}"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "livediffusion.render.seeding", *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            told, _ = await asyncio.wait_for(process.communicate(), _WITHIN)
        except TimeoutError:
            raise UserError("This file takes too long to be drawn: cut it.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        said = told.decode(errors="replace").strip()
        if process.returncode:
            raise UserError(said or "This file cannot be read: export it anew.")
        return said

    def _keep(self, image: Path, name: str) -> str:
        """Put an image into the folder; the name that it has there. Raises UserError."""
        content, folder = image.read_bytes(), self._folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, _MOST_OF_A_NAME):
                found = name if number == 1 else f"{name}-{number}"
                path = folder / f"{found}.png"
                if not path.exists():
                    part = folder / f".{found}.part"
                    part.write_bytes(content)
                    part.replace(path)
                    return found
                if path.read_bytes() == content:
                    return found
        except OSError as error:
            raise UserError(f"{folder} cannot be written to: {error.strerror}.") from None
        raise UserError(f"{folder} has too many seed images called {name}.")


def name_of(filename: str) -> str:
    """A seed image's name from a file's: nothing in it can be a path."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    plain = (
        re.sub(r"[^\w .+-]+", "-", last.rpartition(".")[0] or last)
        .strip(" .+-")[:_LONGEST_NAME]
        .strip(" .+-")
    )
    return plain if re.match(r"\w", plain) else "seed"


async def _store(path: Path, body: AsyncIterator[bytes], largest: int) -> None:
    size = 0
    with path.open("wb") as file:
        async for piece in body:
            size += len(piece)
            if size > largest:
                raise UserError(f"This file is too large: at most {largest >> 20} MB.")
            file.write(piece)
    if not size:
        raise UserError("This file is empty.")
