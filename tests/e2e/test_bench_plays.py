"""`bench` measures a real daemon; here with few repetitions, and without judging the speed."""

from __future__ import annotations

import json

import pytest

from livediffusion.bench import eager, full_size, knobs, renders
from livediffusion.bench.table import architecture_table, table
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


def test_an_architecture_is_measured_in_this_process_and_on_a_daemon(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = eager.KINDS[-4:]  # 4 steps and 1, with guidance and without
    for module in (eager, full_size):
        monkeypatch.setattr(module, "KINDS", kinds)
    monkeypatch.setattr(eager, "_ROUNDS", 1)
    monkeypatch.setattr(knobs, "KNOBS", 2)
    app(["bench", "--scaled-down", "--json"], standalone_mode=False)
    results = json.loads(capsys.readouterr().out)
    ours = [(run["steps"], run["guidance"], run["decoder"]) for run in results["runs"]]
    decoders = ("VAE", "TAESD")
    assert ours == [(kind.steps, kind.guidance, name) for name in decoders for kind in kinds]
    for run in results["runs"]:
        assert 0.0 < run["picture_ms"] < run["loop_ms"] * 1.5
        assert run["times_eager"] == pytest.approx(run["eager_ms"] / run["picture_ms"])
        assert 0.0 < run["h200_floor_ms"] < run["floor_ms"]
    assert all(engine["memory_peak_mb"] > 50.0 for engine in results["engines"])
    for engine in results["engines"]:
        assert set(engine["batches"]["picture_ms"]) == {"1", "2", "4"}
        assert engine["batches"]["alike"]
    assert results["playing"]["start_to_first_loop_s"] > 0.5
    assert results["playing"]["knob_to_sound_ms"]["p50"] > 0.0
    assert architecture_table(results).row_count == len(ours)
