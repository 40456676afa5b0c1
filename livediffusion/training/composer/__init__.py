"""The composer: every loop the pocket model learns from, played by code.

One key, one tempo, two bars on a grid of sixteenths that runs round a circle, so that any two
loops can sound together or follow one another.
"""

from livediffusion.training.composer.compose import BEATS, TEMPO, Loop, compose
from livediffusion.training.composer.genre import Genre
from livediffusion.training.composer.genres import GENRES
from livediffusion.training.composer.style import Style

__all__ = ["BEATS", "GENRES", "TEMPO", "Genre", "Loop", "Style", "compose"]
