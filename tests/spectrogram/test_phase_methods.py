"""Phase by heap and as Riffusion finds it, beside the pocket model's own way."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from made_up_music import SMALL, decibels, music
from torch import Tensor

from livediffusion.spectrogram import heap
from livediffusion.spectrogram.grid import circular_grid
from livediffusion.spectrogram.image import picture_to_bands
from livediffusion.spectrogram.loop import loop_to_bands, loop_to_picture, picture_to_loop
from livediffusion.spectrogram.params import RIFFUSION, Phase
from livediffusion.spectrogram.phase import heap_start, reconstruct

BEATS, TEMPO = 4, 120.0


@pytest.fixture(scope="module")
def picture() -> Tensor:
    audio = music(SMALL.sample_rate, BEATS, TEMPO)
    return loop_to_picture(audio, SMALL, BEATS, sample_rate=SMALL.sample_rate, normalise=True)


def convergence(picture: Tensor, method: Phase, iterations: int | None = None) -> float:
    """Mel spectral convergence in dB: how far the loop's bands are from the picture's."""
    rate = SMALL.sample_rate
    made = picture_to_loop(
        picture, SMALL, BEATS, TEMPO, sample_rate=rate, method=method, iterations=iterations
    )
    wanted = picture_to_bands(picture, SMALL)
    return decibels(loop_to_bands(made.audio, SMALL, BEATS, sample_rate=rate) - wanted, wanted)


def test_fast_is_near_reference(picture: Tensor) -> None:
    # On real pictures at Riffusion's settings it is within 0.5 dB; here windows are short.
    assert convergence(picture, "fast") < convergence(picture, "reference") + 1.5


def test_no_iterations_are_where_a_method_starts(picture: Tensor) -> None:
    assert convergence(picture, "fast", 0) < convergence(picture, "reference", 0) - 6.0


@pytest.mark.parametrize("method", ["fast", "reference"])
def test_each_method_repeats_itself_and_sounds_its_own(picture: Tensor, method: Phase) -> None:
    makes = [picture_to_loop(picture, SMALL, BEATS, 97.3, method=method).audio for _ in range(2)]
    assert torch.equal(makes[0], makes[1])
    peaks = picture_to_loop(picture, SMALL, BEATS, 97.3, method="peaks").audio
    assert makes[0].shape == peaks.shape
    assert not torch.equal(makes[0], peaks)


def test_the_params_choose_where_nobody_else_does(picture: Tensor) -> None:
    fast = dataclasses.replace(SMALL, phase="fast")
    chosen = picture_to_loop(picture, fast, BEATS, TEMPO).audio
    assert torch.equal(chosen, picture_to_loop(picture, SMALL, BEATS, TEMPO, method="fast").audio)
    assert RIFFUSION.phase == "fast"


def test_a_reference_takes_no_phase_and_leaves_none(picture: Tensor) -> None:
    before = picture_to_loop(picture, SMALL, BEATS, TEMPO, method="fast")
    first = picture_to_loop(picture, SMALL, BEATS, TEMPO, method="reference", phase=before.phase)
    assert first.phase.numel() == 0
    alone = picture_to_loop(picture, SMALL, BEATS, TEMPO, method="reference")
    assert torch.equal(first.audio, alone.audio)


def test_channels_of_a_reference_are_found_each_by_itself(picture: Tensor) -> None:
    stereo = dataclasses.replace(SMALL, channels=2)
    both = torch.cat((picture, picture.roll(64, dims=2)))
    made = picture_to_loop(both, stereo, BEATS, TEMPO, method="reference", iterations=2).audio
    left = picture_to_loop(picture, SMALL, BEATS, TEMPO, method="reference", iterations=2).audio
    assert torch.equal(made[:1], left)


def test_a_tone_of_any_tempo_comes_out_of_the_heap_at_once() -> None:
    grid = circular_grid(20011, 100, 1024, 1024)
    tone = torch.sin(torch.arange(20011) * (2 * torch.pi * 500 / 20011))
    amplitude = grid.stft(tone).abs()
    made, _ = reconstruct(amplitude[None], grid, by_heap=True, iterations=0)
    assert decibels(grid.istft(made[0]).abs() - tone.abs(), tone) < 0.0  # same tone, other phase
    assert decibels(grid.project(made[0]).abs() - amplitude, amplitude) < -25.0


def test_silence_has_a_start_too() -> None:
    start = heap_start(torch.zeros(8, 9), circular_grid(128, 8, 16, 16))
    assert torch.allclose(start.abs(), torch.ones(8, 9))


def test_the_heap_goes_by_the_loudest_way_and_round_the_circle() -> None:
    loud = np.array([[9, 1], [8, 7], [1, 6], [5, 4]], np.float32)
    advance = np.array([[1, 10], [2, 20], [3, 30], [4, 40]], np.float32)
    climb = np.array([[0, 100], [0, 200], [0, 300], [0, 400]], np.float32)
    angles = heap.integrate(loud, advance, climb, 0.5)
    # (0, 0) begins; (3, 0) lies before it, round the circle; (2, 1) is reached through (1, 1).
    assert angles.tolist() == [[0, 100 - 0], [2, 202], [5, 232], [-1, 272]]
    quiet = heap.integrate(loud, advance, climb, 6.5)
    assert quiet.tolist() == [[0, 0], [2, 202], [0, 0], [0, 0]]


def test_what_cannot_be_kept_on_disk_is_compiled_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(signature: str, cache: bool = False, nogil: bool = False) -> Any:
        if cache:
            raise RuntimeError("cannot cache function 'one': no locator available")
        return plain(signature, nogil=nogil)

    plain = heap.numba.njit
    monkeypatch.setattr(heap.numba, "njit", njit)
    assert heap._compiled("i8(i8)")(lambda number: number + 1)(41) == 42
