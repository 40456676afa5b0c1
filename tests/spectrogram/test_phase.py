"""Phase reconstruction: how near, how repeatable, how it goes on from a state."""

from __future__ import annotations

import io
import math

import pytest
import torch
from made_up_music import POCKET, decibels, music
from torch import Tensor

from livediffusion.spectrogram.grid import CircularGrid
from livediffusion.spectrogram.image import picture_to_bands
from livediffusion.spectrogram.loop import loop_to_picture
from livediffusion.spectrogram.mel import from_bands
from livediffusion.spectrogram.phase import interpolate_columns, reconstruct, start_phase
from livediffusion.spectrogram.synthesis import synthesis_grid


@pytest.fixture(scope="module")
def grid() -> CircularGrid:
    return synthesis_grid(POCKET, 8, 120.0)[0]


def _amplitudes(picture: Tensor, grid: CircularGrid) -> Tensor:
    return from_bands(picture_to_bands(picture, POCKET), POCKET, grid.n_fft)


@pytest.fixture(scope="module")
def picture() -> Tensor:
    return loop_to_picture(music(32000), POCKET, 8, sample_rate=32000)


@pytest.fixture(scope="module")
def amplitudes(picture: Tensor, grid: CircularGrid) -> Tensor:
    return _amplitudes(picture, grid)


def convergence(spectra: Tensor, amplitudes: Tensor, grid: CircularGrid) -> float:
    """Spectral convergence in dB: lower is nearer."""
    got = grid.stft(grid.istft(spectra[0])).abs()[:, : amplitudes.shape[2]]
    return decibels(got - amplitudes[0], amplitudes[0])


def test_four_iterations_beat_thirty_two_from_random(
    amplitudes: Tensor, grid: CircularGrid
) -> None:
    turns = torch.rand(amplitudes.shape, generator=torch.Generator().manual_seed(0))
    chance = torch.polar(torch.ones_like(turns), turns * 2.0 * math.pi)
    chance = chance * (amplitudes + 1e-3)  # the length that says what it belongs to
    from_chance, _ = reconstruct(amplitudes, grid, phase=chance, iterations=32)
    cold, _ = reconstruct(amplitudes, grid, iterations=4)
    assert convergence(cold, amplitudes, grid) < convergence(from_chance, amplitudes, grid)
    assert convergence(cold, amplitudes, grid) < -20.0


def test_the_start_alone_comes_near_when_amplitudes_are_exact(grid: CircularGrid) -> None:
    exact = grid.stft(music(32000)[0]).abs()[None]
    spectra, _ = reconstruct(exact, grid, iterations=0)
    assert convergence(spectra, exact, grid) < -18.0


def test_one_warm_iteration_is_better_than_two_cold(picture: Tensor, grid: CircularGrid) -> None:
    other = torch.roll(picture, 3, dims=1)  # the same bars, a few mel bands up
    before = _amplitudes(0.8 * picture + 0.2 * other, grid)
    after = _amplitudes(0.75 * picture + 0.25 * other, grid)
    _, phase = reconstruct(before, grid, iterations=8)
    warm, _ = reconstruct(after, grid, phase=phase, iterations=1)
    cold, _ = reconstruct(after, grid, iterations=2)
    assert convergence(warm, after, grid) < convergence(cold, after, grid)


def test_iterations_only_ever_help(amplitudes: Tensor, grid: CircularGrid) -> None:
    errors = [
        convergence(reconstruct(amplitudes, grid, iterations=n)[0], amplitudes, grid)
        for n in (0, 1, 4, 8)
    ]
    assert errors == sorted(errors, reverse=True)


def test_equal_inputs_give_equal_bits_and_a_saved_state_goes_on(
    amplitudes: Tensor, grid: CircularGrid
) -> None:
    first, state = reconstruct(amplitudes, grid, iterations=2)
    again, _ = reconstruct(amplitudes.clone(), grid, iterations=2)
    assert torch.equal(first, again)
    kept = io.BytesIO()
    torch.save(state, kept)
    kept.seek(0)
    restored = torch.load(kept, weights_only=True)
    before = state.clone()
    on, _ = reconstruct(amplitudes, grid, phase=state, iterations=1)
    after_restart, _ = reconstruct(amplitudes, grid, phase=restored, iterations=1)
    assert torch.equal(on, after_restart)
    assert torch.equal(state, before), "a state that was passed in must not change"


def test_a_state_of_silence_can_be_gone_on_from(amplitudes: Tensor, grid: CircularGrid) -> None:
    silence = torch.zeros_like(amplitudes)
    spectra, phase = reconstruct(silence, grid, iterations=3)
    assert torch.equal(spectra, torch.zeros(silence.shape, dtype=torch.complex64))
    assert float(phase.abs().min()) > 0.0
    again, _ = reconstruct(silence, grid, phase=phase)
    assert torch.equal(again, spectra)
    loud, _ = reconstruct(amplitudes, grid, phase=phase)
    assert convergence(loud, amplitudes, grid) < -20.0


def test_what_has_changed_too_much_starts_cold(picture: Tensor, grid: CircularGrid) -> None:
    before, near = _amplitudes(picture, grid), _amplitudes(0.99 * picture, grid)
    far = _amplitudes(torch.roll(picture, 40, dims=1), grid)
    _, phase = reconstruct(before, grid)
    cold, _ = reconstruct(far, grid)
    assert torch.equal(reconstruct(far, grid, phase=phase)[0], cold)
    went_on, _ = reconstruct(near, grid, phase=phase)
    assert decibels((went_on / 0.99 - reconstruct(before, grid)[0]).abs(), before) < -10.0
    started, _ = reconstruct(near, grid)
    assert not torch.equal(went_on, started)


def test_a_chain_of_steps_stays_as_good_as_from_cold(picture: Tensor, grid: CircularGrid) -> None:
    other = torch.roll(picture, (40, 96), dims=(1, 2))
    phase = None
    for step in range(9):
        now = _amplitudes(picture + (other - picture) * (step / 8), grid)
        spectra, phase = reconstruct(now, grid, phase=phase)
        cold, _ = reconstruct(now, grid)
        assert convergence(spectra, now, grid) < convergence(cold, now, grid) + 1.5


def test_a_state_of_another_grid_is_refused(amplitudes: Tensor, grid: CircularGrid) -> None:
    with pytest.raises(ValueError, match="phase"):
        reconstruct(amplitudes, grid, phase=start_phase(amplitudes, grid)[:, ::2])
    with pytest.raises(ValueError, match="grid"):
        reconstruct(amplitudes[:, ::2], grid)


def test_columns_are_interpolated_round_the_circle() -> None:
    columns = torch.tensor([0.0, 4.0, 8.0]).view(1, 3, 1)
    doubled = interpolate_columns(columns, 2).flatten().tolist()
    assert doubled == [0.0, 2.0, 4.0, 6.0, 8.0, 4.0]
    assert interpolate_columns(columns, 1) is columns
