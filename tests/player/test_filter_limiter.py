"""The DJ filter and the limiter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from player_stage import noise
from scipy.signal import sosfilt

from livediffusion.player.filter import _DAMPING, DJFilter, cutoff, response
from livediffusion.player.limiter import CEILING, DELAY, Limiter
from livediffusion.player.ramp import QUANTUM

RATE = 48000
Samples = NDArray[np.float32]


def through(stage: DJFilter | Limiter, samples: Samples) -> Samples:
    out = samples.copy()
    for start in range(0, len(out), QUANTUM):
        stage.process(out[start : start + QUANTUM])
    return out


def sections(knob: float) -> NDArray[np.float64]:
    """The same filter as biquads, by the bilinear transform."""
    g = np.tan(np.pi * min(cutoff(knob), 0.45 * RATE) / RATE)
    rows = []
    for damping in _DAMPING:
        top = np.array([1.0, -2.0, 1.0]) if knob > 0 else g * g * np.array([1.0, 2.0, 1.0])
        bottom = [1 + damping * g + g * g, 2 * (g * g - 1), 1 - damping * g + g * g]
        rows.append(np.concatenate([top, bottom]) / bottom[0])
    return np.array(rows)


@pytest.mark.parametrize("knob", [-1.0, -0.5, -0.01, 0.01, 0.5, 1.0])
def test_filter_is_the_biquads_that_it_should_be(knob: float) -> None:
    samples = noise(QUANTUM * 100)
    dj = DJFilter(RATE)
    dj.turn(knob)
    dj._knob = knob  # as if it had always been there
    expected = sosfilt(sections(knob), samples.astype(np.float64), axis=0)
    assert np.allclose(through(dj, samples), expected, atol=1e-6)


def test_filter_at_0_is_no_filter() -> None:
    samples = noise(QUANTUM * 100)
    dj = DJFilter(RATE)
    assert np.array_equal(through(dj, samples), samples)
    dj.turn(0.5)
    through(dj, samples)
    dj.turn(0.0)
    through(dj, samples[: QUANTUM * 8])
    assert np.array_equal(through(dj, samples), samples)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20))
@settings(max_examples=30, deadline=None)
def test_turning_the_knob_does_not_click(turns: list[float]) -> None:
    time = np.arange(QUANTUM * 10) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    dj = DJFilter(RATE)
    out = []
    for turn in turns:
        dj.turn(turn)
        out.append(through(dj, np.stack([tone, tone], axis=1)))
    steps = np.abs(np.diff(np.concatenate(out)[:, 0]))
    seams = np.arange(1, len(out)) * len(tone) - 1  # where the tone itself jumps in phase
    steps = np.delete(steps, [s + k for s in seams for k in range(-2, QUANTUM * 3) if s + k > 0])
    assert steps.max() < 0.06  # the tone's own steepest step is 0.008; a click would be 0.3


def test_filter_recovers_from_what_is_not_finite() -> None:
    dj = DJFilter(RATE)
    dj.turn(-0.5)
    samples = noise(QUANTUM * 50)
    samples[100] = np.nan
    samples[200] = np.inf
    with np.errstate(invalid="ignore"):
        out = through(dj, samples)
    assert np.isfinite(out[QUANTUM * 5 :]).all() and out[QUANTUM * 10 :].any()


def test_response_is_stable_everywhere() -> None:
    for knob in np.linspace(-1, 1, 41):
        if knob:
            a = response(float(knob), RATE).state_from_state
            assert np.abs(np.linalg.eigvals(a)).max() < 1.0


def test_limiter_only_delays_what_is_below() -> None:
    samples = noise(QUANTUM * 50)
    samples[500] = CEILING
    out = through(Limiter(RATE), samples)
    assert np.array_equal(out[DELAY:], samples[:-DELAY])
    assert not out[:DELAY].any()


@given(
    st.lists(
        st.tuples(st.integers(0, QUANTUM * 30 - 1), st.floats(-1e6, 1e6, width=32)), max_size=40
    ),
    st.floats(0, 4),
)
@settings(max_examples=60, deadline=None)
def test_limiter_can_never_be_exceeded(peaks: list[tuple[int, float]], level: float) -> None:
    samples = noise(QUANTUM * 30, 3) * np.float32(level)
    for place, height in peaks:
        samples[place, place % 2] = height
    out = through(Limiter(RATE), samples)
    assert np.isfinite(out).all() and np.abs(out).max() <= CEILING


def test_limiter_bends_smoothly_and_lets_go_to_exactness() -> None:
    samples = np.full((RATE * 3 // QUANTUM * QUANTUM, 2), 0.5, np.float32)
    samples[1000:1100] = 2.0
    out = through(Limiter(RATE), samples)[:, 0]
    gain = out[DELAY:] / samples[:-DELAY, 0]
    assert gain[:900].min() == 1.0 and gain[1000:1100].max() <= CEILING / 2 * 1.0001
    assert np.abs(np.diff(gain)).max() < 0.02
    assert np.array_equal(out[2 * RATE + DELAY :], samples[2 * RATE : -DELAY, 0])


def test_what_is_not_finite_becomes_silence() -> None:
    samples = noise(QUANTUM * 10)
    samples[100], samples[200, 0], samples[300, 1] = np.nan, np.inf, -np.inf
    out = through(Limiter(RATE), samples)
    good = np.isfinite(samples)[:-DELAY]
    assert np.array_equal(out[DELAY:][good], samples[:-DELAY][good])
    assert not out[DELAY:][~good].any()
