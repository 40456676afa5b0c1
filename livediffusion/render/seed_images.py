"""Seed and mask images by name, as Riffusion's server knows them. No torch here.

They are looked for in a folder of the user's, then among those that come with us: loops of our
own composer (`scripts/make-seed-images`), which also stand in for Riffusion's five until
`livediffusion models pull riffusion-seeds` has brought them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import livediffusion
from livediffusion.errors import UserError
from livediffusion.render.riffusion import SIDE, beats_of
from livediffusion.render.settings import data_folder

SHIPPED = Path(livediffusion.__file__).parent / "seed_images"
STAND_INS = {
    "og_beat": "house",
    "agile": "drum_and_bass",
    "marim": "piano",
    "motorway": "techno",
    "vibes": "ambient",
}
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_NAME = re.compile(r"\w[\w .+-]{0,99}")  # of a file, never of a path
_MOST_NAMED = 16  # in a sentence


def own_seed_images_folder() -> Path:
    """Where seed images are looked for unless the config names a folder; it need not exist."""
    return data_folder() / "seed_images"


def seed_images_folder(configured: str) -> Path:
    """The user's folder: the config's `[render] seed_images`, or the usual one for ""."""
    return Path(configured).expanduser() if configured else own_seed_images_folder()


def find_image(name: str, folder: Path) -> Path:
    """The file of an image; UserError naming what there is.

    A name is a file's without its ending; what could be a path is refused, so that a request from
    elsewhere reaches nothing but images that were put there.
    """
    if _NAME.fullmatch(name):
        for place, known in ((folder, name), (SHIPPED, name), (SHIPPED, STAND_INS.get(name, name))):
            for suffix in _SUFFIXES:
                if (file := place / f"{known}{suffix}").is_file():
                    return file.absolute()
    known_names = _names((folder, SHIPPED))
    listed = ", ".join(known_names[:_MOST_NAMED]) + (", …" if known_names[_MOST_NAMED:] else "")
    shown = name if len(name) <= 40 else f"{name[:40]}…"
    raise UserError(
        f"There is no seed or mask image {shown!r}; put it into {folder}, "
        f"or choose one of {listed}."
    )


def beats_in(image: Path) -> int:
    """Whole beats of 64 columns in an image, looking at its head alone.

    Raises UserError when it is none, or has a side of less than 32 pixels.
    """
    from PIL import Image

    try:
        with Image.open(image) as opened:
            width, height = opened.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UserError(f"{image.name} cannot be read as an image; give a PNG.") from None
    if min(width, height) < SIDE:
        raise UserError(f"{image.name} is {width} x {height}; a seed image has {SIDE} or more.")
    return beats_of(width)


def image_names(folder: Path) -> list[str]:
    """What `find_image` finds, but for stand-ins and masks."""
    return [name for name in _names((folder, SHIPPED)) if not name.startswith("mask_")]


def _names(folders: Iterable[Path]) -> list[str]:
    files = [file for folder in folders if folder.is_dir() for file in folder.iterdir()]
    return sorted({file.stem for file in files if file.suffix.lower() in _SUFFIXES})
