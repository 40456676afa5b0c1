"""LoRAs in a patch and on stage: their weights are parameters as all others."""

from __future__ import annotations

import pytest

from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.renewal import renew
from livediffusion.state.scenes import to_save
from livediffusion.state.tomlsource import FileProblems
from livediffusion.state.values import interpret

PATCH = """
sampler = "lcm"
decoder = "taesd"
[[prompt]]
text = "house"
[[lora]]
name = "lcm"
[[lora]]
name = "dark"
weight = 0.25
most = -2.0
[[scene]]
name = "bright"
lora.2.weight = 1.0
"""


def performance(text: str = PATCH) -> Performance:
    return Performance(parse_patch(text), "pocket")


def send(to: Performance, address: str, *values: object, beat: float = 0.0) -> None:
    for change in interpret(address, values, 1):
        to.apply(change, beat, "osc test", beat * 10.0)


def worn(of: Performance, beat: float = 0.0) -> dict[str, float]:
    return dict(of.trajectory.request_at(beat).loras)


def test_a_patch_says_what_is_worn_with_which_sampler_and_decoder() -> None:
    request = performance().trajectory.request_at(0.0)
    assert request.loras == (("lcm", 1.0), ("dark", -0.5))
    assert (request.sampler, request.decoder) == ("lcm", "taesd")
    bare = performance('[[prompt]]\ntext = "house"\n').trajectory.request_at(0.0)
    assert (bare.loras, bare.sampler, bare.decoder) == ((), "model", "")


def test_a_weight_glides_and_at_zero_nothing_is_worn() -> None:
    playing = performance()
    send(playing, "/ld/glide", 4.0)
    send(playing, "/ld/lora/2/weight", 0.75, beat=8.0)
    assert playing.trajectory.moving_until == 12.0
    found = [worn(playing, beat)["dark"] for beat in (8.0, 10.0, 12.0)]
    assert found == [-0.5, -1.0, -1.5]
    assert playing.at_address("/ld/lora/2/weight") == (0.75,)
    send(playing, "/ld/glide", 0.0, beat=20.0)
    send(playing, "/ld/lora/1/weight", 0.0, beat=20.0)
    assert "lcm" not in worn(playing, 20.0)


def test_undo_and_scenes_know_them() -> None:
    playing = performance()
    send(playing, "/ld/lora/1/weight", 0.5, beat=1.0)
    assert to_save(playing, 1.0)["lora.1.weight"] == 0.5
    send(playing, "/ld/undo", beat=2.0)
    assert worn(playing, 2.0)["lcm"] == 1.0
    send(playing, "/ld/scene", "bright", beat=3.0)
    playing.advance(16.0)
    assert worn(playing, 16.0)["dark"] == -2.0


def test_the_weight_of_a_prompt_is_another_thing() -> None:
    playing = performance()
    before = playing.trajectory.weights
    send(playing, "/ld/lora/1/weight", 0.5)
    assert playing.trajectory.weights == before
    assert playing.sources.keys() >= {"/ld/lora/1/weight"}
    assert playing.at_address("/ld/prompt/1/weight") == (1.0,)


def test_one_that_the_patch_does_not_name_does_nothing() -> None:
    playing = performance()
    before = playing.trajectory.request_at(0.0)
    send(playing, "/ld/lora/4/weight", 1.0)
    assert playing.trajectory.request_at(0.0) == before
    with pytest.raises(Refused, match="There is no address"):
        send(playing, "/ld/lora/5/weight", 1.0)


def test_a_saved_patch_changes_what_was_changed_in_it() -> None:
    playing = performance()
    send(playing, "/ld/lora/1/weight", 0.5)
    edited = PATCH.replace('name = "dark"', 'name = "darker"').replace("0.25", "0.5")
    renew(playing, parse_patch(edited), "pocket", 4.0)
    assert worn(playing, 4.0) == {"lcm": 0.5, "darker": -1.0}
    renew(playing, parse_patch(PATCH.replace('"lcm"\ndecoder', '"tcd"\ndecoder')), "pocket", 5.0)
    assert playing.trajectory.request_at(5.0).sampler == "tcd"
    renew(playing, parse_patch('[[prompt]]\ntext = "house"\n'), "pocket", 6.0)
    assert worn(playing, 6.0) == {}
    assert playing.trajectory.request_at(6.0).decoder == ""


def test_another_patch_leaves_none_on() -> None:
    playing = performance()
    playing.load(parse_patch('[[prompt]]\ntext = "b"\n[[lora]]\nname = "new"\n'), "pocket", 4.0)
    assert worn(playing, 4.0) == {"new": 1.0}
    assert playing.at_address("/ld/lora/2/weight") == (0.0,)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[lora]]\nweight = 1.0", "needs a name"),
        ('[[lora]]\nname = "a"\nweight = 2', "from 0 to 1"),
        ('[[lora]]\nname = "a"\nmost = 5', "from -4 to 4"),
        ('[[lora]]\nname = "a"\nwight = 1', 'Did you mean "weight"?'),
        ('[[lora]]\nname = "a"\n[[lora]]\nname = "a"', "is there already"),
        ('[[lora]]\nname = "x"\n' * 5, "at most 4"),
        ('[lora]\nname = "a"', "[[lora]], once for each"),
        ('sampler = "lmc"', '"lcm"'),
    ],
)
def test_mistakes_have_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(FileProblems) as caught:
        parse_patch(f'{text}\n[[prompt]]\ntext = "a"\n')
    assert any(sentence in problem.sentence for problem in caught.value.problems)
