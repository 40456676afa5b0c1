"""What `livediffusion bench` has found, for people."""

from __future__ import annotations

from rich.table import Table

from livediffusion.types import Json

_KNOBS = (
    ("gain_to_sound_ms", "knob to sound: gain"),
    ("filter_to_sound_ms", "knob to sound: filter"),
    ("leaning_to_sound_ms", "knob to sound: leaning"),
    ("knob_to_sound_ms", "knob to sound: new content"),
)


def table(results: Json) -> Table:
    """The figures as a table for people."""
    machine, engine = results["machine"], results["engine_id"]
    shown = Table(title=f"{machine['processor']}, {machine['cpus']} CPUs; {engine}", box=None)
    shown.add_column("what")
    shown.add_column("figure", justify="right")
    for kind in ("cold", "warm"):
        for stage, milliseconds in results[kind]["stages_ms"].items():
            shown.add_row(f"{kind}: {stage}", f"{milliseconds:.0f} ms")
        shown.add_row(
            f"{kind}: whole 8-beat loop (median)",
            f"{results[kind]['median_ms']:.0f} ms, {results[kind]['real_time_factor']:.1f} x",
        )
    for key, label in _KNOBS:
        figures = ", ".join(f"{name} {value:.0f}" for name, value in results[key].items())
        shown.add_row(f"{label}, ms", figures)
    load = results["under_load"]
    shown.add_row(f"underruns in {load['seconds']:.0f} s under load", _underruns(load))
    shown.add_row("new loops in that time", str(load["swaps"]))
    if peak := results["memory_peak_mb"]:
        shown.add_row("memory of all processes, peak", f"{peak:.0f} MB")
    return shown


def page_table(results: Json) -> Table:
    """The figures of `bench --page`; milliseconds, medians of the rounds."""
    machine, page = results["machine"], results["page"]
    shown = Table(title=f"{machine['processor']}, {machine['cpus']} CPUs; the page open", box=None)
    shown.add_column("what")
    for name in page:
        shown.add_column(_VISITS[name], justify="right")
    for key, label in _KNOBS:
        without = page["without"][key]["p50"]
        cells = [f"{page[name][key]['p50']:.1f}" for name in page]
        for place, name in enumerate(page):
            if name != "without":
                cells[place] += f" ({page[name][key]['p50'] / without - 1.0:+.0%})"
        shown.add_row(f"{label}, p50 ms", *cells)
    shown.add_row("underruns", *(_underruns(page[name]) for name in page))
    if any(page[name]["stolen_s"] for name in page):
        taken = (f"{page[name]['stolen_s']:.0f} s" for name in page)
        shown.add_row("processor time that the host took", *taken)
    return shown


def _underruns(counted: Json) -> str:
    """How many, and how many of them came just after the host had taken the processor."""
    every, theirs = counted["underruns"], counted["underruns_with_steal"]
    return f"{every}, {theirs} of them as the host took the processor" if theirs else str(every)


def architecture_table(results: Json) -> Table:
    """The figures of `bench --full-size` and `--scaled-down`; milliseconds, medians."""
    machine = results["machine"]
    where = machine["gpu"] or f"{machine['processor']}, {machine['cpus']} CPUs"
    shown = Table(*_HEADS, title=f"{results['architecture']} on {where}", box=None)
    for run in results["runs"]:
        stages = (run["stages_ms"][stage] for stage in ("text", "denoise", "decode", "phase"))
        times = (*stages, run["loop_ms"], run["picture_ms"], run["eager_ms"])
        shown.add_row(
            f"{run['steps']} {run['sampler']}",
            f"{run['guidance']:g}",
            f"{run['decoder']} {run['way']}",
            *(f"{milliseconds:.0f}" for milliseconds in times),
            f"{run['times_eager']:.2f}",
            f"{run['times_floor']:.1f}",
        )
    knob, first = (
        results["playing"]["knob_to_sound_ms"],
        results["playing"]["start_to_first_loop_s"],
    )
    held = max(engine["memory_peak_mb"] for engine in results["engines"])
    shown.caption = (
        f"first loop {first:.1f} s after the start; knob to new sound, 4 steps, p50 "
        f"{knob['p50']:.0f} ms, p95 {knob['p95']:.0f} ms; memory {held:.0f} MB\n"
        + "\n".join(map(_of_batches, results["engines"]))
    )
    return shown


def _of_batches(engine: Json) -> str:
    """What denoising several pictures at once gains."""
    batches = engine["batches"]
    times = ", ".join(f"{size}: {ms:.0f} ms" for size, ms in batches["picture_ms"].items())
    beside = "the same" if batches["alike"] else "NOT the same"
    return (
        f"{engine['decoder']} {engine['way']}, 4 steps, a picture by how many at once: {times}; "
        f"{beside} whoever is beside it"
    )


_VISITS = {"without": "nobody", "visitor": "somebody looks and listens",
           "browser": "a browser draws here, too"}  # fmt: skip
_HEADS = (
    *("steps", "guidance", "way", "text", "denoise", "decode", "phase", "loop"),
    *("picture", "diffusers", "x diffusers", "x floor"),
)
