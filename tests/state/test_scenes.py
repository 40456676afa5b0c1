"""Scenes: exact beats, no clock."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livediffusion.state.crossing import crossed
from livediffusion.state.effects import Effect, PlayerSet, SaveScene
from livediffusion.state.leading import follow
from livediffusion.state.parameters import Refused, address_of
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.scenefile import with_scene
from livediffusion.state.scenes import to_save
from livediffusion.state.tomlsource import FileProblems
from livediffusion.state.values import interpret
from livediffusion.types import ModelDefaults

PROMPTS = '[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n'
TOP = 'quantise = "bar"\nseed.a = 3\nseed.b = 4\n'
SCENES = (
    '[[scene]]\nname = "drop"\nblend = [0, 1]\n'
    '[[scene]]\nname = "far"\nblend = [1, 1]\nseed.a = 9\nglide = 4\n'
    '[[scene]]\nname = "talk"\nprompt.1.text = "voices"\ngain = -12\nfade = 500\n'
)
OSC = "osc 127.0.0.1:9000"


def performance(text: str = TOP + PROMPTS + SCENES) -> Performance:
    made = Performance(parse_patch(text), "pocket")
    made.trajectory.defaults = ModelDefaults("pocket", "hash", 4, 1.0, "model", 120.0)
    return made


def send(to: Performance, address: str, *values: object, beat: float = 0.0) -> list[Effect]:
    effects: list[Effect] = []
    for change in interpret(address, values, len(to.trajectory.texts)):
        effects += to.apply(change, beat, OSC)
    return effects


def blend(of: Performance, beat: float) -> list[float]:
    weights = dict(of.outlook.request_at(beat).prompts)
    return [weights.get(text, 0.0) for text in of.trajectory.texts]


def test_a_scene_begins_at_the_next_bar_and_takes_its_beats() -> None:
    playing = performance()
    send(playing, "/ld/scene", "drop", 8.0, beat=5.3)
    beats = (5.3, 7.999, 8.0, 10.0, 12.0, 16.0, 99.0)
    foreseen = [blend(playing, beat) for beat in beats]
    assert foreseen == [[1, 0], [1, 0], [1, 0], [0.75, 0.25], [0.5, 0.5], [0, 1], [0, 1]]
    assert playing.outlook.still_until(5.3) == 8.0
    assert playing.outlook.moving_until == 16.0
    assert playing.advance(7.99) == ["/ld/scene"]
    assert playing.advance(8.004) == ["/ld/blend"]
    assert [blend(playing, beat) for beat in beats[2:]] == foreseen[2:]
    assert playing.everything(8.1)["/ld/blend"] == (0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "scene", "beats"),
    [
        (("far", 2.0), "far", 2.0),
        ((2,), "far", 4.0),
        ((2.0,), "far", 4.0),
        (("1",), "drop", 6.0),
        (("drop", 999.0), "drop", 256.0),
    ],
)
def test_a_scene_has_a_name_a_number_and_beats_of_its_own(
    values: tuple[object, ...], scene: str, beats: float
) -> None:
    playing = performance()
    send(playing, "/ld/glide", 6.0)
    send(playing, "/ld/scene", *values, beat=1.0)
    assert playing.waiting is not None
    assert (playing.waiting.scene.name, playing.waiting.at) == (scene, 4.0)
    assert playing.waiting.beats == beats
    assert playing.at_address("/ld/scene") == (scene,)
    playing.advance(4.0)
    assert (playing.waiting, playing.scene) == (None, scene)
    assert playing.values["glide"] == 6.0, "the performer's glide is left alone"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (("drob",), 'Did you mean "drop"'),
        ((4,), "from 1 to 3"),
        ((-1,), "from 1"),
        ((math.nan,), "a name or a number"),
        ((), "got none"),
        (("drop", "slow"), "number"),
    ],
)
def test_what_is_no_scene_is_refused(values: tuple[object, ...], says: str) -> None:
    playing = performance()
    with pytest.raises(Refused, match=says):
        send(playing, "/ld/scene", *values)
    assert playing.waiting is None
    with pytest.raises(Refused, match="has no scenes"):
        send(performance(PROMPTS), "/ld/scene/next")


def test_a_button_that_is_let_go_launches_nothing() -> None:
    playing = performance()
    assert send(playing, "/ld/scene", 0, beat=1.0) == []
    assert send(playing, "/ld/scene/next", 0, beat=1.0) == []
    assert playing.waiting is None


def test_a_scene_that_names_a_missing_prompt_is_said_with_its_line() -> None:
    with pytest.raises(FileProblems, match=r"patch:10: There is no prompt 5"):
        parse_patch(TOP + PROMPTS + '[[scene]]\nname = "x"\nprompt.5.weight = 1\n')


def test_next_goes_round_also_from_a_scene_that_waits() -> None:
    playing = performance()
    names = []
    for _ in range(4):
        send(playing, "/ld/scene/next", beat=1.0)
        names.append(playing.at_address("/ld/scene"))
    assert names == [("drop",), ("far",), ("talk",), ("drop",)]
    playing.advance(4.0)
    send(playing, "/ld/scene/next", beat=5.0)
    assert playing.at_address("/ld/scene") == ("far",)


def test_a_newer_launch_takes_the_place_of_one_that_waits() -> None:
    playing = performance()
    send(playing, "/ld/scene", "far", beat=1.0)
    send(playing, "/ld/scene", "drop", 0.0, beat=2.0)
    playing.advance(4.0)
    assert (playing.scene, blend(playing, 4.0)) == ("drop", [0.0, 1.0])
    assert playing.trajectory.seeds.a == 3


@pytest.mark.parametrize(
    ("quantise", "beat", "at"),
    [("off", 5.3, 5.3), ("beat", 5.3, 6.0), ("loop", 5.3, 8.0), ("bar", 7.95, 12.0),
     ("bar", 7.85, 8.0), ("loop", 0.0, 0.0)],
)  # fmt: skip
def test_the_quantise_says_where(quantise: str, beat: float, at: float) -> None:
    playing = performance()
    send(playing, "/ld/quantise", quantise)
    send(playing, "/ld/scene", "drop", 4.0, beat=beat)
    assert playing.waiting is not None
    assert playing.waiting.at == at, "what cannot be reached any more is not meant"


def test_a_hand_in_mid_morph_moves_its_own_weight_at_once() -> None:
    playing = performance()
    send(playing, "/ld/scene", "drop", 8.0, beat=1.0)
    playing.advance(4.0)
    send(playing, "/ld/prompt/1/weight", 1.0, beat=8.0)
    assert [playing.trajectory.weights.at(beat) for beat in (8.0, 10.0, 12.0)] == [
        (1.0, 0.5), (1.0, 0.75), (1.0, 1.0)
    ]  # fmt: skip


def test_a_hand_that_moves_while_a_scene_waits_is_not_undone_by_it() -> None:
    playing = performance()
    send(playing, "/ld/scene", "talk", 0.0, beat=1.0)
    send(playing, "/ld/blend", 0.5, 0.5, beat=2.0)
    assert dict(playing.outlook.request_at(4.0).prompts) == {"voices": 0.5, "dub": 0.5}
    assert dict(playing.outlook.request_at(3.9).prompts) == {"house": 0.5, "dub": 0.5}
    playing.advance(4.0)
    assert dict(playing.trajectory.request_at(4.0).prompts) == {"voices": 0.5, "dub": 0.5}


def test_texts_cross_over() -> None:
    playing = performance()
    send(playing, "/ld/scene", "talk", 4.0, beat=1.0)
    playing.advance(4.0)
    prompts = [dict(playing.trajectory.request_at(beat).prompts) for beat in (4.0, 5.0, 8.0)]
    assert prompts == [{"house": 1.0}, {"voices": 0.25, "house": 0.75}, {"voices": 1.0}]
    assert playing.trajectory.moving_until == 8.0


def test_a_text_on_its_way_out_turns_round() -> None:
    text = SCENES + '[[scene]]\nname = "back"\nprompt.1.text = "house"\n'
    playing = performance(TOP + PROMPTS + text)
    send(playing, "/ld/scene", "talk", 8.0, beat=1.0)
    playing.advance(4.0)
    send(playing, "/ld/scene", "back", 4.0, beat=7.0)
    playing.advance(8.0)
    prompts = [dict(playing.trajectory.request_at(beat).prompts) for beat in (8.0, 10.0, 12.0)]
    assert prompts == [{"house": 0.5, "voices": 0.5}, {"house": 0.75, "voices": 0.25}, {"house": 1}]


def test_seeds_cross_over() -> None:
    playing = performance()
    send(playing, "/ld/scene", "far", beat=1.0)
    playing.advance(4.0)
    seeds = [playing.trajectory.request_at(beat).seeds for beat in (4.0, 5.0, 8.0)]
    assert seeds == [((3, 1.0),), ((3, 0.75), (9, 0.25)), ((9, 1.0),)]


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.0, 1.0))
def test_a_crossing_is_even_and_meets_its_ends(start: float, end: float, place: float) -> None:
    between = ((1, 1.0 - start), (2, start)), ((1, 1.0 - end), (2, end))
    assert crossed(*between, 0.0) == between[0]
    assert crossed(*between, 1.0) == between[1]
    (_, first), (_, second) = crossed(*between, place)
    assert second == pytest.approx(start + (end - start) * place, abs=0.002)
    assert first + second == pytest.approx(1.0)


def test_three_seeds_in_a_crossing_are_a_sum() -> None:
    found = dict(crossed(((1, 0.5), (2, 0.5)), ((3, 1.0),), 0.5))
    assert found == pytest.approx({1: 0.293, 2: 0.293, 3: 0.414}, abs=0.001)


def test_gain_is_turned_slowly_and_a_hand_stops_that() -> None:
    playing = performance()
    send(playing, "/ld/scene", "talk", 8.0, beat=1.0)
    found = []
    for beat in (4.0, 6.0, 8.0):
        playing.advance(beat)
        found += playing.take_effects()
    assert found == [PlayerSet("gain", value) for value in (0.0, -3.0, -6.0)]
    assert playing.values["fade"] == 500.0
    assert send(playing, "/ld/gain", -1.0, beat=8.0) == [PlayerSet("gain", -1.0)]
    playing.advance(9.0)
    assert playing.take_effects() == []


def tempos(of: Performance, *beats: float) -> list[float]:
    return [of.trajectory.tempo_at(beat) for beat in beats]


def test_a_tempo_glides_while_loops_are_rendered_for_where_it_goes() -> None:
    playing = performance(TOP + PROMPTS + SCENES + '[[scene]]\nname = "fast"\ntempo = 128\n')
    send(playing, "/ld/scene", "fast", 8.0, beat=5.3)
    playing.advance(8.0)
    assert tempos(playing, 7.0, 8.0, 10.0, 12.0, 16.0, 99.0) == [120, 120, 122, 124, 128, 128]
    assert playing.outlook.request_at(8.0).tempo == 128.0
    send(playing, "/ld/scene", "drop", 8.0, beat=9.0)
    playing.advance(12.0)
    assert tempos(playing, 12.0, 14.0, 16.0) == [124, 126, 128], "drop says nothing of it"
    send(playing, "/ld/undo", beat=13.0)
    send(playing, "/ld/tempo", 90.0, beat=14.0)
    assert tempos(playing, 14.0, 15.0) == [90, 90]
    send(playing, "/ld/scene", "fast", 0.0, beat=17.0)
    playing.advance(20.0)
    assert tempos(playing, 20.0, 21.0) == [128, 128]


def test_a_clock_that_leads_ends_a_tempo_s_glide() -> None:
    playing = performance(TOP + PROMPTS + SCENES + '[[scene]]\nname = "fast"\ntempo = 128\n')
    send(playing, "/ld/scene", "fast", 8.0, beat=5.3)
    playing.advance(8.0)
    follow(playing, 126.0)
    assert tempos(playing, 8.0, 10.0) == [126, 126]
    send(playing, "/ld/scene", "fast", 8.0, beat=21.0)
    playing.advance(24.0)
    assert tempos(playing, 24.0, 28.0) == [126, 126], "the clock's counts"


def test_after_a_stop_the_morph_goes_on_where_it_was() -> None:
    playing = performance()
    send(playing, "/ld/scene", "drop", 8.0, beat=101.0)
    playing.advance(104.0)
    playing.advance(106.0)
    send(playing, "/ld/scene", "talk", 0.0, beat=106.0)
    assert playing.advance(0.0) == ["/ld/scene", "/ld/prompt/1/text", "/ld/gain", "/ld/fade"]
    assert playing.trajectory.weights.at(0.0) == (0.75, 0.25)
    assert playing.trajectory.weights.at(6.0) == (0.0, 1.0)


def test_what_has_been_reached_is_kept_when_the_song_goes_back() -> None:
    playing = performance()
    send(playing, "/ld/scene", "drop", 8.0, beat=101.0)
    playing.advance(104.0)
    playing.advance(120.0)
    playing.advance(0.0)
    assert blend(playing, 0.0) == [0.0, 1.0]


def test_a_scene_takes_over_from_the_journey() -> None:
    steps = "[[step]]\nbeats = 4\nblend = [1, 0]\n[[step]]\nbeats = 4\nblend = [0.5, 0.5]\n"
    playing = performance(TOP + PROMPTS + steps + SCENES)
    send(playing, "/ld/scene", "drop", 0.0, beat=1.0)
    for beat in (4.0, 8.0, 12.0, 16.0):
        playing.advance(beat)
        assert blend(playing, beat) == [0.0, 1.0]


def test_the_next_scenes_then_each_prompt_alone_are_worth_rendering() -> None:
    playing = performance()
    send(playing, "/ld/scene", "drop", 0.0, beat=1.0)
    playing.advance(4.0)
    found = [dict(request.prompts) for request in playing.outlook.neighbours(5.0)]
    both = {"house": 0.5, "dub": 0.5}
    assert found == [both, {"dub": 1.0}, {"dub": 1.0}, {"house": 1.0}, {"dub": 1.0}]
    assert playing.outlook.neighbours(5.0)[0].seeds == ((9, 1.0),)
    assert playing.outlook.neighbours(5.5) is playing.outlook.neighbours(6.0)
    send(playing, "/ld/seed/b", 77, beat=6.0)
    assert playing.outlook.neighbours(6.0)[1].seeds == ((3, 1.0),)


GESTURES = st.lists(
    st.one_of(
        st.tuples(st.just("/ld/blend"), st.tuples(st.floats(0, 1), st.floats(0, 1))),
        st.tuples(st.just("/ld/xy"), st.tuples(st.floats(0, 1), st.floats(0, 1))),
        st.tuples(st.just("/ld/prompt/2/text"), st.tuples(st.sampled_from(["jazz", 'a "b"', "é"]))),
        st.tuples(st.just("/ld/prompt/3/text"), st.tuples(st.just("new"))),
        st.tuples(st.just("/ld/prompt/1/weight"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/seed/a"), st.tuples(st.integers(0, 2**31 - 1))),
        st.tuples(st.just("/ld/seed/morph"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/drift"), st.tuples(st.sampled_from([0.0, 0.25, 0.125]))),
        st.tuples(st.just("/ld/tempo"), st.tuples(st.integers(20, 300))),
        st.tuples(st.just("/ld/guidance"), st.tuples(st.integers(0, 20))),
        st.tuples(st.just("/ld/steps"), st.tuples(st.integers(1, 100))),
        st.tuples(st.just("/ld/negative"), st.tuples(st.sampled_from(["", "drums"]))),
        st.tuples(st.just("/ld/scene"), st.tuples(st.integers(1, 3))),
    ),
    max_size=8,
)


def play(to: Performance, gestures: list[tuple[str, tuple[object, ...]]], beat: float) -> float:
    """Gestures two beats apart, then rest; the beat after."""
    for address, values in gestures:
        if address != "/ld/scene" or to.patch.scenes:
            send(to, address, *values, beat=beat)
        beat += 2.0
        to.advance(beat)
    to.advance(beat + 16.0)
    return beat + 16.0


@settings(max_examples=50)
@given(GESTURES, st.integers(0, 2))
def test_a_launch_makes_what_was_rendered_for_it(
    gestures: list[tuple[str, tuple[object, ...]]], index: int
) -> None:
    playing = performance()
    beat = play(playing, [g for g in gestures if g[0] != "/ld/drift"], 1.0)
    rendered = playing.outlook.neighbours(beat)[:3]
    for _ in range(index + 1):
        send(playing, "/ld/scene/next", beat=beat)
    assert playing.waiting is not None
    send(playing, "/ld/scene", playing.waiting.scene.name, 0.0, beat=beat)
    at = playing.waiting.at
    assert playing.outlook.request_at(at) == rendered[index]
    playing.advance(at)
    assert playing.trajectory.request_at(at) == rendered[index]


def saved(of: Performance, text: str, name: str, beat: float) -> str:
    """The patch's text after saving, as the control process does it."""
    count = len(of.patch.prompts)
    added = of.trajectory.texts[count:]
    texts = {f"prompt.{n}.text" for n in range(count + 1, count + len(added) + 1)}
    keys = {key: value for key, value in to_save(of, beat).items() if key not in texts}
    return with_scene(text, name, keys, added)


@settings(max_examples=50)
@given(GESTURES, GESTURES)
def test_a_saved_scene_comes_back_from_anywhere(
    before: list[tuple[str, tuple[object, ...]]], after: list[tuple[str, tuple[object, ...]]]
) -> None:
    text = TOP + PROMPTS + SCENES
    playing = performance(text)
    beat = play(playing, before, 1.0)
    text = saved(playing, text, "now", beat)
    a, b, morph = playing.trajectory.seeds_at(beat)
    here = playing.trajectory.request_at(beat)
    drift = playing.trajectory.seeds.drift
    again = performance(text)
    moved = {"/ld/tempo", "/ld/guidance", "/ld/steps", "/ld/negative", "/ld/prompt/2/text"}
    left_alone = moved - {address_of(key) for key in to_save(playing, beat)}
    beat = play(again, [g for g in after if g[0] not in left_alone], 1.0)
    send(again, "/ld/scene", "now", 0.0, beat=beat)
    assert again.waiting is not None
    at = again.waiting.at
    again.advance(at)
    back = again.trajectory.request_at(at)
    assert dict(back.prompts) == pytest.approx(dict(here.prompts), abs=0.002)
    assert again.trajectory.seeds_at(at) == (a, b, pytest.approx(morph, abs=1e-4))
    assert again.trajectory.seeds.drift == drift
    for name in moved - left_alone:
        assert again.at_address(name) == playing.at_address(name)


def test_the_handler_asks_others_to_save() -> None:
    assert send(performance(), "/ld/scene/save", "drop 2") == [SaveScene("drop 2")]
    with pytest.raises(Refused, match="name"):
        send(performance(), "/ld/scene/save", "  ")
