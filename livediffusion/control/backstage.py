"""What the page sees and hears beyond what any surface does."""

from __future__ import annotations

from dataclasses import dataclass

from livediffusion.control.gallery import Gallery
from livediffusion.control.guests import Guests
from livediffusion.control.listening import Listening
from livediffusion.control.seeding import Seeding
from livediffusion.control.show import Show


@dataclass(frozen=True, slots=True)
class Backstage:
    """`token` is asked of pages beyond this machine."""

    show: Show
    gallery: Gallery
    listening: Listening
    token: str
    guests: Guests | None = None  # who have pictures made
    seeding: Seeding | None = None  # what is dropped on the page goes there
