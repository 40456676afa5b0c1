"""From a knob to the first frame of the output that it has changed.

Each knob is an OSC packet to a running daemon. What it changes is found by comparing the output,
sample for sample, with the loop that was sounding.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from livediffusion.bench.playing import Playing
from livediffusion.bench.renders import Advance
from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena, FloatArray
from livediffusion.types import SAMPLE_RATE, Frames, Json, Seconds

KNOBS = 20
_HEARD_WITHIN: Seconds = 30.0
_LOOK: Seconds = 3.0  # how long what a fast knob does is waited for
_QUIET: Frames = 4800  # undisturbed output, before a knob is turned


def measure_knobs(daemon: Playing, advance: Advance) -> Json:
    """Milliseconds to the first change, as percentiles: each fast knob, then new content."""
    client = daemon.osc
    daemon.wait_for_standing(2)
    results: Json = {}
    for name, address, low, high in _FAST:
        # Far from here the blend itself would be heard only after the loop's end.
        client.send_message("/ld/quantise", "loop" if name == "leaning" else "off")
        loop, found = _sounding(daemon.arena, 1.0), []
        for number in range(KNOBS):
            turned = low + (high - low) * number / KNOBS
            found.append(_fast_knob(daemon, address, turned, loop))
            advance(f"turning: {name}", (number + 1) / KNOBS)
        results[f"{name}_to_sound_ms"] = _percentiles(found)
    client.send_message("/ld/quantise", "off")
    client.send_message("/ld/lean", 0.0)
    daemon.come_to_rest()
    results["knob_to_sound_ms"] = _percentiles(_new_content(daemon, advance))
    client.send_message("/ld/lean", 0.7)
    return results


_FAST = (  # name, address, and between which values it is turned away from 0
    ("gain", "/ld/gain", -3.0, -12.0),
    ("filter", "/ld/filter", -0.2, -0.9),
    ("leaning", "/ld/prompt/2/weight", 0.3, 1.0),
)


def _fast_knob(daemon: Playing, address: str, turned: float, loop: FloatArray) -> float:
    """Turn a knob from 0 and back while a loop sounds; milliseconds to the first change."""
    arena, deadline = daemon.arena, time.monotonic() + _HEARD_WITHIN
    while time.monotonic() < deadline:
        _wait_until(lambda: _is_heard(arena, loop) and _is_far_from_end(arena))
        swaps, sent = arena.read_transport().swaps, time.monotonic_ns()
        daemon.osc.send_message(address, turned)
        found = None
        while found is None and (time.monotonic_ns() - sent) * 1e-9 < _LOOK:
            time.sleep(0.02)
            found = _first_change(arena, sent, loop)
        swapped = arena.read_transport().swaps != swaps  # then it may have been that
        daemon.osc.send_message(address, 0.0)
        if found is not None and not swapped:
            return found
    raise UserError(f"{address} was not heard; is another daemon on this machine?")


def _sounding(arena: Arena, quiet: float) -> FloatArray:
    """The loop that sounds, (frames, channels), by output frame modulo its length.

    Once what was heard has come twice for so many of its lengths.
    """
    period = arena.read_transport().loop_frames

    def comes_again() -> bool:
        end, count = arena.read_transport().frame, round(quiet * period)
        last, before = (arena.read_ring(e - count, count) for e in (end, end - period))
        return np.array_equal(last, before)

    _wait_until(comes_again)
    end = arena.read_transport().frame
    return np.roll(arena.read_ring(end - period, period), end % period, axis=0)


def _is_heard(arena: Arena, loop: FloatArray) -> bool:
    """Whether a loop sounds by itself, as it is."""
    end = arena.read_transport().frame
    expected = loop[np.arange(end - _QUIET, end) % len(loop)]
    return np.array_equal(arena.read_ring(end - _QUIET, _QUIET), expected)


def _is_far_from_end(arena: Arena) -> bool:
    """Whether the loop goes on for two beats more: no other begins meanwhile."""
    page = arena.read_transport()
    return page.beat % page.loop_beats < page.loop_beats - 2.0


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _HEARD_WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise UserError("The sound does not come to rest; is another daemon on this machine?")
        time.sleep(0.02)


def _first_change(arena: Arena, sent_ns: int, loop: FloatArray) -> float | None:
    """Milliseconds after `sent_ns` at which the output first departs from a loop."""
    page = arena.read_transport()
    at_sent = page.frame - round((page.monotonic_ns - sent_ns) * 1e-9 * SAMPLE_RATE)
    now = arena.read_ring(at_sent, page.frame - at_sent)
    expected = loop[(at_sent + np.arange(len(now))) % len(loop)]
    changed = np.flatnonzero(np.any(now != expected, axis=1))
    return float(changed[0]) / SAMPLE_RATE * 1000.0 if len(changed) else None


def _new_content(daemon: Playing, advance: Advance) -> list[float]:
    """The same for a weight with nothing to lean on: the first frame of the new blend."""
    arena, found = daemon.arena, []
    for number in range(KNOBS):
        loop = _sounding(arena, 0.1)  # since the last swap nothing else was heard
        time.sleep(0.1 * (number % 7))
        swaps, sent = arena.read_transport().swaps, time.monotonic_ns()
        weight = 0.1 + 0.8 * ((number * 7) % KNOBS) / KNOBS
        daemon.osc.send_message("/ld/prompt/2/weight", weight)
        _wait_for_swap(arena, swaps)
        _let_play(arena, _QUIET)
        change = _first_change(arena, sent, loop)
        if change is None:
            raise UserError("The sound did not change; is another daemon on this machine?")
        found.append(change)
        advance("turning: new content", (number + 1) / KNOBS)
    return found


def _let_play(arena: Arena, count: Frames) -> None:
    end = arena.read_transport().frame + count
    _wait_until(lambda: arena.read_transport().frame > end)


def _wait_for_swap(arena: Arena, before: int) -> None:
    deadline = time.monotonic() + _HEARD_WITHIN
    while arena.read_transport().swaps <= before:
        if time.monotonic() > deadline:
            raise UserError("A knob was not heard within 30 s; look at `livediffusion play`.")
        time.sleep(0.002)


def _percentiles(values: list[float]) -> Json:
    return {f"p{q}": float(np.percentile(values, q)) for q in (50, 95, 99)}
