"""The table of genres: who plays what.

Every choice is kept few on purpose: a model of this size learns a handful of clear ideas a
genre and blurs a hundred.
"""

from __future__ import annotations

from livediffusion.training.composer.electronic import ELECTRONIC
from livediffusion.training.composer.genre import Genre
from livediffusion.training.composer.played import PLAYED

GENRES: dict[str, Genre] = {row.name: row for row in (*ELECTRONIC, *PLAYED)}
