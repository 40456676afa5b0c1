"""What `bench` measures with, and how it shows it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from livediffusion.bench.playing import MemoryWatch, memory_mb
from livediffusion.bench.table import table
from livediffusion.daemon import Child, Supervisor

LINUX = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no Linux")


@LINUX
def test_memory_is_summed_over_all_processes_and_its_peak_kept(tmp_path: Path) -> None:
    code = "held = bytearray(80 << 20); held[::4096] = b'x' * len(held[::4096]); print(); input()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        absent = Child("player", "", None, 1.0)
        large = Child("renderer", "", None, 1.0, process=process)
        watch = MemoryWatch(Supervisor(tmp_path, [absent, large], print))
        alone = memory_mb("self")
        watch.look()
        assert 80.0 < watch.peak_mb - alone < 140.0
        process.kill()
    with_it = watch.peak_mb
    watch.look()
    assert watch.peak_mb == with_it


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert memory_mb("0") == 0.0


@pytest.mark.parametrize("peak", [0.0, 812.4])
def test_the_table_shows_memory_where_it_is_known(peak: float) -> None:
    percentiles = {"p50": 1.0, "p95": 2.0, "p99": 3.0}
    renders = {"stages_ms": {"text": 1.0}, "median_ms": 100.0, "real_time_factor": 40.0}
    results = {
        "machine": {"processor": "a CPU", "cpus": 2},
        "engine_id": "engine",
        "cold": renders,
        "warm": renders,
        "knob_to_sound_ms": percentiles,
        "gain_to_sound_ms": percentiles,
        "filter_to_sound_ms": percentiles,
        "leaning_to_sound_ms": percentiles,
        "under_load": {"seconds": 60.0, "underruns": 0, "swaps": 70},
        "memory_peak_mb": peak,
    }
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table(results))
    shown = console.export_text()
    assert ("812 MB" in shown) == bool(peak)
    assert "40.0 x" in shown
