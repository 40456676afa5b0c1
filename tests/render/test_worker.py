"""The renderer as a process of its own, over its real wire and arena."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from conftest import MakeRequest

from livediffusion.ipc.arena import Arena
from livediffusion.render import worker
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.offline import render_loop
from livediffusion.render.process import (
    Connected,
    Disconnected,
    Event,
    GuestFailed,
    GuestReady,
    LoopReady,
    ModelState,
    Renderer,
    RendererSettings,
    RenderFailed,
)
from livediffusion.render.request import BEFORE

E = TypeVar("E", bound=Event)
DEADLINE_S = 60.0


class Bench:
    """A running renderer and its client."""

    def __init__(self, settings: RendererSettings) -> None:
        self.settings = settings
        self.arena = Arena.create(settings.arena_path)
        self.seen: list[Event] = []
        self.start()
        self.renderer = Renderer(settings.socket_path)

    def start(self) -> None:
        """Spawn the process; its end of the lifeline is the one that it watches."""
        context = multiprocessing.get_context("spawn")
        theirs, self.lifeline = context.Pipe(duplex=False)
        self.process = context.Process(target=worker.main, args=(self.settings, theirs))
        self.process.start()
        theirs.close()

    def wait(self, kind: type[E], suits: Callable[[E], bool] = lambda _: True) -> E:
        """The next event of a kind; fails after a deadline."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            self.seen += self.renderer.poll()
            while self.seen:
                event = self.seen.pop(0)
                if isinstance(event, kind) and suits(event):
                    return event
            time.sleep(0.01)
        raise AssertionError(f"no {kind.__name__} within {DEADLINE_S} s")

    def close(self) -> None:
        self.renderer.close()
        self.lifeline.close()
        self.process.join(10.0)
        assert self.process.exitcode is not None


@pytest.fixture(scope="module")
def bench(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One renderer with the tiny model, and a broken one within reach."""
    folder = tmp_path_factory.mktemp("run")
    broken = folder / "broken"
    shutil.copytree(tiny_folder, broken)
    (broken / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"not weights")
    models = {"tiny": str(tiny_folder), "twin": str(tiny_folder), "broken": str(broken)}
    settings = RendererSettings(folder, "tiny", models, device="cpu", threads=1, cache_mb=64.0)
    bench = Bench(settings)
    try:
        bench.wait(Connected)
        ready = bench.wait(ModelState, lambda state: state.state != "loading")
        assert ready.state == "ready", ready.error
        assert ready.defaults is not None
        assert (ready.defaults.name, ready.defaults.steps) == ("tiny", 3)
        assert "cpu" in ready.engine_id
        assert ready.hash
        yield bench
    finally:
        bench.close()


def test_an_order_fills_its_slot(bench: Bench, make_request: MakeRequest) -> None:
    number = bench.renderer.order(make_request(), 3)
    ready = bench.wait(LoopReady)
    assert (ready.id, ready.slot) == (number, 3)
    assert (ready.beats, ready.tempo, ready.frames) == (4, 240.0, 48000)
    assert ready.request.model_hash
    assert ready.cold
    assert set(ready.stages) == {"text", "denoise", "decode", "phase", "level"}
    audio = bench.arena.slot(3, ready.frames)
    assert float(np.abs(audio).max()) == pytest.approx(ready.peak)
    assert 0.01 < ready.peak < 0.9
    assert np.array_equal(audio[:, 0], audio[:, 1])


def test_a_fresh_process_gives_the_bits_of_one_that_has_done_other_things(
    bench: Bench, engine: StableDiffusion, make_request: MakeRequest
) -> None:
    request = make_request(seeds=((21, 0.5), (22, 0.5)), guidance=2.0, steps=3)
    render_loop(engine, make_request(sampler="euler", steps=5))
    here = render_loop(engine, request)
    bench.renderer.order(request, 0)
    there = bench.wait(LoopReady)
    assert there.audio_key == here.request.audio_key()
    assert np.array_equal(bench.arena.slot(0, there.frames), here.audio)


def test_orders_are_rendered_in_turn_and_followers_start_warm(
    bench: Bench, make_request: MakeRequest
) -> None:
    bench.renderer.order(make_request(seeds=((5, 1.0),)), 0)
    first = bench.wait(LoopReady)
    near = make_request(seeds=((5, 0.98), (6, 0.02)), phase_from=first.audio_key)
    bench.renderer.order(near, 1)
    bench.renderer.order(replace(near, phase_from="forgotten", tempo=200.0), 2)
    warm, lost = bench.wait(LoopReady), bench.wait(LoopReady)
    assert (warm.slot, lost.slot) == (1, 2)
    assert not warm.cold
    assert warm.request.phase_from == first.audio_key
    assert lost.cold
    assert lost.request.phase_from is None
    assert lost.stages["denoise"] == 0.0, "a new tempo needs no diffusing"


def test_what_was_rendered_before_comes_from_the_cache(
    bench: Bench, make_request: MakeRequest
) -> None:
    bench.renderer.order(make_request(seeds=((7, 1.0),)), 0)
    bench.renderer.order(make_request(seeds=((7, 1.0),), phase_from="elsewhere"), 1)
    fresh, cached = bench.wait(LoopReady), bench.wait(LoopReady)
    assert (fresh.cached, cached.cached) == (False, True)
    assert cached.audio_key == fresh.audio_key
    assert np.array_equal(bench.arena.slot(0, 48000), bench.arena.slot(1, 48000))


def test_a_bad_order_is_a_sentence_and_the_next_one_is_rendered(
    bench: Bench, make_request: MakeRequest
) -> None:
    bench.renderer.order(make_request(sampler="magic"), 0)
    assert "no sampler 'magic'" in bench.wait(RenderFailed).error
    bench.renderer.order(make_request(model="pocketless"), 0)
    assert "'tiny' is" in bench.wait(RenderFailed).error
    bench.renderer._client.send({"type": "render"})
    bench.renderer._client.send({"type": "what"})
    bench.renderer.order(make_request(), 99)
    assert "cannot be rendered" in bench.wait(RenderFailed).error
    bench.renderer.order(make_request(), 0)
    bench.wait(LoopReady)


def test_cancel_drops_the_render_in_flight_and_those_behind_it(
    bench: Bench, make_request: MakeRequest
) -> None:
    for slot in (0, 1):
        bench.renderer.order(make_request(steps=100, seeds=((slot + 50, 1.0),)), slot)
    time.sleep(0.5)
    start = time.monotonic()
    bench.renderer.cancel()
    assert bench.wait(RenderFailed).cancelled
    assert bench.wait(RenderFailed).cancelled
    assert time.monotonic() - start < 2.0
    assert bench.renderer.in_flight == 0
    bench.renderer.order(make_request(), 0)
    bench.wait(LoopReady)


def test_loops_that_are_ordered_at_once_are_denoised_together_and_answered_one_by_one(
    bench: Bench, engine: StableDiffusion, make_request: MakeRequest
) -> None:
    wanted = [
        (make_request(seeds=((seed, 1.0),), phase_from=BEFORE if seed > 70 else None), slot)
        for slot, seed in enumerate((70, 71, 72))
    ]
    numbers = bench.renderer.order_all(wanted)
    loops = [bench.wait(LoopReady) for _ in numbers]
    assert [loop.id for loop in loops] == numbers
    assert [loop.slot for loop in loops] == [0, 1, 2]
    assert [loop.request.batch for loop in loops] == [3, 3, 3]
    assert [loop.request.phase_from for loop in loops] == [
        None, loops[0].audio_key, loops[1].audio_key,
    ]  # fmt: skip
    assert loops[0].stages["denoise"] == loops[2].stages["denoise"] > 0.0, "a third of all each"
    here = render_loop(engine, loops[0].request)
    assert np.array_equal(bench.arena.slot(0, 48000), here.audio)


def test_a_bad_one_among_them_spoils_no_other(bench: Bench, make_request: MakeRequest) -> None:
    seeds = (90, 91, 92, 93)
    wanted = [make_request(seeds=((seed, 1.0),), phase_from=BEFORE) for seed in seeds]
    for place in (1, 2):
        wanted[place] = replace(wanted[place], sampler="magic")
    numbers = bench.renderer.order_all([(one, slot) for slot, one in enumerate(wanted)])
    kinds = LoopReady | RenderFailed
    answers = [bench.wait(kinds) for _ in numbers]  # type: ignore[arg-type]
    assert [answer.id for answer in answers] == numbers
    first, bad, worse, last = answers
    assert isinstance(bad, RenderFailed) and "no sampler 'magic'" in bad.error
    assert isinstance(worse, RenderFailed) and worse.cancelled, "the same is said once"
    assert not bad.cancelled
    assert isinstance(first, LoopReady) and isinstance(last, LoopReady)
    assert (first.request.phase_from, last.request.phase_from) == (None, first.audio_key)


def test_cancel_drops_all_that_were_ordered_at_once(
    bench: Bench, make_request: MakeRequest
) -> None:
    bench.renderer.order_all([
        (make_request(steps=100, seeds=((seed, 1.0),)), seed - 80) for seed in (80, 81, 82)
    ])  # fmt: skip
    time.sleep(0.3)
    bench.renderer.cancel()
    assert all(bench.wait(RenderFailed).cancelled for _ in range(3))
    assert bench.renderer.in_flight == 0
    bench.renderer.order(make_request(), 0)
    bench.wait(LoopReady)


def test_a_guest_is_served_and_orders_pass_it(bench: Bench, make_request: MakeRequest) -> None:
    visit = make_request(steps=60, seeds=((31, 1.0),))
    number = bench.renderer.invite(visit)
    for slot in (0, 1):
        bench.renderer.order(make_request(seeds=((slot + 32, 1.0),)), slot)
    first, second = bench.wait(LoopReady), bench.wait(LoopReady)
    assert (first.slot, second.slot) == (0, 1)
    assert not any(isinstance(event, GuestReady) for event in bench.seen)
    served = bench.wait(GuestReady)
    assert (served.id, served.duration_s) == (number, 1.0)
    bench.renderer.invite(make_request(model="nobody"))
    failed = bench.wait(GuestFailed)
    assert "'nobody' is not loaded" in failed.error
    assert not failed.busy
    bench.renderer.dismiss(bench.renderer.invite(make_request(seeds=((34, 1.0),))))
    bench.renderer.order(make_request(seeds=((35, 1.0),)), 0)
    bench.wait(LoopReady)


def test_a_model_that_does_not_load_is_a_sentence_and_the_old_one_renders_on(
    bench: Bench, make_request: MakeRequest
) -> None:
    bench.renderer.load("broken")
    assert bench.wait(ModelState).state == "loading"
    bench.renderer.order(make_request(seeds=((11, 1.0),)), 0)
    events = [bench.wait(ModelState | LoopReady) for _ in range(2)]  # type: ignore[arg-type]
    failed = next(event for event in events if isinstance(event, ModelState))
    assert (failed.state, failed.model) == ("failed", "broken")
    assert "does not load" in failed.error
    assert "\n" not in failed.error
    bench.renderer.load("nobody")
    assert "no model 'nobody'" in bench.wait(ModelState, lambda s: s.state == "failed").error


def test_an_order_waits_for_its_model(bench: Bench, make_request: MakeRequest) -> None:
    bench.renderer.load("twin")
    bench.renderer.order(make_request(model="twin"), 0)
    assert bench.wait(ModelState, lambda s: s.state == "ready").model == "twin"
    assert bench.wait(LoopReady).request.model == "twin"
    bench.renderer.load("tiny")
    assert bench.wait(ModelState, lambda s: s.state == "ready").model == "tiny"


def test_the_heart_beats_while_idle_and_at_work(bench: Bench, make_request: MakeRequest) -> None:
    bench.renderer.order(make_request(steps=60, seeds=((12, 1.0),)), 0)
    ages = []
    while not any(isinstance(event, LoopReady) for event in bench.renderer.poll()):
        ages.append(bench.arena.heartbeat_age("renderer"))
        time.sleep(0.02)
    assert max(ages) < 3.0
    time.sleep(0.5)
    assert bench.arena.heartbeat_age("renderer") < 3.0


def test_a_new_control_process_is_greeted_and_old_orders_are_dropped(
    bench: Bench, make_request: MakeRequest
) -> None:
    bench.renderer.order(make_request(steps=100, seeds=((13, 1.0),)), 0)
    time.sleep(0.3)
    successor = Renderer(bench.settings.socket_path)
    try:
        bench.renderer, old = successor, bench.renderer
        old.close()
        bench.wait(Connected)
        assert bench.wait(ModelState).state == "ready"
        bench.renderer.order(make_request(), 1)
        assert bench.wait(LoopReady).slot == 1
    finally:
        assert bench.renderer is successor


def test_killed_the_renderer_is_missed_and_its_successor_found(
    bench: Bench, make_request: MakeRequest
) -> None:
    number = bench.renderer.order(make_request(steps=100, seeds=((14, 1.0),)), 0)
    time.sleep(0.3)
    guest = bench.renderer.invite(make_request())
    bench.process.kill()
    bench.process.join()
    bench.wait(Disconnected)
    assert bench.wait(RenderFailed).id == number
    lost = bench.wait(GuestFailed)
    assert (lost.id, lost.busy) == (guest, True)
    bench.renderer.order(make_request(), 0)
    assert "away" in bench.wait(RenderFailed).error
    bench.lifeline.close()
    bench.start()
    bench.wait(ModelState, lambda s: s.state == "ready")
    bench.renderer.order(make_request(), 0)
    assert bench.wait(LoopReady).frames == 48000


def test_a_renderer_without_any_model_says_why(tmp_path: Path, make_request: MakeRequest) -> None:
    bench = Bench(RendererSettings(tmp_path, "missing", device="cpu", threads=1))
    try:
        failed = bench.wait(ModelState, lambda state: state.state == "failed")
        assert failed.model == "missing"
        assert "no model 'missing'" in failed.error
        bench.renderer.order(make_request(), 0)
        assert "no model 'missing'" in bench.wait(RenderFailed).error
    finally:
        bench.close()


def test_the_client_side_imports_no_torch() -> None:
    code = (
        "import sys; import livediffusion.render.process, livediffusion.render.request, "
        "livediffusion.render.worker, livediffusion.render.settings, livediffusion.render.cache; "
        "print([m for m in ('torch', 'diffusers', 'transformers', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_its_supervisor_it_leaves(tmp_path: Path) -> None:
    bench = Bench(RendererSettings(tmp_path, "missing", device="cpu", threads=1))
    try:
        bench.wait(Connected)
        lifeline: Connection = bench.lifeline
        lifeline.close()
        bench.process.join(5.0)
        assert bench.process.exitcode == 0
    finally:
        bench.close()
