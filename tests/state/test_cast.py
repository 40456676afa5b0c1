"""Prompts that are taken out on stage: who is left, what still finds them, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.state.effects import ReturnTo
from livediffusion.state.history import History, go_back
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.renewal import renew
from livediffusion.state.scenes import begin, find_scene, launch_of, to_save
from livediffusion.state.values import interpret

NAMES = ("house", "dub", "choir")
PROMPTS = "".join(
    f'[[prompt]]\ntext = "{name}"\nposition = [0.{i}, 0.5]\n' for i, name in enumerate(NAMES)
)
SCENE = '[[scene]]\nname = "drop"\nblend = [0.5, 0, 0.5]\nprompt.3.text = "bells"\n'
STEPS = "[[step]]\nbeats = 16\nblend = [1, 0, 0]\n[[step]]\nbeats = 16\nblend = [0, 0, 1]\n"
OSC = "osc 127.0.0.1:9000"


def playing(text: str = PROMPTS + SCENE) -> Performance:
    return Performance(parse_patch(text, Path("set.toml")), "pocket")


def send(to: Performance, address: str, *values: object, beat: float = 8.0) -> None:
    for change in interpret(address, values, len(to.trajectory.texts)):
        to.apply(change, beat, OSC, time=beat)


def blend(performance: Performance, beat: float = 8.0) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in performance.trajectory.request_at(beat).prompts:
        found[text] = round(found.get(text, 0.0) + weight, 2)
    return {text: weight for text, weight in found.items() if weight}


def test_those_after_it_move_up_and_its_share_goes_to_the_others() -> None:
    set_ = playing()
    send(set_, "/ld/blend", 0.5, 0.3, 0.2)
    send(set_, "/ld/prompt/1/remove")
    assert set_.trajectory.texts == ("dub", "choir")
    assert blend(set_) == {"dub": 0.6, "choir": 0.4}
    assert set_.places == ((0.1, 0.5), (0.2, 0.5)), "each keeps its place on the pad"
    assert set_.at_address("/ld/prompt/3/text") == ()
    assert {"/ld/prompt/1/text", "/ld/prompt/2/text", "/ld/blend"} <= set(set_.advance(8.0))


def test_it_goes_within_the_glide() -> None:
    set_ = playing()
    send(set_, "/ld/blend", 0.5, 0.25, 0.25)
    send(set_, "/ld/glide", 8)
    send(set_, "/ld/prompt/1/remove", beat=16.0)
    assert blend(set_, 16.0) == {"house": 0.5, "dub": 0.25, "choir": 0.25}
    assert blend(set_, 20.0)["house"] == pytest.approx(0.25, abs=0.02)
    assert blend(set_, 24.0) == {"dub": 0.5, "choir": 0.5}
    assert set_.trajectory.moving_until == 24.0


def test_the_only_one_that_is_heard_hands_on_its_weight() -> None:
    set_ = playing()
    send(set_, "/ld/prompt/1/remove")
    assert blend(set_) == {"dub": 1.0} and set_.trajectory.weights.target == (1.0, 0.0)
    send(set_, "/ld/blend", 0, 1)
    send(set_, "/ld/prompt/2/remove")
    assert blend(set_) == {"dub": 1.0}


def test_what_cannot_be_taken_out_is_refused() -> None:
    set_ = playing('[[prompt]]\ntext = "house"\n')
    with pytest.raises(Refused, match="The last prompt cannot be taken out"):
        send(set_, "/ld/prompt/1/remove")
    with pytest.raises(Refused, match="There is no prompt 2"):
        send(set_, "/ld/prompt/2/remove")
    with pytest.raises(Refused, match="No address matches"):
        send(set_, "/ld/prompt/*/remove")
    send(playing(), "/ld/prompt/1/remove", 0)  # a button that is let go


@given(
    st.lists(st.tuples(st.sampled_from(["remove", "add", "weigh"]), st.integers(1, 4)), max_size=16)
)
@settings(max_examples=40)
def test_undo_comes_back_to_each_state_exactly(moves: list[tuple[str, int]]) -> None:
    set_, states, beat = playing(), [], 8.0
    for what, n in moves:
        count, beat = len(set_.trajectory.texts), beat + 8.0
        before = (set_.cast, set_.everything(beat), set_.places)
        try:
            if what == "add":
                send(set_, f"/ld/prompt/{count + 1}/text", f"new {beat}", beat=beat)
            elif what == "remove":
                send(set_, f"/ld/prompt/{n}/remove", beat=beat)
            else:
                send(set_, f"/ld/prompt/{n}/weight", beat / 1000, beat=beat)
        except Refused:
            continue
        states.append(before)
    set_.history = History.from_json(set_.history.to_json())  # as after a restart
    while states:
        send(set_, "/ld/undo", beat=beat)
        cast, everything, places = states.pop()
        assert (set_.everything(beat), set_.places) == (everything, places)
        assert [one for one in set_.cast if one < 3] == [one for one in cast if one < 3]


def test_two_that_go_at_once_come_back_one_by_one() -> None:
    set_ = playing()
    for beat in (8.0, 8.1):
        send(set_, "/ld/prompt/1/remove", beat=beat)
    send(set_, "/ld/undo", beat=8.2)
    assert set_.trajectory.texts == ("dub", "choir")


def test_a_scene_finds_those_it_means() -> None:
    set_ = playing()
    send(set_, "/ld/prompt/2/remove")
    begin(set_, launch_of(set_, find_scene(set_.patch.scenes, "drop"), 0.0, 8.0))
    assert blend(set_) == {"house": 0.5, "bells": 0.5}
    send(set_, "/ld/prompt/2/remove")
    begin(set_, launch_of(set_, find_scene(set_.patch.scenes, "drop"), 0.0, 8.0))
    assert blend(set_) == {"house": 1.0}, "what it says of one who is gone is for nobody"


def test_a_scene_that_is_saved_names_the_file_s_prompts() -> None:
    set_ = playing()
    send(set_, "/ld/prompt/4/text", "strings")
    send(set_, "/ld/prompt/2/remove")
    send(set_, "/ld/blend", 0.25, 0.25, 0.5)
    send(set_, "/ld/prompt/2/text", "organ")
    kept = to_save(set_, 8.0)
    assert kept["blend"] == [0.25, 0.0, 0.25, 0.5]
    assert kept["prompt.3.text"] == "organ" and kept["prompt.4.text"] == "strings"
    assert "prompt.2.text" not in kept


def test_a_journey_goes_on_with_those_who_are_there() -> None:
    set_ = playing(PROMPTS + STEPS)
    set_.advance(8.0)
    send(set_, "/ld/prompt/2/remove")
    set_.advance(17.0)
    assert blend(set_, 17.0) == {"choir": 1.0}


def test_what_a_hand_has_touched_is_known_by_its_new_number() -> None:
    set_ = playing()
    for n in (1, 2, 3):
        send(set_, f"/ld/prompt/{n}/text", f"mine {n}")
    send(set_, "/ld/prompt/2/remove")
    assert set_.touched == {"/ld/prompt/1/text", "/ld/prompt/2/text"}


def test_a_file_that_is_saved_brings_nobody_back_but_whom_it_edits() -> None:
    set_ = playing()
    send(set_, "/ld/prompt/4/text", "strings")
    send(set_, "/ld/prompt/2/remove")
    renew(set_, parse_patch("tempo = 90\n" + PROMPTS, Path("set.toml")), "pocket", 8.0)
    assert set_.trajectory.texts == ("house", "choir", "strings")
    renew(set_, parse_patch(PROMPTS.replace("dub", "ska"), Path("set.toml")), "pocket", 8.0)
    assert set_.trajectory.texts == ("house", "ska", "choir", "strings")
    assert blend(set_) == {"house": 1.0}


def test_undo_of_a_patch_has_the_same_prompts_again() -> None:
    set_ = playing()
    send(set_, "/ld/prompt/1/remove")
    send(set_, "/ld/blend", 0.5, 0.5)
    old = set_.patch
    set_.load(parse_patch('[[prompt]]\ntext = "x"\n', Path("other.toml")), "pocket", 16.0)
    (change,) = interpret("/ld/undo", (), 1)
    (effect,) = set_.apply(change, 24.0, OSC)
    assert isinstance(effect, ReturnTo)
    set_.load(old, "pocket", 24.0, undoable=False)
    go_back(set_, effect.before, 24.0, 0.0)
    assert set_.trajectory.texts == ("dub", "choir") and blend(set_, 24.0)["choir"] == 0.5
