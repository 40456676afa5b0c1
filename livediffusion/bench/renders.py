"""How long loops take to render, stage by stage, in this process."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable

from livediffusion.config import Config
from livediffusion.types import Json

RENDERS = 12
TEMPO = 120
BEATS = 8

Advance = Callable[[str, float], None]


def measure_renders(config: Config, model: str, advance: Advance) -> Json:
    """Stage times of loops with the text cached, from a cold and from a warm phase."""
    from livediffusion.render.cache import LoopCache
    from livediffusion.render.offline import default_request, open_engine, render_loop, warm_up

    advance("loading the model", 0.0)
    engine = open_engine(model, models=config.models, device=config.render.device)
    warm_up(engine)
    engine.hasten()
    advance("loading the model", 1.0)
    cache = LoopCache(config.render.cache_mb)
    base = dataclasses.replace(default_request(engine, "dark techno"), tempo=float(TEMPO))
    last = render_loop(engine, base, cache)
    cold, warm = [], []
    for number in range(RENDERS):
        request = dataclasses.replace(base, seeds=((1, 1 - number / 100), (2, number / 100)))
        cold.append(render_loop(engine, request))
        chained = dataclasses.replace(request, phase_from=last.request.audio_key())
        last = render_loop(engine, chained, cache)
        warm.append(last)
        advance("rendering", (number + 1) / RENDERS)
    seconds = BEATS * 60.0 / TEMPO
    results: Json = {"engine_id": engine.engine_id}
    for name, loops in (("cold", cold), ("warm", warm)):
        median = statistics.median(loop.render_ms for loop in loops)
        stages = {
            stage: statistics.median(loop.stages[stage] for loop in loops)
            for stage in loops[0].stages
        }
        results[name] = {
            "stages_ms": stages,
            "median_ms": median,
            "real_time_factor": seconds * 1000.0 / median,
        }
    return results
