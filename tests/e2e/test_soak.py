"""Two minutes of real playing: nothing is lost, nothing grows. docs/faults.md has an hour's."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak import CHILDREN, soak

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]  # minutes, in real time


def test_two_minutes_of_playing_cost_what_the_first_seconds_did(tmp_path: Path) -> None:
    made = soak(tmp_path, 120.0)
    figures = made.figures()
    assert len(made.looks) > 15 and made.moves > 100
    assert figures["swaps"] > 20, "new loops keep coming"
    assert figures["underruns"] == 0 and figures["silent"] == 0
    for name in CHILDREN:
        assert abs(made.looks[-1].threads[name] - made.looks[0].threads[name]) <= 2, figures
        assert abs(made.looks[-1].handles[name] - made.looks[0].handles[name]) <= 4, figures
    for name in ("control", "player"):  # the renderer's cache is being filled
        before, after = figures["memory MiB"][name]
        assert after < 1.05 * before + 2.0, figures
