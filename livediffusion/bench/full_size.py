"""What a model of Riffusion's size does on this machine: `bench --full-size`, `--scaled-down`.

Our engine, by stage, against diffusers' own pipeline on the same networks in the same run, and
against the least time that the arithmetic takes. On a machine with a GPU it needs nothing but
torch and our dependencies. From the start to the first loop, and from a knob to the sound, are
measured on a real daemon that plays the same folder, four steps without guidance, with the VAE.
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import torch

from livediffusion.bench import eager
from livediffusion.bench.architecture import DECODERS, Size, write
from livediffusion.bench.batches import measure_batches
from livediffusion.bench.eager import KINDS, Kind
from livediffusion.bench.knobs import measure_knobs
from livediffusion.bench.playing import playing
from livediffusion.bench.renders import Advance
from livediffusion.config import Config, RenderConfig, load_config
from livediffusion.render import offline
from livediffusion.render.engines.compiled import what_is_missing
from livediffusion.render.engines.compute import Compute, choose_compute
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.request import RenderRequest
from livediffusion.types import Json

_NAME = "random"
_LIVE = Kind(4, "lcm", 1.0)  # as for knobs


def measure_full_size(size: Size, render: RenderConfig, advance: Advance) -> Json:
    """All figures as JSON, medians of a few renders of each kind. Raises UserError."""
    said: list[str] = []
    compute = choose_compute(render.device, render.dtype, render.threads, said.append)
    speed = eager.speed_of_products(compute)
    results: Json = {
        "architecture": size.name,
        "device": str(compute.device),
        "products_tflops": speed / 1e12,
        "engines": [],
        "runs": [],
    }
    with tempfile.TemporaryDirectory(prefix="livediffusion-bench-") as scratch:
        advance("writing random weights", 0.0)
        folders = write(size, Path(scratch), compute)
        _let_go()
        advance("writing random weights", 1.0)
        for decoder in DECODERS:
            compared = eager.Compared(folders[decoder], size, compute, speed)
            for compiles in _ways(compute, render, said):
                way = _Way(decoder, folders[decoder], compute, render, compiles=compiles)
                engine, runs = way.measure(compared, advance, said)
                results["engines"].append(engine)
                results["runs"] += runs
            del compared
            _let_go()
        results["playing"] = _play(folders["VAE"], Path(scratch), render, compute.device, advance)
    return {**results, "said": said}


def _ways(compute: Compute, render: RenderConfig, said: list[str]) -> tuple[bool, ...]:
    """Plain and, on a GPU or where the config asks for it, compiled."""
    if compute.device.type != "cuda" and not render.compile:
        return (False,)
    if missing := what_is_missing(compute.device):
        said.append(f"Compiled networks were not measured: {missing} is missing.")
        return (False,)
    return (False, True)


class _Way:
    """One way of rendering: an engine with one of the decoders, compiled or not."""

    def __init__(
        self, decoder: str, folder: Path, compute: Compute, render: RenderConfig, *, compiles: bool
    ) -> None:
        self._folder = folder
        self._compute = compute
        self._render = render
        self._names = {"decoder": decoder, "way": "compiled" if compiles else "plain"}
        self._compiles = compiles
        self._texts = 0

    def measure(
        self, compared: eager.Compared, advance: Advance, said: list[str]
    ) -> tuple[Json, list[Json]]:
        """What is to be said of the engine, and each kind's figures beside the others'.

        Both are measured in turns, so that what else the machine has to do troubles both.
        """
        before = _held(self._compute)
        engine = offline.open_engine(
            _NAME,
            self._folder,
            device=self._render.device,
            dtype=self._render.dtype,
            threads=self._render.threads,
            compiles=self._compiles,
            notice=said.append,
        )
        hastened = eager.milliseconds(partial(self._hasten, engine), self._compute)
        runs, label = [], f"{self._names['way']} with {self._names['decoder']}"
        for number, kind in enumerate(KINDS):
            run = self._figures(engine, kind)
            runs.append(run | compared.to(kind, run["picture_ms"]))
            advance(label, (number + 1) / len(KINDS))
        told = {"engine_id": engine.engine_id, "hastened_s": hastened / 1e3}
        told |= {"memory_peak_mb": (_peak(self._compute) - before) / 2**20}
        told["batches"] = self._batches(engine)
        del engine
        _let_go()
        return self._names | told, runs

    def _hasten(self, engine: StableDiffusion) -> None:
        """Whatever makes it faster, for guidance on and off, once it has rendered both."""
        for kind in eager.WARMING:
            offline.render_loop(engine, self._request(engine, kind))
        engine.hasten()
        engine.take_over()

    def _batches(self, engine: StableDiffusion) -> Json:
        """See `measure_batches`; where networks are compiled, for these sizes, too."""
        request = self._request(engine, _LIVE)
        if self._compiles:
            measure_batches(engine, request)
            engine.hasten()
            engine.take_over()
        return measure_batches(engine, request)

    def _figures(self, engine: StableDiffusion, kind: Kind) -> Json:
        """Milliseconds of a whole loop, of its stages, and of its picture alone."""
        loops = eager.several(lambda: offline.render_loop(engine, self._request(engine, kind)))
        stages = {
            stage: statistics.median(loop.stages[stage] for loop in loops)
            for stage in loops[0].stages
        }
        named = {"steps": kind.steps, "sampler": kind.sampler, "guidance": kind.guidance}
        return {
            **named,
            **self._names,
            "stages_ms": stages,
            "picture_ms": stages["text"] + stages["denoise"] + stages["decode"],
            "loop_ms": statistics.median(loop.render_ms for loop in loops),
        }

    def _request(self, engine: StableDiffusion, kind: Kind) -> RenderRequest:
        """With a prompt of its own: one that was read before would cost nothing."""
        self._texts += 1
        base = offline.default_request(engine, f"{eager.PROMPT} {self._texts}").to_json()
        wanted = {"steps": kind.steps, "sampler": kind.sampler, "guidance": kind.guidance}
        return RenderRequest.from_json({**base, **wanted})


def _play(
    folder: Path, scratch: Path, render: RenderConfig, device: torch.device, advance: Advance
) -> Json:
    """Start to first loop, and knob to sound, of a daemon that compiles if the config says so."""
    advance("starting a daemon", 0.0)
    with playing(_config(folder, scratch, render), _NAME) as daemon:
        if render.compile and what_is_missing(device) == "":
            daemon.wait_for_compiled()
        advance("starting a daemon", 1.0)
        return {
            "compile": render.compile,
            "start_to_first_loop_s": daemon.first_loop_s,
            **measure_knobs(daemon, advance),
        }


def _config(folder: Path, scratch: Path, render: RenderConfig) -> Config:
    """A config whose only model is the one in `folder`."""
    path = scratch / "config.toml"
    path.write_text(
        f'[render]\ndevice = "{render.device}"\ndtype = "{render.dtype}"\n'
        f"threads = {render.threads}\ncompile = {str(render.compile).lower()}\n"
        f'[models]\n{_NAME} = "{folder.as_posix()}"\n',
        encoding="utf-8",
    )
    return load_config(path)


def _let_go() -> None:
    """Give back what the last network has held."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _held(compute: Compute) -> int:
    """Bytes that are held on a GPU, whose peak is forgotten; 0 elsewhere."""
    if compute.device.type != "cuda":
        return 0
    torch.cuda.reset_peak_memory_stats(compute.device)
    return torch.cuda.memory_allocated(compute.device)


def _peak(compute: Compute) -> int:
    """Bytes held at most: on a GPU, else by this process (in bytes on macOS, in KiB on Linux)."""
    if compute.device.type == "cuda":
        return torch.cuda.max_memory_allocated(compute.device)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
