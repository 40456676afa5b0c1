"""`bench` measures a real daemon; here with few repetitions, and without judging the speed."""

from __future__ import annotations

import json

import pytest

from livediffusion.bench import knobs, renders
from livediffusion.bench.table import table
from livediffusion.cli import app

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]  # a minute of knobs, one by one


def test_bench_measures_everything_that_it_reports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(renders, "RENDERS", 3)
    monkeypatch.setattr(knobs, "KNOBS", 3)
    app(["bench", "--json", "--seconds", "3"], standalone_mode=False)
    results = json.loads(capsys.readouterr().out)
    for kind in ("cold", "warm"):
        stages = results[kind]["stages_ms"]
        assert set(stages) == {"text", "denoise", "decode", "phase", "level"}
        assert 0.0 < sum(stages.values()) <= results[kind]["median_ms"] * 1.5
    assert results["warm"]["stages_ms"]["phase"] < results["cold"]["stages_ms"]["phase"]
    for fast in ("gain", "filter", "leaning"):
        assert 0.0 < results[f"{fast}_to_sound_ms"]["p50"] < results["knob_to_sound_ms"]["p50"]
    assert results["under_load"]["swaps"] > 0
    assert results["engine_id"]
    assert table(results).row_count > 10
