"""Where the sound leans, worked out exactly."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.render.request import RenderRequest, normalise
from livediffusion.timeline.leaning import AT_ONCE, LEAST, amounts, setting, shares

TEXTS = ("house", "dub", "jazz", "noise")


def blend(*weights: float, **changes: object) -> RenderRequest:
    """A request for so much of each text."""
    prompts = normalise(list(zip(TEXTS, weights, strict=False)))
    values: dict[str, object] = {"prompts": prompts, "seeds": ((1, 1.0),), "tempo": 120.0}
    return RenderRequest(**(values | changes))  # type: ignore[arg-type]


def alone(*numbers: int, **changes: object) -> dict[int, RenderRequest]:
    """Loops that stand by, by slot: slot 10 holds the first text alone."""
    found = {}
    for number in numbers:
        prompts = ((TEXTS[number], 1.0),)
        found[10 + number] = dataclasses.replace(blend(1.0, **changes), prompts=prompts)
    return found


weights = st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any)


@pytest.mark.parametrize(
    ("sounding", "wanted", "expected"),
    [
        ((1.0, 0.0), (0.3, 0.7), {11: 0.7}),
        ((1.0, 0.0), (0.0, 1.0), {11: 1.0}),
        ((0.5, 0.5), (1.0, 0.0), {10: 1.0}),
        ((0.5, 0.5), (0.75, 0.25), {10: 0.5}),
        ((1.0, 0.0, 0.0), (0.5, 0.3, 0.2), {11: 0.3, 12: 0.2}),
        ((0.4, 0.2, 0.4), (0.4, 0.6, 0.0), {11: 0.5}),
        ((0.4, 0.6), (0.4, 0.6), {}),
        ((1.0, 0.0), (0.96, 0.04), {}),
        ((1.0, 0.0, 0.0, 0.0), (0.1, 0.2, 0.3, 0.4), {13: 0.4, 12: 0.3}),
    ],
)
def test_the_sound_leans_on_what_gains_weight(
    sounding: tuple[float, ...], wanted: tuple[float, ...], expected: dict[int, float]
) -> None:
    found = shares(blend(*sounding), blend(*wanted), alone(0, 1, 2, 3))
    assert found == pytest.approx(expected)
    assert list(found) == list(expected), "the furthest first"


def test_the_way_to_a_prompt_alone_is_followed_exactly() -> None:
    here = (0.2, 0.3, 0.5)
    for place in (0.1, 0.25, 0.5, 0.8, 1.0):
        there = [(1.0 - place) * weight for weight in here]
        there[1] += place
        found = shares(blend(*here), blend(*there), alone(0, 1, 2))
        assert found == pytest.approx({11: place}, abs=0.002)


@given(weights, weights)
def test_together_they_are_never_more_than_the_whole(here: list[int], there: list[int]) -> None:
    sounding, wanted = blend(*here), blend(*there)
    found = shares(sounding, wanted, alone(0, 1, 2, 3))
    assert sum(found.values()) <= 1.0 + 1e-9
    assert len(found) <= AT_ONCE
    before, after = dict(sounding.prompts), dict(wanted.prompts)
    for slot, share in found.items():
        text = TEXTS[slot - 10]
        assert LEAST <= share <= 1.0
        assert after[text] > before.get(text, 0.0)


@given(weights, weights, st.floats(0.0, 1.0))
def test_only_as_far_as_is_allowed(here: list[int], there: list[int], lean: float) -> None:
    sounding, wanted, standing = blend(*here), blend(*there), alone(0, 1, 2, 3)
    found = amounts(sounding, wanted, standing, lean)
    whole = shares(sounding, wanted, standing)
    assert set(found) <= set(whole)
    for slot, amount in found.items():
        assert lean * whole[slot] - 0.01 < amount <= lean * whole[slot] + 1e-7


def test_a_knob_that_goes_back_takes_the_lean_back() -> None:
    here, standing = blend(1.0, 0.0), alone(0, 1)
    way = [amounts(here, blend(1.0 - w, w), standing, 0.7) for w in (0.0, 0.5, 1.0, 0.5, 0.0)]
    assert way == [{}, {11: 0.35}, {11: 0.7}, {11: 0.35}, {}]


@pytest.mark.parametrize(
    "change",
    [{"seeds": ((2, 1.0),)}, {"model": "other"}, {"model_hash": "f00"}, {"steps": 9},
     {"guidance": 3.0}, {"seed_image": "a.png"}],
)  # fmt: skip
def test_a_stale_loop_is_never_leaned_on(change: dict[str, object]) -> None:
    fresh, stale = alone(0, 1), alone(0, 1, **change)
    assert shares(blend(1.0, 0.0), blend(0.0, 1.0), stale) == {}
    assert shares(blend(1.0, 0.0), blend(0.0, 1.0, **change), fresh) == {}
    assert shares(blend(1.0, 0.0), blend(0.0, 1.0, **change), stale) == {11: 1.0}


@pytest.mark.parametrize("change", [{"tempo": 121.0}, {"beats": 16}])
def test_nothing_is_leaned_on_that_is_not_as_long_as_what_sounds(change: dict[str, object]) -> None:
    wanted = blend(0.0, 1.0, **change)
    assert shares(blend(1.0, 0.0), wanted, alone(0, 1, **change)) == {}
    assert shares(blend(1.0, 0.0), wanted, alone(0, 1)) == {}


def test_fewer_steps_in_what_sounds_do_not_matter() -> None:
    sounding = blend(1.0, 0.0, steps=2)
    assert shares(sounding, blend(0.0, 1.0), alone(0, 1)) == {11: 1.0}


def test_what_cannot_be_heard_makes_no_other_setting() -> None:
    assert setting(blend(1.0, 0.0)) == setting(blend(0.2, 0.8, phase_from="x", negative="drums"))
    assert setting(blend(1.0, 0.0)) != setting(blend(1.0, 0.0, tempo=121.0))


def test_two_prompts_that_say_the_same_weigh_together() -> None:
    twice = dataclasses.replace(blend(1.0), prompts=(("house", 0.5), ("house", 0.5)))
    assert shares(twice, blend(1.0, 0.0), alone(0, 1)) == {}
    assert shares(twice, blend(0.0, 1.0), alone(0, 1)) == {11: 1.0}


def test_what_is_not_one_prompt_alone_is_not_leaned_on() -> None:
    assert shares(blend(1.0, 0.0), blend(0.0, 1.0), {3: blend(0.1, 0.9)}) == {}
