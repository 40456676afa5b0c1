"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("noisy machine", deadline=None)  # speed is `bench`'s business
settings.load_profile("noisy machine")
