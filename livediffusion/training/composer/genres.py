"""The table of genres: who plays what.

Every choice is kept few on purpose: a model of this size learns a handful of clear ideas a
genre and blurs a hundred. Each table is a tuple of `Genre` in a module of its own.
"""

from __future__ import annotations

from importlib import import_module, util

from livediffusion.training.composer.genre import Genre

TABLES = ("club", "beats", "soft", "band", "solo", "electronic", "played")


def _rows(table: str) -> list[Genre]:
    """The genres of a table, none where it is not written yet."""
    path = f"livediffusion.training.composer.{table}"
    if util.find_spec(path) is None:
        return []
    values = vars(import_module(path)).values()
    tuples = [value for value in values if isinstance(value, tuple)]
    return [row for rows in tuples for row in rows if isinstance(row, Genre)]


GENRES: dict[str, Genre] = {}
for _table in TABLES:
    for _row in _rows(_table):
        GENRES.setdefault(_row.name, _row)
