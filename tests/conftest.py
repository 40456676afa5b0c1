"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("noisy machine", deadline=None)  # speed is `bench`'s business
settings.load_profile("noisy machine")

_HERE = Path(__file__).parent
_AT_ANY_SPEED = (  # nothing plays in these
    "e2e/test_bad_input.py",
    "e2e/test_cannot_start.py",
)
_REAL_TIME = (  # what plays, or is timed by others: nothing else should run beside it
    "e2e",
    "soundcheck",
    "control/test_flood.py",
    "control/test_link.py",
    "control/test_midi.py",
    "player/test_lean_orders.py",
    "player/test_player_lead.py",
    "player/test_player_process.py",
    "test_supervisor.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs in real time."""
    for item in items:
        path = item.path.relative_to(_HERE).as_posix()
        if path.startswith(_REAL_TIME) and path not in _AT_ANY_SPEED:
            item.add_marker("live")
