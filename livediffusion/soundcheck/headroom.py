"""Is this machine fast enough for the patch: render time against the time from step to step?"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from livediffusion.config import Config
from livediffusion.render.request import RenderRequest
from livediffusion.soundcheck.card import Finding
from livediffusion.state.patch import Patch
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.types import BPM, Beats, Json, Seconds
from livediffusion.workshop import at_the_start

HEADROOM = "render"
_RENDERS = 8
_LONGEST: Seconds = 30.0
_SPARE = 1.5  # a step is so many render times long, as the scheduler has it

Advance = Callable[[str, float], None]


def check(config: Config, patch: Patch, model: str, advance: Advance) -> Finding:
    """Render some loops of the patch, each with a noise of its own. Raises UserError."""
    from livediffusion.render.offline import default_request, open_engine, render_loop, warm_up

    advance("loading the model", 0.0)
    engine = open_engine(
        model,
        models=config.models,
        device=config.render.device,
        dtype=config.render.dtype,
        threads=config.render.threads,
        addons=config.addons,
        decoder=config.render.decoder,
    )
    warm_up(engine)
    engine.hasten()
    advance("loading the model", 1.0)
    base = at_the_start(patch, default_request(engine, ""))
    began, times = time.monotonic(), list[Seconds]()
    for number in range(_RENDERS):
        times.append(render_loop(engine, _with_noise(base, number)).render_ms / 1000.0)
        advance("rendering", (number + 1) / _RENDERS)
        if time.monotonic() - began > _LONGEST:
            break
    where = f"{engine.compute.device.type} ({model})"
    return judge(times, patch.tempo, patch.beats, where, _free_memory())


def judge(
    times: list[Seconds], tempo: BPM, beats: int, where: str, free_mb: float | None = None
) -> Finding:
    """What render times mean at a tempo, for loops of so many beats."""
    p95 = float(np.percentile(times, 95))
    in_beats = p95 * tempo / 60.0
    strides: tuple[Beats, ...] = (1.0, 2.0, float(BEATS_PER_BAR), float(beats))
    step = next((stride for stride in strides if stride >= _SPARE * in_beats), None)
    figures: Json = {
        "p95_ms": p95 * 1000.0,
        "renders": len(times),
        "step_beats": step,
        "load": in_beats / beats,
        "free_mb": free_mb,
    }
    takes = f"A loop takes {p95 * 1000:.0f} ms on {where}"
    if step is None:
        sentence = (
            f"{takes}, {in_beats:.1f} beats at {tempo:g} bpm, too long for loops of {beats}: take "
            "fewer steps, a slower tempo or a smaller model."
        )
        return Finding(HEADROOM, "fail", sentence, figures)
    room = f" {free_mb:.0f} MB of its memory are free." if free_mb is not None else ""
    words = {1.0: "beat", 2.0: "second beat", float(BEATS_PER_BAR): "bar"}.get(step, "loop")
    sentence = f"{takes}: at {tempo:g} bpm a glide moves on each {words}.{room}"
    return Finding(HEADROOM, "pass" if step <= BEATS_PER_BAR else "warn", sentence, figures)


def while_playing(found: Json) -> Finding:
    """The same, of a livediffusion that is playing."""
    p95, late = float(found.get("render_p95_ms", 0.0)), int(found.get("late", 0))
    tempo, beats = float(found["sound"]["tempo"]), int(found["sound"]["loop_beats"])
    if not beats or not tempo:
        return Finding(HEADROOM, "warn", "A livediffusion is playing and has not rendered yet.")
    judged = judge([p95 / 1000.0], tempo, beats, "the machine that plays")
    sentence = f"{judged.sentence} {late} loops were late so far."
    return dataclasses.replace(judged, sentence=sentence)


def _with_noise(request: RenderRequest, number: int) -> RenderRequest:
    part = (number + 1) / (_RENDERS + 1)
    return dataclasses.replace(request, seeds=((1, 1.0 - part), (2, part)))


def _free_memory() -> float | None:
    import torch

    return torch.cuda.mem_get_info()[0] / 2**20 if torch.cuda.is_available() else None
