"""A scene in a patch file: its comments and order stay."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.parameters import row
from livediffusion.state.patch import parse_patch
from livediffusion.state.scenefile import with_scene
from livediffusion.state.values import coerce

TEXT = """\
# my set
tempo = 120    # slow

[[prompt]]     # the first
text = "a"
[[prompt]]
text = "b"

# the end of the night
[[scene]]
name = "drop"   # loud
blend = [0.0, 1.0]  # only b
[scene.seed]
a = 4           # lucky
# before the steps

[[step]]
beats = 8
blend = [1, 0]
"""
KEYS = {"blend": [0.5, 0.25], "seed.a": 9, "seed.morph": 0.5, "prompt.1.text": 'x "y" é'}


def test_a_new_scene_stands_after_the_last_and_nothing_else_has_moved() -> None:
    text = with_scene(TEXT, "quiet", KEYS, [])
    new = (
        '\n[[scene]]\nname = "quiet"\nblend = [0.5, 0.25]\nseed.a = 9\nseed.morph = 0.5\n'
        'prompt.1.text = "x \\"y\\" é"\n'
    )
    assert new in text
    assert text.replace(new, "") == TEXT
    assert [scene.name for scene in parse_patch(text).scenes] == ["drop", "quiet"]


def test_a_scene_of_that_name_keeps_its_comments_and_its_order() -> None:
    text = with_scene(TEXT, "drop", {"blend": [0.5, 0.25], "seed.a": 9, "drift": 0.25}, [])
    expected = TEXT.replace("[0.0, 1.0]", "[0.5, 0.25]").replace("a = 4 ", "a = 9 ")
    added = "drift = 0.25\n"
    assert added in text
    assert text.replace(added, "").split() == expected.split()
    assert tomllib.loads(text)["scene"] == [
        {"name": "drop", "blend": [0.5, 0.25], "seed": {"a": 9}, "drift": 0.25}
    ]


def test_prompts_of_the_stage_are_written_too() -> None:
    text = with_scene(TEXT, "three", {"blend": [0.0, 0.0, 1.0]}, ["c"])
    patch = parse_patch(text)
    assert [prompt.text for prompt in patch.prompts] == ["a", "b", "c"]
    assert patch.scenes[1].changes[0].values == (0.0, 0.0, 1.0)
    assert text.index('"c"') < text.index("# the end of the night")


def test_the_first_scene_of_a_patch_stands_at_its_end() -> None:
    text = with_scene('[[prompt]]\ntext = "a"\n', "one", {"blend": [1.0]}, [])
    assert text == '[[prompt]]\ntext = "a"\n\n[[scene]]\nname = "one"\nblend = [1.0]\n'


@given(st.text(min_size=1))
def test_whatever_name_a_scene_is_given_it_is_found_under_it(name: str) -> None:
    (taken,) = coerce(row("scene.save"), [name]).values
    if not taken:
        return
    text = with_scene(TEXT, str(taken), {"blend": [0.5, 0.25]}, [])
    text = with_scene(text, str(taken), {"blend": [0.25, 0.5]}, [])
    scenes = {scene.name: scene for scene in parse_patch(text).scenes}
    assert scenes[str(taken)].changes[0].values == (0.25, 0.5)
