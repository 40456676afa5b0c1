"""Riffusion's two-ended request as one of ours."""

from __future__ import annotations

import dataclasses
import math

import pytest

from livediffusion.errors import UserError
from livediffusion.render.request import RenderRequest
from livediffusion.render.riffusion import End, Inference, beats_of, request_of

START = End("techno", 42, guidance=7.0, denoising=0.75)
END = End("ambient", 43, negative_prompt="drums", guidance=3.0, denoising=0.25)


def at(alpha: float, start: End = START, end: End = END) -> RenderRequest:
    return request_of(Inference(start, end, alpha), seed_image="og_beat.png")


def test_numbers_are_interpolated() -> None:
    request = at(0.25)
    assert request.guidance == pytest.approx(6.0)
    assert request.strength == pytest.approx(0.625)
    assert request.prompts == (("techno", 0.75), ("ambient", 0.25))
    assert request.seeds == ((42, 0.75), (43, 0.25))


def test_an_alpha_between_our_grids_points_is_kept() -> None:
    assert at(0.33333).seeds[1][1] == 0.33333


def test_riffusions_defaults_are_ours() -> None:
    request = at(0.0)
    assert (request.steps, request.beats, request.tempo) == (50, 8, 93.75)
    assert (request.noise, request.sampler, request.seam) == ("device", "model", "open")


def test_the_ends_are_one_prompt_each_but_the_starts_seed_stays_first() -> None:
    assert at(0.0).prompts == (("techno", 1.0),)
    assert at(1.0).prompts == (("ambient", 1.0),)
    assert at(1.0).seeds == ((42, 0.0), (43, 1.0))


def test_equal_ends_are_one() -> None:
    request = at(0.5, START, dataclasses.replace(START, guidance=3.0))
    assert request.prompts == (("techno", 1.0),)
    assert request.seeds == ((42, 1.0),)


def test_the_nearer_ends_negative_prompt_is_taken() -> None:
    assert at(0.49).negative == ""
    assert at(0.5).negative == "drums"


@pytest.mark.parametrize(("columns", "beats"), [(512, 8), (568, 8), (256, 4), (1, 1), (9999, 64)])
def test_whole_beats_of_a_seed_image(columns: int, beats: int) -> None:
    assert beats_of(columns) == beats


@pytest.mark.parametrize("alpha", [-0.1, 1.01, math.nan])
def test_an_alpha_out_of_range_is_said(alpha: float) -> None:
    with pytest.raises(UserError, match="alpha must be"):
        at(alpha)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"seed": -1}, "Seeds"), ({"guidance": 99.0}, "guidance"), ({"denoising": 2.0}, "strength")],
)
def test_a_value_out_of_range_is_said(changes: dict[str, float], words: str) -> None:
    end = dataclasses.replace(START, **changes)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=words):
        at(0.0, end, end)


def test_an_open_seam_has_a_key_of_its_own_and_a_closed_one_the_old_key() -> None:
    assert dataclasses.replace(at(0.0), seam="closed").picture_key() != at(0.0).picture_key()
    old = RenderRequest(prompts=(("a", 1.0),), seeds=((1, 1.0),), tempo=120.0)
    assert old.audio_key() == "ac445a1ac0807d92154634cc270cd3c0"
