"""The table of genres: who plays what.

Every choice is kept few on purpose: a model of this size learns a handful of clear ideas a
genre and blurs a hundred.
"""

from __future__ import annotations

from livediffusion.training.composer.band import BAND
from livediffusion.training.composer.beats import BEATS_GENRES
from livediffusion.training.composer.club import CLUB_GENRES
from livediffusion.training.composer.genre import Genre
from livediffusion.training.composer.soft import SOFT
from livediffusion.training.composer.solo import SOLO

_TABLES = (CLUB_GENRES, BEATS_GENRES, SOFT, BAND, SOLO)
GENRES: dict[str, Genre] = {row.name: row for table in _TABLES for row in table}
