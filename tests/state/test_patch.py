"""Patches: read whole, or refused with everything that is wrong and where."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.errors import UserError
from livediffusion.state.journey import Step, current, untouched, visits
from livediffusion.state.patch import find_patch, load_patch, parse_patch
from livediffusion.state.tomlsource import FileProblems, Source
from livediffusion.state.values import interpret

PATCHES = Path(__file__).parents[2] / "patches"

WRONG = """\
nam = "x"
tempo = 400
beats = 6
quantise = "bat"
[seed]
a = 3
morf = 4
[[prompt]]
text = "a"
wieght = 3
[[prompt]]
weight = 2.0
[[midi]]
control = "cc 200"
target = "/ld/prompt/1/wait"
takeover = "pikup"
[[midi]]
control = "cc 20"
target = "/ld/gain"
range = [-90, 2]
[[step]]
blend = [1.0, 1.0, 1.0]
"""


def test_everything_wrong_is_said_at_once_with_its_line():
    with pytest.raises(FileProblems) as refusal:
        parse_patch(WRONG, Path("set.toml"))
    lines = str(refusal.value).splitlines()
    expected = {
        1: 'Did you mean "name"?', 2: "20 to 300 bpm", 3: "multiple of 4",
        4: 'Did you mean "beat"?', 7: 'Did you mean "seed.morph"?', 10: 'Did you mean "weight"?',
        11: "needs a text", 12: "from 0 to 1", 14: "0 to 127", 15: "/ld/prompt/{n}/weight",
        16: 'did you mean "pickup"', 20: "-60 to 6", 21: "needs beats", 22: "3 weights for 2",
    }  # fmt: skip
    assert len(lines) == len(expected)
    for line, (number, words) in zip(lines, expected.items(), strict=True):
        assert line.startswith(f"set.toml:{number}: ") and words in line


@pytest.mark.parametrize(
    ("text", "line"), [("a = \n", 1), ('name = "x"\n\nb = [1,\n', 4), ("x = 1\nx = 2\n", 2)]
)
def test_what_is_not_toml_is_said_with_its_line(text, line):
    with pytest.raises(FileProblems) as refusal:
        parse_patch(text)
    assert refusal.value.problems[0].line == line


def test_a_patch_needs_a_prompt():
    with pytest.raises(UserError, match="at least one"):
        parse_patch('name = "empty"\n')


def test_a_mask_needs_an_image_and_files_must_exist():
    text = '[seed]\nmask = "m.png"\n[[prompt]]\ntext = "a"\n'
    with pytest.raises(UserError, match="must be a file that exists"):
        parse_patch(text)


def test_files_lie_beside_the_patch(tmp_path):
    (tmp_path / "loop.png").write_bytes(b"")
    (tmp_path / "p.toml").write_text('[seed]\nimage = "loop.png"\n[[prompt]]\ntext = "a"\n')
    assert load_patch(tmp_path / "p.toml").seed_image == tmp_path / "loop.png"


def test_values_become_changes():
    patch = parse_patch(
        "tempo = 174\nblend = [0, 1]\nseed.morph = 0.5\n"
        '[[prompt]]\ntext = "a"\n[[prompt]]\ntext = "b"\n'
    )
    found = {change.address: change.values for change in patch.changes}
    assert found == {"/ld/tempo": (174.0,), "/ld/blend": (0.0, 1.0), "/ld/seed/morph": (0.5,)}
    assert (patch.tempo, patch.value("fade"), patch.beats) == (174.0, 60.0, 8)


@pytest.mark.parametrize("path", sorted(PATCHES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_patches_that_ship_are_right(path):
    patch = load_patch(path)
    assert patch.prompts and patch.stem == path.stem


def test_the_default_patch_moves_by_itself():
    assert len(load_patch(PATCHES / "default.toml").steps) > 1


def test_patches_are_found_by_name_never_by_path(tmp_path):
    (tmp_path / "dusk.toml").write_text("")
    (tmp_path / "inner").mkdir()
    assert find_patch("dusk", [tmp_path / "none", tmp_path]) == tmp_path / "dusk.toml"
    for name in ("../dusk", str(tmp_path / "dusk.toml"), "dusk.toml", "inner/x", "", "*"):
        with pytest.raises(UserError, match="There is no patch"):
            find_patch(name, [tmp_path / "inner", tmp_path])
    with pytest.raises(UserError, match='Did you mean "dusk"'):
        find_patch("dsk", [tmp_path])
    assert find_patch(str(tmp_path / "dusk.toml"), [], paths=True) == tmp_path / "dusk.toml"


@given(st.text(max_size=200))
def test_no_text_brings_down_the_reader(text):
    try:
        parse_patch(text)
    except FileProblems as problems:
        assert problems.problems


VALUES = st.recursive(
    st.integers() | st.floats() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(
    st.sampled_from(["prompt", "midi", "step", "tempo", "blend", "xy", "seed", "hold", "fade"]),
    VALUES,
)
def test_no_value_brings_down_the_reader(key, value):
    text = f"{key} = {str(value).lower()}\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    with pytest.raises(FileProblems):  # if only because there is no prompt
        parse_patch(text)


def test_lines_are_found_whatever_the_style():
    text = (
        '# hi\na.b = [\n 1,\n]\n[[p]]\nt = """\n[x]\n"""\n"we ird" = 3\r\n[[p]]\n[p.sub]\nk={z=1}\n'
    )
    source = Source(text, "f")
    places = {("a", "b"): 2, ("p", 0): 5, ("p", 0, "t"): 6, ("p", 0, "we ird"): 9,
              ("p", 1, "sub", "k", "z"): 12, ("p", 1, "sub", "nothing"): 11, ("x",): 1}  # fmt: skip
    assert {place: source.line(place) for place in places} == places


STEPS = (Step(16, ()), Step(8, (), 4.0))


def test_a_journey_goes_round_from_beat_zero():
    assert [visit.beat for visit in visits(STEPS, 0, 50)] == [0, 16, 24, 40, 48]
    assert [visit.beat for visit in visits(STEPS, 16, 24)] == [16]
    assert list(visits((), 0, 50)) == []


@given(st.floats(0, 1e6))
def test_there_is_always_a_step_under_way(beat):
    visit = current(STEPS, beat)
    assert visit is not None and visit.beat <= beat < visit.beat + visit.step.beats


def test_a_hand_on_one_weight_has_the_whole_blend():
    changes = (*interpret("/ld/blend", [1], 2), *interpret("/ld/gain", [0], 2))
    left = untouched(changes, {"/ld/prompt/2/weight"})
    assert [change.address for change in left] == ["/ld/gain"]
