"""`bench --page` measures with the page open and without; here without judging the speed."""

from __future__ import annotations

import json

import pytest

from livediffusion.bench import knobs, page
from livediffusion.bench.table import page_table
from livediffusion.cli import app

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]


def test_the_same_figures_come_with_and_without(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page, "ROUNDS", 1)
    monkeypatch.setattr(page, "_BROWSERS", ())
    monkeypatch.setattr(knobs, "KNOBS", 2)
    app(["bench", "--page", "--json"], standalone_mode=False)
    results = json.loads(capsys.readouterr().out)
    assert set(results["page"]) == {"without", "visitor"}
    assert set(results["page"]["visitor"]) == set(results["page"]["without"])
    assert all(figures["gain_to_sound_ms"]["p50"] > 0.0 for figures in results["page"].values())
    assert page_table(results).row_count == 5
