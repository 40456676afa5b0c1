"""A network as compiled code that takes over from the plain one between two loops.

Compiling takes a minute, so it happens beside rendering and only for shapes that have been asked
for; each then waits, warm, for `take_over`. A shape that is new goes on as it was. On CUDA the
compiled code is recorded as a graph, which takes Python and the launching of kernels out of a
step. What has been compiled is kept on disk (`keep_on_disk`), so the next start takes seconds.

The rendering thread never compiles: it runs what is there for its inputs, or else the plain code.
torch's stances would say so for all threads alike, also for the one that compiles meanwhile; so
its older way is used, which holds for a call. What else in the compiler reaches into all threads is
kept from it (`_let_other_threads_through`).
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeAlias

import torch
from torch import Tensor

Network: TypeAlias = Callable[..., Tensor]  # tensors in, one tensor out
Key: TypeAlias = tuple[tuple[tuple[int, ...], torch.dtype], ...]
MOST_SHAPES = 6  # torch gives up on a function that it has compiled eight times
_WARMING_RUNS = 3
_log = logging.getLogger(__name__)


def keep_on_disk() -> None:
    """Let inductor and Triton keep what they compile beside our other caches, over restarts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "livediffusion" / "compiled"
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "inductor"))
    os.environ.setdefault("TRITON_CACHE_DIR", str(folder / "triton"))


def what_is_missing(device: torch.device) -> str:
    """What compiling for this device lacks on this machine, in words; "" when nothing."""
    from torch.utils._triton import has_triton

    compilers = (os.environ.get("CC", ""), os.environ.get("CXX", ""), "gcc", "g++", "cc", "clang")
    if not any(name and shutil.which(name) for name in compilers):
        return "a C compiler"
    return "Triton" if device.type == "cuda" and not has_triton() else ""


class Compiled:
    """A network that is plain at first and compiled later, shape by shape.

    Threading: called, and told to `take_over`, by the rendering thread; `warm_up` runs beside it
    in one other thread.
    """

    def __init__(self, plain: Network, device: torch.device) -> None:
        self._plain = plain
        self._device = device
        self._source = _alone(plain)
        self._compiled: Network | None = None  # until there is something to compile for
        self._wanted: dict[Key, tuple[Tensor, ...]] = {}  # shapes with an example of each
        self._warm: dict[Key, tuple[Tensor, ...]] = {}
        self._live: dict[Key, Network] = {}
        self._lock = threading.Lock()  # of what is wanted and warm
        self._given_up = False

    def __call__(self, *inputs: Tensor) -> Tensor:
        """What the network says, by whichever code is there for such inputs."""
        key = _key(inputs)
        run = self._live.get(key)
        if run is not None:
            return run(*inputs)
        with self._lock:
            known = len(self._wanted) + len(self._warm) + len(self._live)
            if not self._given_up and key not in self._wanted and known < MOST_SHAPES:
                self._wanted[key] = tuple(_laid_out(torch.zeros_like(one)) for one in inputs)
        return self._plain(*inputs)

    def warm_up(self) -> None:
        """Compile for the shapes that were asked for and not compiled yet; may take minutes.

        Raises what the compiler raises; then no other shape is tried.
        """
        while True:
            with self._lock:
                todo = [key for key in self._wanted if key not in self._warm]
            if not todo or self._given_up:
                return
            inputs = self._wanted[todo[0]]
            try:
                if self._compiled is None:  # here, since its import alone takes a second
                    _let_other_threads_through()
                    self._compiled = torch.compile(self._source, dynamic=False)
                with torch.inference_mode():
                    self._compiled(*inputs)
            except Exception:
                self.give_up()
                raise
            with self._lock:
                if not self._given_up:
                    self._warm[todo[0]] = inputs
                    del self._wanted[todo[0]]

    @property
    def is_behind(self) -> bool:
        """Whether shapes were asked for that nothing is compiled for."""
        return bool(self._wanted)

    def take_over(self) -> bool:
        """Use from now on what has become warm; whether that is anything new."""
        with self._lock:
            warm, self._warm = self._warm, {}
        for key, inputs in warm.items():
            self._live[key] = self._recorded(inputs)
        return bool(warm)

    def give_up(self) -> None:
        """Be plain from now on: the network is not what it was, or cannot be compiled."""
        with self._lock:
            self._given_up = True
            self._wanted, self._warm, self._live = {}, {}, {}

    def identity(self) -> str:
        """Names the shapes whose last bits are the compiler's; "" while there are none."""
        if not self._live:
            return ""
        shapes = ",".join(sorted(str(key) for key in self._live))
        return hashlib.blake2b(shapes.encode(), digest_size=4).hexdigest()

    @torch.inference_mode()  # as everything is rendered: else it would be compiled once more
    def _recorded(self, inputs: tuple[Tensor, ...]) -> Network:
        ready = _never_compiling(self._compiled or self._source)
        if self._device.type != "cuda":
            return ready
        try:
            return Recorded(ready, inputs)
        except RuntimeError:  # it is faster without Python, but not needed
            _log.info("no CUDA graph for %s", _key(inputs), exc_info=True)
            return ready


def _never_compiling(compiled: Network) -> Network:
    """Compiled code for inputs that there is some for; the plain one for any others.

    What decides that is also how inputs lie in memory, so they are laid out as they were then.
    """
    from torch._dynamo import run

    known: Network = run(compiled)
    return lambda *inputs: known(*(_laid_out(one) for one in inputs))


def _let_other_threads_through() -> None:
    """Have a module that is called in another thread than a tracer's run as if there were none.

    While the compiler traces, torch.fx puts a function of its tracer in the place of
    `nn.Module.__call__`, for all threads: what renders meanwhile would be taken for a part of what
    is traced, and refused for not belonging to it.
    """
    from torch.fx import Tracer

    trace, call_module = Tracer.trace, Tracer.call_module
    if hasattr(trace, "lets_through"):
        return

    @functools.wraps(trace)
    def trace_here(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.thread = threading.get_ident()
        return trace(self, *args, **kwargs)

    @functools.wraps(call_module)
    def call_here(self: Any, module: Any, forward: Any, args: Any, kwargs: Any) -> Any:
        if getattr(self, "thread", None) not in (None, threading.get_ident()):
            return forward(*args, **kwargs)
        return call_module(self, module, forward, args, kwargs)

    tracer: Any = Tracer
    tracer.trace, tracer.call_module = trace_here, call_here
    tracer.trace.lets_through = True


def _laid_out(one: Tensor) -> Tensor:
    """A tensor row by row in memory: an expanded one, as for guidance, is not."""
    return one.contiguous()


def _alone(network: Network) -> Network:
    """The same function with code of its own, by which torch counts and keeps what it compiles.

    Else that of a model which is not loaded any more would be kept, and would count.
    """
    if not isinstance(network, FunctionType):
        return network
    return FunctionType(
        network.__code__.replace(),
        network.__globals__,
        network.__name__,
        network.__defaults__,
        network.__closure__,
    )


class Recorded:
    """A network recorded as a CUDA graph: its kernels, launched together."""

    def __init__(self, network: Network, inputs: tuple[Tensor, ...]) -> None:
        self._inputs = tuple(one.clone() for one in inputs)
        beside: Any = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):  # recording wants a network that has run before
            for _ in range(_WARMING_RUNS):
                network(*self._inputs)
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):  # others go on
            self._output = network(*self._inputs)

    def __call__(self, *inputs: Tensor) -> Tensor:
        """The same as the network's, in memory of its own."""
        for mine, given in zip(self._inputs, inputs, strict=True):
            mine.copy_(given)
        self._graph.replay()
        return self._output.clone()


def _key(inputs: tuple[Tensor, ...]) -> Key:
    return tuple((tuple(one.shape), one.dtype) for one in inputs)
