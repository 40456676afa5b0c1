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
    shown.add_row(f"underruns in {load['seconds']:.0f} s under load", str(load["underruns"]))
    shown.add_row("new loops in that time", str(load["swaps"]))
    if peak := results["memory_peak_mb"]:
        shown.add_row("memory of all processes, peak", f"{peak:.0f} MB")
    return shown
