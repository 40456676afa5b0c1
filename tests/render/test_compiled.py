"""Networks that are compiled beside rendering and take over between loops.

On the CPU, where inductor needs no GPU; a CUDA graph cannot be recorded here.
"""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import MakeRequest
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines import compiled, compute
from livediffusion.render.engines.compiled import Compiled
from livediffusion.render.engines.compute import choose_compute
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine
from livediffusion.render.request import RenderRequest

CPU = torch.device("cpu")
NO_COMPILER = pytest.mark.skipif(
    compiled.what_is_missing(CPU) != "", reason="no C compiler here: install gcc"
)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """torch.compile as a double that counts what its code is run with: compiling is torch's."""
    runs: list[Any] = []

    def fake_compile(plain: Any, **_: Any) -> Any:
        def run(*inputs: Tensor) -> Tensor:
            runs.append(inputs[0].shape)
            out: Tensor = plain(*inputs)
            return out

        return run

    monkeypatch.setattr(torch, "compile", fake_compile)
    return runs


@pytest.fixture
def fresh(tiny_folder: Path) -> StableDiffusion:
    """An engine that compiles, and has not yet."""
    return open_engine("tiny", tiny_folder, device="cpu", threads=1, compiles=True)


def picture(engine: StableDiffusion, request: RenderRequest) -> Tensor:
    return engine.picture(engine.settle(request), Stopwatch())


def double(x: Tensor) -> Tensor:
    return 2.0 * x


def test_plain_plays_until_the_compiled_takes_over(counted: list[Any]) -> None:
    network = Compiled(double, CPU)
    assert torch.equal(network(torch.ones(3)), torch.full((3,), 2.0))
    assert network.is_behind
    network.warm_up()
    assert not network.is_behind
    warmed = len(counted)
    network(torch.ones(3))
    assert len(counted) == warmed, "warm, but no loop has ended yet"
    assert network.identity() == ""
    assert network.take_over()
    assert torch.equal(network(torch.ones(3)), torch.full((3,), 2.0))
    assert len(counted) == warmed + 1
    assert network.identity() != ""
    assert not network.take_over(), "nothing new"


def test_a_new_shape_does_not_wait_for_the_compiler(counted: list[Any]) -> None:
    network = Compiled(double, CPU)
    network(torch.ones(3))
    network.warm_up()
    network.take_over()
    before, named = len(counted), network.identity()
    network(torch.ones(4))
    assert len(counted) == before
    assert network.is_behind
    network.warm_up()
    network.take_over()
    network(torch.ones(4))
    assert counted[-1] == (4,)
    assert network.identity() != named


def test_compiled_code_finds_its_inputs_as_they_lay_when_it_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strides: list[tuple[int, ...]] = []

    def fake_compile(plain: Any, **_: Any) -> Any:
        def run(one: Tensor) -> Tensor:
            strides.append(one.stride())
            out: Tensor = plain(one)
            return out

        return run

    monkeypatch.setattr(torch, "compile", fake_compile)
    network, expanded = Compiled(double, CPU), torch.ones(1, 3, 4).expand(2, -1, -1)
    network(expanded)
    network.warm_up()
    network.take_over()
    assert torch.equal(network(expanded), 2.0 * expanded)
    assert strides == [(12, 4, 1)] * 2, "else torch would compile again, while a loop waits"


def test_what_is_traced_is_no_matter_to_other_threads() -> None:
    compiled._let_other_threads_through()
    beside, stranger = threading.Event(), torch.nn.Linear(2, 2)
    said: list[Tensor] = []

    def call() -> None:
        said.append(stranger(torch.ones(1, 2)))
        beside.set()

    class Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.own = torch.nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            threading.Thread(target=call).start()
            assert beside.wait(30.0)
            out: Tensor = self.own(x)
            return out

    graph = torch.fx.symbolic_trace(Traced()).graph
    assert torch.equal(said[0], stranger(torch.ones(1, 2)))
    assert [node.op for node in graph.nodes] == ["placeholder", "call_module", "output"]


def test_each_network_is_compiled_as_if_it_were_the_only_one() -> None:
    first, second = (compiled._alone(double) for _ in range(2))
    codes = {id(one.__code__) for one in (first, second, double)}  # type: ignore[attr-defined]
    assert len(codes) == 3
    assert torch.equal(first(torch.ones(2)), double(torch.ones(2)))


def test_few_shapes_are_compiled(counted: list[Any]) -> None:
    network = Compiled(double, CPU)
    for length in range(1, 20):
        network(torch.ones(length))
        network.warm_up()
        network.take_over()
    assert len(set(counted)) == compiled.MOST_SHAPES
    assert not network.is_behind


def test_a_compiler_that_fails_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(torch, "compile", refuse)
    network = Compiled(double, CPU)
    network(torch.ones(3))
    with pytest.raises(RuntimeError):
        network.warm_up()
    assert not network.take_over()
    network(torch.ones(3))
    assert not network.is_behind


def test_an_engine_takes_over_between_loops_and_says_so_in_its_id(
    engine: StableDiffusion, fresh: StableDiffusion, make_request: MakeRequest, counted: list[Any]
) -> None:
    request = make_request(guidance=3.0)
    wanted = picture(engine, request)
    assert fresh.engine_id == engine.engine_id
    assert torch.equal(picture(fresh, request), wanted)
    beside = threading.Thread(target=fresh.hasten)
    beside.start()
    while beside.is_alive():
        assert torch.equal(picture(fresh, request), wanted)
    beside.join()
    assert fresh.engine_id == engine.engine_id
    assert fresh.take_over()
    assert "compiled-" in fresh.engine_id
    before = len(counted)
    assert torch.equal(picture(fresh, request), wanted), "the double's code is the plain one"
    assert len(counted) > before
    fresh._denoiser.slow_down()
    fresh._decoders.give_up()
    assert fresh.take_over(), "what is given up is said, too"
    assert fresh.engine_id == engine.engine_id


def test_an_open_seam_is_decoded_plainly(
    engine: StableDiffusion, fresh: StableDiffusion, make_request: MakeRequest, counted: list[Any]
) -> None:
    closed, opened = make_request(), make_request(seam="open")
    picture(fresh, closed)
    fresh.hasten()
    fresh.take_over()
    assert torch.equal(picture(fresh, opened), picture(engine, opened))
    assert torch.equal(picture(fresh, closed), picture(engine, closed))
    assert not torch.equal(picture(fresh, closed), picture(fresh, opened))


def test_less_memory_is_less_speed(
    fresh: StableDiffusion, make_request: MakeRequest, counted: list[Any]
) -> None:
    picture(fresh, make_request())
    fresh.hasten()
    fresh.take_over()
    fresh.shrink()
    before = len(counted)
    picture(fresh, make_request())
    assert len(counted) == before
    assert "compiled" not in fresh.engine_id
    assert fresh.engine_id.endswith("one-by-one")


@pytest.mark.long
@pytest.mark.timeout(1500)  # a machine that is busy compiles for minutes
@NO_COMPILER
def test_inductors_own_code_paints_the_same_picture(
    engine: StableDiffusion,
    fresh: StableDiffusion,
    make_request: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from torch._dynamo.utils import counters

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    request = make_request(guidance=3.0)
    wanted = picture(engine, request)
    picture(fresh, request)
    beside = threading.Thread(target=fresh.hasten)
    beside.start()
    while beside.is_alive():
        assert torch.equal(picture(fresh, request), wanted)
    beside.join()
    assert fresh.take_over()
    before, called = dict(counters["stats"]), python_calls(lambda: picture(fresh, request), fresh)
    assert called == 0, "of the denoiser's own code, which is not run any more"
    torch.testing.assert_close(picture(fresh, request), wanted, atol=1e-3, rtol=0.0)
    new_shape = make_request(guidance=3.0, beats=8)
    assert torch.equal(picture(fresh, new_shape), picture(engine, new_shape))
    assert dict(counters["stats"]) == before, "nothing is compiled while a loop renders"
    assert any((tmp_path / "inductor").rglob("*")), "for the next start"


def python_calls(run: Any, engine: StableDiffusion) -> int:
    """How often Python goes through the denoiser's `forward` meanwhile."""
    code, calls = type(engine._parts.unet).forward.__code__, 0

    def watch(frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code is code

    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(None)
    return calls


def test_python_calls_are_counted(engine: StableDiffusion, make_request: MakeRequest) -> None:
    assert python_calls(lambda: picture(engine, make_request()), engine) > 0


def test_what_does_not_compile_is_said_once_and_plays_on(
    tiny_folder: Path, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such instruction\nand more")

    said: list[str] = []
    monkeypatch.setattr(torch, "compile", refuse)
    engine = open_engine("tiny", tiny_folder, device="cpu", compiles=True, notice=said.append)
    before = picture(engine, make_request())
    for _ in range(2):
        engine.hasten()
        assert not engine.take_over()
        assert torch.equal(picture(engine, make_request()), before)
    assert len(said) == 1
    assert "does not compile (no such instruction)" in said[0]


def test_without_a_compiler_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert not choose_compute("cpu", "auto", 1, said.append, compiles=True).compiles
    assert len(said) == 1
    assert "a C compiler is missing" in said[0]


def test_a_cpu_is_left_as_it_was(tiny_folder: Path) -> None:
    chosen = choose_compute("cpu", "auto", 1, pytest.fail)
    assert (chosen.dtype, chosen.channels_last, chosen.compiles) == (torch.float32, False, False)
    with pytest.raises(UserError, match="device"):
        choose_compute("abacus", "auto", 1, pytest.fail)


@pytest.mark.parametrize("has_instructions", [True, False])
def test_bfloat16_needs_a_cpu_that_has_it(
    monkeypatch: pytest.MonkeyPatch, has_instructions: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_instructions)
    said: list[str] = []
    chosen = choose_compute("cpu", "bf16", 1, said.append)
    assert chosen.dtype is (torch.bfloat16 if has_instructions else torch.float32)
    assert bool(said) is not has_instructions
    assert choose_compute("cpu", "fp16", 1, said.append).dtype is torch.float32
    assert not compute._is_good_at(torch.float16)
