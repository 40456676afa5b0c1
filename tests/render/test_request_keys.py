"""Keys: equal requests share them, and what can be heard changes them."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.errors import UserError
from livediffusion.render.request import RenderRequest, normalise, slerped

REQUEST = RenderRequest(prompts=(("a", 1.0),), seeds=((1, 1.0),), tempo=120.0)
TEXTS = st.text(max_size=20)
WEIGHTS = st.floats(0.0, 1.0)
REQUESTS = st.builds(
    RenderRequest,
    prompts=st.lists(st.tuples(TEXTS, WEIGHTS), min_size=1, max_size=4).map(tuple),
    seeds=st.lists(st.tuples(st.integers(0, 2**31 - 1), WEIGHTS), min_size=1).map(tuple),
    tempo=st.floats(20.0, 300.0),
    guidance=st.floats(0.0, 20.0),
    steps=st.integers(1, 100),
    negative=TEXTS,
    phase_from=st.none() | TEXTS,
)


@given(REQUESTS)
def test_a_trip_through_json_changes_nothing(request: RenderRequest) -> None:
    back = RenderRequest.from_json(json.loads(json.dumps(request.to_json())))
    assert back == request
    assert back.audio_key() == request.audio_key()


@given(REQUESTS, st.floats(20.0, 300.0))
def test_tempo_leaves_the_picture_alone(request: RenderRequest, tempo: float) -> None:
    other = dataclasses.replace(request, tempo=tempo)
    assert other.picture_key() == request.picture_key()
    assert (other.cache_key() == request.cache_key()) == (tempo == request.tempo)


@given(REQUESTS, TEXTS)
def test_the_cache_key_ignores_only_the_phase_history(request: RenderRequest, key: str) -> None:
    other = dataclasses.replace(request, phase_from=key)
    assert other.cache_key() == request.cache_key()
    assert (other.audio_key() == request.audio_key()) == (key == request.phase_from)


@given(REQUESTS, st.integers(1, 100))
def test_steps_change_the_picture(request: RenderRequest, steps: int) -> None:
    other = dataclasses.replace(request, steps=steps)
    assert (other.picture_key() == request.picture_key()) == (steps == request.steps)


def test_equal_numbers_are_written_alike() -> None:
    whole = dataclasses.replace(REQUEST, tempo=120, guidance=-0.0)
    assert whole.cache_key() == dataclasses.replace(REQUEST, guidance=0.0).cache_key()


def test_what_cannot_be_heard_does_not_count() -> None:
    for silent in ({"strength": 0.1}, {"mask": "m.png"}, {"negative": "x"}, {"guidance": 0.5}):
        assert dataclasses.replace(REQUEST, **silent).picture_key() == REQUEST.picture_key()
    guided = dataclasses.replace(REQUEST, guidance=3.0)
    assert dataclasses.replace(guided, negative="x").picture_key() != guided.picture_key()
    seeded = dataclasses.replace(REQUEST, seed_image="i.png")
    assert dataclasses.replace(seeded, strength=0.1).picture_key() != seeded.picture_key()


def test_a_lone_surrogate_has_a_key() -> None:
    assert dataclasses.replace(REQUEST, prompts=(("\ud800", 1.0),)).picture_key()


@given(st.lists(st.tuples(TEXTS, WEIGHTS), max_size=5))
def test_normalised_weights_sum_to_one_or_there_are_none(items: list[tuple[str, float]]) -> None:
    weighted = normalise(items)
    if weighted:
        assert sum(weight for _, weight in weighted) == pytest.approx(1.0)
        assert all(weight > 0.0 for _, weight in weighted)
    else:
        assert sum(weight for _, weight in items) == 0.0


def test_the_ends_of_a_morph_are_single_seeds() -> None:
    assert slerped(1, 2, 0.0) == slerped(1, 1, 0.7) == ((1, 1.0),)
    assert slerped(1, 2, 1.0) == ((2, 1.0),)
    assert slerped(1, 2, 0.25) == ((1, 0.75), (2, 0.25))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompts": ()}, "no prompt"),
        ({"seeds": ()}, "Seeds"),
        ({"seeds": ((2**31, 1.0),)}, "Seeds"),
        ({"sampler": "magic"}, "no sampler 'magic'"),
        ({"steps": 0}, "steps must be in 1..100"),
        ({"tempo": 19.0}, "tempo must be in 20..300"),
        ({"guidance": float("nan")}, "guidance must be"),
        ({"beats": 65}, "beats"),
    ],
)
def test_impossible_requests_say_why(changes: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        dataclasses.replace(REQUEST, **changes).check()  # type: ignore[arg-type]
