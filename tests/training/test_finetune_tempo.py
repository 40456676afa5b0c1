"""Tempo and bars are heard in loops, and in recordings that are no loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from loops_of_ours import RATE, drums

from livediffusion.training.own import reading, tempo
from livediffusion.training.own.reading import Recording

SAMPLES = Path("/usr/share/sonic-pi/samples")


def recording(audio: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Recording:
    return Recording(np.stack([audio, audio]), RATE)


@pytest.mark.parametrize("bpm", [84.0, 97.3, 120.0, 128.0, 141.0])
def test_a_loop_s_tempo_is_exact(bpm: float) -> None:
    found = tempo.detect(tempo.envelope(recording(drums(bpm, 8))))
    assert found == pytest.approx(bpm, rel=1e-4)
    assert tempo.whole_beats(8 * 60 / bpm, found) == 8


@pytest.mark.parametrize("bpm", [84.0, 97.3, 120.0, 128.0, 141.0])
def test_the_tempo_of_a_piece_of_a_recording_is_within_half_a_percent(bpm: float) -> None:
    found = tempo.detect(tempo.envelope(recording(drums(bpm, 21.4, late=0.6))))
    assert found == pytest.approx(bpm, rel=5e-3)


def test_nothing_is_heard_where_nothing_beats() -> None:
    t = np.arange(6 * RATE) / RATE
    pad = np.sin(2 * np.pi * 220 * t) * (1 + 0.1 * np.random.default_rng(0).normal(size=len(t)))
    assert tempo.detect(tempo.envelope(recording(pad.astype(np.float32)))) is None


@pytest.mark.parametrize("late", [0.0, 0.6, 1.0, 2.25, 3.5])
def test_the_first_bar_is_found_by_its_strongest_beat(late: float) -> None:
    attacks = tempo.envelope(recording(drums(120.0, 24, late=late)))
    assert tempo.first_bar(attacks, 120.0) == pytest.approx(late, abs=0.05)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sonic-pi samples are not installed")
@pytest.mark.parametrize(
    ("name", "beats"),
    [
        ("amen", 4),
        ("amen_full", 16),
        ("breakbeat", 4),
        ("compus", 16),
        ("electric", 4),
        ("garzul", 16),
        ("industrial", 2),
        ("mehackit1", 4),
        ("mika", 16),
        ("perc1", 4),
        ("safari", 16),
    ],
)
def test_recorded_loops_have_the_beats_that_they_are_known_to_have(name: str, beats: int) -> None:
    loop = reading.read(SAMPLES / f"loop_{name}.flac")
    found = tempo.detect(tempo.envelope(loop))
    assert found is not None
    assert tempo.beats_in(loop.seconds, found) == pytest.approx(beats, rel=5e-3)
