"""What `bench` measures with, and how it shows it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from livediffusion.bench import underruns
from livediffusion.bench.playing import MemoryWatch, memory_mb
from livediffusion.bench.table import architecture_table, page_table, table
from livediffusion.bench.underruns import UnderrunWatch
from livediffusion.daemon import Child, Supervisor
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.types import Json

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
        "under_load": {"seconds": 60.0, "swaps": 70, "underruns": 3, "underruns_with_steal": 2},
        "memory_peak_mb": peak,
    }
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table(results))
    shown = console.export_text()
    assert ("812 MB" in shown) == bool(peak)
    assert "40.0 x" in shown and "3, 2 of them as the host took" in shown


def test_underruns_just_after_the_host_took_the_processor_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arena, stolen = Arena.create(tmp_path / "arena"), [500]
    monkeypatch.setattr(underruns, "stolen_ticks", lambda: stolen[0])
    arena.write_transport(Transport(underruns=7))
    watch = UnderrunWatch(arena)

    def happen(ran_dry: int, ticks: int = 0) -> None:
        stolen[0] += ticks
        seen = arena.read_transport().underruns
        arena.write_transport(Transport(underruns=seen + ran_dry))
        watch.look()

    happen(1)
    happen(0, ticks=40)
    happen(2)
    for _ in range(10):
        happen(0)
    happen(4)
    expected = {"underruns": 7, "underruns_with_steal": 2, "stolen_s": 0.4}
    assert watch.figures() == expected


def test_underruns_are_counted_until_the_very_end(tmp_path: Path) -> None:
    arena = Arena.create(tmp_path / "arena")
    with UnderrunWatch(arena) as watch:
        arena.write_transport(Transport(underruns=3))
    assert watch.count == 3


def test_the_table_of_the_page_shows_what_the_host_took() -> None:
    knobs = [f"{name}_to_sound_ms" for name in ("gain", "filter", "leaning", "knob")]
    plain = {name: {"p50": 200.0} for name in knobs}
    plain |= {"underruns": 0, "underruns_with_steal": 0, "stolen_s": 0.0}
    visited = {name: {"p50": 220.0} for name in knobs}
    visited |= {"underruns": 2, "underruns_with_steal": 1, "stolen_s": 12.0}
    machine = {"processor": "a CPU", "cpus": 2}
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(page_table({"machine": machine, "page": {"without": plain, "visitor": visited}}))
    shown = console.export_text()
    for figure in ("220.0 (+10%)", "2, 1 of them as the host took", "12 s"):
        assert figure in shown


def test_figures_of_an_architecture_are_shown() -> None:
    run: Json = {"steps": 50, "sampler": "model", "guidance": 7.0, "decoder": "TAESD"}
    run |= {"way": "plain", "loop_ms": 1234.0, "picture_ms": 1000.0, "eager_ms": 1500.0}
    run |= {"times_eager": 1.53, "times_floor": 8.4}
    run["stages_ms"] = {"text": 1.0, "denoise": 987.0, "decode": 12.0, "phase": 3.0, "level": 4.0}
    batches = {"picture_ms": {"1": 30.0, "4": 21.0}, "alike": True}
    engine = {"decoder": "TAESD", "way": "plain", "batches": batches}
    results = {
        "architecture": "full size",
        "machine": {"gpu": "", "processor": "an abacus", "cpus": 2},
        "runs": [run],
        "engines": [{"memory_peak_mb": held, **engine} for held in (3456.0, 12.0)],
        "playing": {
            "knob_to_sound_ms": {"p50": 81.0, "p95": 141.0},
            "start_to_first_loop_s": 7.5,
        },
    }
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(architecture_table(results))
    shown = console.export_text()
    for figure in ("50 model", "TAESD plain", "987", "1234", "1500", "1.53", "8.4", "an abacus"):
        assert figure in shown
    assert "1: 30 ms, 4: 21 ms; the same whoever" in shown
    for figure in ("3456 MB", "7.5 s", "p50 81 ms", "p95 141 ms"):
        assert figure in shown


@pytest.fixture(scope="module")
def narrow_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from livediffusion.bench.architecture import SCALED_DOWN, write
    from livediffusion.render.engines.compute import choose_compute

    compute = choose_compute("cpu", "auto", 1, print)
    return write(SCALED_DOWN, tmp_path_factory.mktemp("bench"), compute)


@pytest.mark.parametrize("decoder", ["VAE", "TAESD"])
def test_an_architecture_is_a_model_that_plays(
    narrow_folders: dict[str, Path], decoder: str
) -> None:
    from livediffusion.bench.architecture import SCALED_DOWN
    from livediffusion.render.loop import Stopwatch
    from livediffusion.render.offline import default_request, open_engine

    engine = open_engine("random", narrow_folders[decoder], device="cpu", threads=1)
    request = engine.settle(default_request(engine, "dark techno"))
    assert (request.steps, request.sampler, request.guidance) == (4, "lcm", 1.0)
    picture = engine.picture(request, Stopwatch())
    assert picture.shape == (1, SCALED_DOWN.bands, 512)
    other = engine.settle(default_request(engine, "birds"))
    assert not picture.equal(engine.picture(other, Stopwatch())), "its tokenizer reads words"


def test_both_folders_share_what_is_the_same(narrow_folders: dict[str, Path]) -> None:
    first, second = (
        (folder / "unet" / "diffusion_pytorch_model.safetensors").stat().st_ino
        for folder in narrow_folders.values()
    )
    assert first == second
    indexes = [(folder / "model_index.json").read_text() for folder in narrow_folders.values()]
    assert "AutoencoderKL" in indexes[0] and "AutoencoderTiny" in indexes[1]


def test_a_floor_is_the_operations_of_all_steps_and_of_one_decoding() -> None:
    from livediffusion.bench import eager
    from livediffusion.bench.architecture import SCALED_DOWN

    one, decoding = eager.operations(SCALED_DOWN, "TAESD")
    assert one > 0 and decoding > 0
    floors = eager.floors(SCALED_DOWN, "TAESD", speed=1000.0)  # a second each thousand
    assert floors[eager.Kind(4, "lcm", 1.0)] == 4 * one + decoding
    assert floors[eager.Kind(50, "model", 7.0)] == 100 * one + decoding


@pytest.mark.long  # counting goes through the whole network
def test_the_full_architecture_takes_what_stable_diffusions_takes() -> None:
    from livediffusion.bench import eager
    from livediffusion.bench.architecture import FULL

    step, decoding = eager.operations(FULL, "VAE")
    assert step / 2e9 == pytest.approx(401.6, abs=0.1)  # multiplications and additions, 1e9
    assert decoding / 2e9 == pytest.approx(1257, abs=1)
    assert eager.operations(FULL, "TAESD")[1] / 2e9 == pytest.approx(70.7, abs=0.1)
    floors = eager.floors(FULL, "VAE", eager.H200)
    guided = {kind.steps: round(floors[kind]) for kind in eager.KINDS if kind.batch == 2}
    assert (guided[50], guided[20], guided[4]) == (105, 44, 11)


def test_what_takes_long_is_done_once_and_the_rest_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from livediffusion.bench import eager

    now = [0.0]
    monkeypatch.setattr(eager.time, "perf_counter", lambda: now[0])

    def run(seconds: float) -> float:
        now[0] += seconds
        return now[0]

    assert len(eager.several(lambda: run(60.0))) == 1
    assert len(eager.several(lambda: run(0.01))) == 5
