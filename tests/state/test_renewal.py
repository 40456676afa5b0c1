"""A patch that is edited while it plays: only what was edited moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.renewal import renew
from livediffusion.state.values import interpret

TOP = "tempo = 124\nglide = 4\nblend = [1, 0.5]\nguidance = 3\n"
SCENE = '[[scene]]\nname = "drop"\nblend = [0, 1]\n'
PATH = Path("set.toml")


def prompts(*texts: str, weights: dict[str, float] | None = None) -> str:
    lines = ""
    for text in texts:
        weight = (weights or {}).get(text)
        lines += f'[[prompt]]\ntext = "{text}"\n'
        lines += "" if weight is None else f"weight = {weight}\n"
    return lines


def playing(text: str) -> Performance:
    made = Performance(parse_patch(text, PATH), "pocket")
    made.take_effects()
    return made


def send(to: Performance, address: str, *values: object, beat: float = 8.0) -> None:
    for change in interpret(address, values, len(to.trajectory.texts)):
        to.apply(change, beat, "osc 127.0.0.1:9000")


def weights(of: Performance) -> dict[str, float]:
    return dict(zip(of.trajectory.texts, of.trajectory.weights.target, strict=True))


def test_only_what_was_edited_moves_and_takes_the_glide() -> None:
    set_ = playing(TOP + prompts("a", "b"))
    send(set_, "/ld/glide", 8.0)
    send(set_, "/ld/fade", 30.0)
    renew(set_, parse_patch(TOP.replace("0.5", "0") + prompts("a", "b"), PATH), "pocket", 16.0)
    assert set_.trajectory.weights.at(20.0) == (1.0, 0.25)
    assert set_.trajectory.weights.target == (1.0, 0.0)
    assert (set_.values["fade"], set_.values["glide"]) == (30.0, 8.0)


def test_what_was_taken_out_goes_back_to_its_default() -> None:
    set_ = playing(TOP + prompts("a", "b"))
    renew(set_, parse_patch(prompts("a", "b"), PATH), "pocket", 8.0)
    assert (set_.trajectory.tempo, set_.values["glide"]) == (120.0, 0.0)
    assert set_.trajectory.guidance is None
    assert set_.trajectory.weights.target == (1.0, 0.5), "a blend has no default: it stays"


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        (("b", "a"), {"b": 0.75, "a": 0.25}),
        (("new", "a", "b"), {"new": 0.0, "a": 0.25, "b": 0.75}),
        (("a", "new", "b"), {"a": 0.25, "new": 0.0, "b": 0.75}),
        (("a", "b, dark"), {"a": 0.25, "b, dark": 0.75}),
        (("b",), {"b": 0.75}),
        (("x", "y", "z"), {"x": 0.25, "y": 0.75, "z": 0.0}),
    ],
)
def test_weights_moved_by_hand_keep_their_prompts(
    edited: tuple[str, ...], expected: dict[str, float]
) -> None:
    set_ = playing("tempo = 124\n" + prompts("a", "b"))
    send(set_, "/ld/blend", 0.25, 0.75)
    renew(set_, parse_patch("tempo = 124\n" + prompts(*edited), PATH), "pocket", 16.0)
    assert weights(set_) == expected


def test_a_glide_under_way_goes_on() -> None:
    set_ = playing(TOP + prompts("a", "b"))
    send(set_, "/ld/blend", 0.0, 1.0, beat=8.0)
    renew(set_, parse_patch(TOP + prompts("new", "a", "b"), PATH), "pocket", 10.0)
    assert set_.trajectory.weights.at(10.0) == (0.0, 0.5, 0.75)
    assert set_.trajectory.weights.at(12.0) == (0.0, 0.0, 1.0)


def test_a_weight_edited_in_the_file_is_taken_and_no_other() -> None:
    set_ = playing(prompts("a", "b", "c"))
    send(set_, "/ld/blend", 0.2, 0.4, 0.6)
    edited = prompts("a", "b", "c", weights={"b": 0.9})
    renew(set_, parse_patch(edited, PATH), "pocket", 16.0)
    assert weights(set_) == {"a": 0.2, "b": 0.9, "c": 0.6}


def test_prompts_of_the_stage_stay_and_words_of_the_stage_too() -> None:
    set_ = playing(prompts("a", "b"))
    send(set_, "/ld/prompt/2/text", "live")
    send(set_, "/ld/prompt/3/text", "added")
    send(set_, "/ld/blend", 0.1, 0.2, 0.3)
    renew(set_, parse_patch(prompts("new", "a", "b"), PATH), "pocket", 16.0)
    assert weights(set_) == {"new": 0.0, "a": 0.1, "live": 0.2, "added": 0.3}
    renew(set_, parse_patch(prompts("new", "a", "b", "added"), PATH), "pocket", 16.0)
    assert weights(set_) == {"new": 0.0, "a": 0.1, "live": 0.2, "added": 0.3}
    assert len(set_.places) == 4


def test_knobs_on_weights_that_moved_along_must_be_caught_again() -> None:
    set_ = playing(prompts("a", "b"))
    for n in (1, 2):
        set_.sources[f"/ld/prompt/{n}/weight"] = "midi box cc 1"
    renew(set_, parse_patch(prompts("a", "new", "b"), PATH), "pocket", 16.0)
    assert set_.sources["/ld/prompt/1/weight"] == "midi box cc 1"
    assert set_.sources["/ld/prompt/2/weight"] != "midi box cc 1"


def test_a_scene_that_waits_is_launched_as_it_is_now_or_not_at_all() -> None:
    set_ = playing('quantise = "bar"\n' + prompts("a", "b") + SCENE)
    send(set_, "/ld/scene", "drop", 0.0, beat=9.0)
    edited = 'quantise = "bar"\n' + prompts("a", "b") + SCENE.replace("[0, 1]", "[1, 1]")
    renew(set_, parse_patch(edited, PATH), "pocket", 10.0)
    assert set_.outlook.request_at(12.0).prompts == (("a", 0.5), ("b", 0.5))
    renew(set_, parse_patch(prompts("a", "b"), PATH), "pocket", 11.0)
    set_.advance(12.0)
    assert (set_.scene, weights(set_)) == ("", {"a": 1.0, "b": 0.0})


def test_undo_reaches_over_an_edit() -> None:
    set_ = playing(prompts("a", "b", "c"))
    send(set_, "/ld/blend", 0.1, 0.2, 0.3)
    renew(set_, parse_patch(prompts("a", "b"), PATH), "pocket", 16.0)
    send(set_, "/ld/undo")
    assert weights(set_) == {"a": 1.0, "b": 0.0}


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True),
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True),
)
def test_who_stays_keeps_weight_and_loops(before: list[str], after: list[str]) -> None:
    set_ = playing(prompts(*before))
    send(set_, "/ld/blend", *(0.1 * (index + 1) for index in range(len(before))))
    held = weights(set_)
    alone = {request.cache_key() for request in set_.trajectory.neighbours(16.0)}
    renew(set_, parse_patch(prompts(*after), PATH), "pocket", 16.0)
    assert list(set_.trajectory.texts) == after
    assert {text: weights(set_)[text] for text in held if text in after} == {
        text: weight for text, weight in held.items() if text in after
    }
    kept = [r for r in set_.trajectory.neighbours(16.0) if r.prompts[0][0] in before]
    assert len(before) == 1 or {request.cache_key() for request in kept} <= alone
