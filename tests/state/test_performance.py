"""What messages do to the values: exact beats, no clock."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.effects import Effect, Listen, LoadPatch, PlayerDo, PlayerSet, SendState
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret
from livediffusion.types import ModelDefaults

TWO = '[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "drum and bass"\n'
SEEDS = "[seed]\na = 10\nb = 20\n"
JOURNEY = (
    TWO + "[[step]]\nbeats = 8\nblend = [1, 0]\n[[step]]\nbeats = 8\nglide = 4\nblend = [0, 1]\n"
)


def performance(text: str = TWO) -> Performance:
    made = Performance(parse_patch(text), "pocket")
    made.trajectory.defaults = ModelDefaults("pocket", "hash", 4, 1.0, "model", 120.0)
    return made


def send(to: Performance, address: str, *values: object, beat: float = 0.0) -> list[Effect]:
    effects: list[Effect] = []
    for change in interpret(address, values, len(to.trajectory.texts)):
        effects += to.apply(change, beat, "osc test")
    return effects


def blend(of: Performance, beat: float) -> list[float]:
    weights = dict(of.trajectory.request_at(beat).prompts)
    return [weights.get(text, 0.0) for text in of.trajectory.texts]


def test_a_patch_begins_with_its_first_prompt_and_the_models_defaults() -> None:
    request = performance().trajectory.request_at(0.0)
    assert request.prompts == (("house", 1.0),)
    assert (request.steps, request.guidance, request.tempo) == (4, 1.0, 120.0)


def test_a_weight_glides_in_beats_and_the_future_is_known() -> None:
    playing = performance()
    send(playing, "/ld/glide", 8.0)
    send(playing, "/ld/blend", 0.0, 1.0, beat=100.0)
    assert playing.trajectory.moving_until == 108.0
    found = [blend(playing, beat) for beat in (100.0, 102.0, 104.0, 108.0, 200.0)]
    assert found == [[1.0, 0.0], [0.75, 0.25], [0.5, 0.5], [0.0, 1.0], [0.0, 1.0]]


def test_without_glide_a_weight_jumps() -> None:
    playing = performance()
    send(playing, "/ld/prompt/2/weight", 1.0, beat=5.0)
    assert blend(playing, 5.0) == [0.5, 0.5]
    assert playing.trajectory.moving_until <= 5.0


def test_a_turn_in_mid_glide_starts_from_where_the_value_is() -> None:
    playing = performance()
    send(playing, "/ld/glide", 4.0)
    send(playing, "/ld/blend", 0.0, 1.0, beat=0.0)
    send(playing, "/ld/blend", 1.0, 0.0, beat=2.0)
    found = [blend(playing, beat) for beat in (2.0, 4.0, 6.0)]
    assert found == [[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]]


@given(st.floats(0.0, 1.0), st.floats(0.01, 1.0))
def test_all_weights_zero_keeps_the_last_blend(first: float, second: float) -> None:
    playing = performance()
    send(playing, "/ld/blend", first, second)
    kept = blend(playing, 1.0)
    send(playing, "/ld/blend", 0.0, 0.0, beat=2.0)
    assert blend(playing, 3.0) == kept
    send(playing, "/ld/blend", 0.0, 0.0, beat=4.0)
    assert blend(playing, 5.0) == kept


def test_gliding_to_zero_keeps_the_last_blend_too() -> None:
    playing = performance()
    send(playing, "/ld/blend", 0.25, 0.75)
    send(playing, "/ld/glide", 4.0)
    send(playing, "/ld/blend", 0.0, 0.0, beat=2.0)
    assert [blend(playing, beat) for beat in (2.0, 3.0, 6.0, 9.0)] == [[0.25, 0.75]] * 4


def test_one_weight_moves_alone() -> None:
    playing = performance()
    send(playing, "/ld/blend", 1.0, 1.0)
    send(playing, "/ld/prompt/1/weight", 0.0)
    assert blend(playing, 0.0) == [0.0, 1.0]


def test_drift_walks_from_seed_to_seed_by_the_loop() -> None:
    playing = performance(TWO + SEEDS)
    send(playing, "/ld/drift", 0.25, beat=3.0)
    assert math.isinf(playing.trajectory.moving_until)
    walk = [playing.trajectory.seeds_at(beat) for beat in (3.0, 8.0, 15.9, 16.0, 24.0, 32.0, 64.0)]
    assert walk[:5] == [(10, 20, morph) for morph in (0.0, 0.25, 0.25, 0.5, 0.75)]
    assert walk[5:] == [(20, 21, 0.0), (21, 22, 0.0)]


@given(st.floats(0.001, 1.0), st.floats(0.0, 2000.0))
def test_stopping_the_drift_stays_where_it_is(drift: float, beat: float) -> None:
    playing = performance(TWO + SEEDS)
    send(playing, "/ld/drift", drift)
    before = playing.trajectory.seeds_at(beat)
    send(playing, "/ld/drift", 0.0, beat=beat)
    assert playing.trajectory.seeds_at(beat + 1000.0) == pytest.approx(before)


def test_the_morph_glides_between_the_seeds() -> None:
    playing = performance(TWO + SEEDS)
    send(playing, "/ld/glide", 4.0)
    send(playing, "/ld/seed/morph", 1.0, beat=8.0)
    seeds = [playing.trajectory.request_at(beat).seeds for beat in (8.0, 10.0, 12.0)]
    assert seeds == [((10, 1.0),), ((10, 0.5), (20, 0.5)), ((20, 1.0),)]


def test_a_gesture_that_needs_a_render_is_a_new_revision() -> None:
    playing = performance()
    before = playing.trajectory.revision
    send(playing, "/ld/gain", -6.0)
    assert playing.trajectory.revision == before
    send(playing, "/ld/seed/a", 7)
    assert playing.trajectory.revision == before + 1


def test_effects_go_to_those_who_carry_them_out() -> None:
    playing = performance()
    assert send(playing, "/ld/gain", -6.0) == [PlayerSet("gain", -6.0)]
    assert send(playing, "/ld/mute", 1) == [PlayerSet("mute", True)]
    assert send(playing, "/ld/panic") == [PlayerDo("panic")]
    assert send(playing, "/ld/panic", 0) == []
    assert send(playing, "/ld/patch", "techno") == [LoadPatch("techno")]
    assert send(playing, "/ld/subscribe", 9000) == [Listen(9000, None, True)]
    assert send(playing, "/ld/unsubscribe", 9000, "h") == [Listen(9000, "h", False)]
    assert send(playing, "/ld/state") == [SendState()]


def test_too_many_weights_and_prompts_that_are_not_there_are_refused() -> None:
    playing = performance()
    with pytest.raises(Refused, match="2 prompts"):
        send(playing, "/ld/blend", 1.0, 1.0, 1.0)
    with pytest.raises(Refused):
        send(playing, "/ld/prompt/3/weight", 1.0)
    with pytest.raises(Refused):
        send(playing, "/ld/prompt/5/text", "jazz")
    assert blend(playing, 0.0) == [1.0, 0.0]


def test_a_new_prompt_can_be_added_live() -> None:
    playing = performance()
    send(playing, "/ld/prompt/3/text", "jazz 🎷")
    send(playing, "/ld/blend", 0.0, 0.0, 1.0)
    assert playing.trajectory.request_at(0.0).prompts == (("jazz 🎷", 1.0),)
    assert len(playing.places) == 3


def test_the_pad_weighs_by_distance() -> None:
    text = TWO.replace('"house"\n', '"house"\nposition = [0.0, 0.0]\n')
    playing = performance(text.replace('bass"\n', 'bass"\nposition = [1.0, 1.0]\n'))
    send(playing, "/ld/xy", 1.0, 1.0)
    assert blend(playing, 0.0) == [0.0, 1.0]
    send(playing, "/ld/xy", 0.5, 0.5)
    assert blend(playing, 0.0) == [0.5, 0.5]


def test_the_journey_moves_by_itself_and_on_time() -> None:
    playing = performance(JOURNEY)
    assert playing.advance(7.9) == []
    assert playing.advance(8.3) == ["/ld/blend"]
    assert [blend(playing, beat) for beat in (8.0, 10.0, 12.0)] == [[1, 0], [0.5, 0.5], [0, 1]]
    playing.advance(16.1)
    assert blend(playing, 16.2) == [1.0, 0.0]


def test_a_hand_takes_over_from_the_journey() -> None:
    playing = performance(JOURNEY)
    send(playing, "/ld/prompt/1/weight", 0.5, beat=1.0)
    assert playing.advance(100.0) == []
    assert blend(playing, 101.0) == [1.0, 0.0]


def test_another_patch_leaves_the_gain_to_the_hand() -> None:
    playing = performance()
    send(playing, "/ld/gain", -6.0)
    send(playing, "/ld/glide", 8.0)
    revision = playing.trajectory.revision
    playing.load(parse_patch('tempo = 90\n[[prompt]]\ntext = "ambient"\n'), "pocket", 10.0)
    assert (playing.values["gain"], playing.values["glide"]) == (-6.0, 0.0)
    assert playing.trajectory.revision > revision
    request = playing.trajectory.request_at(10.0)
    assert (request.prompts, request.tempo, request.steps) == ((("ambient", 1.0),), 90.0, 4)


def test_every_value_is_reported_on_its_own_address() -> None:
    playing = performance()
    send(playing, "/ld/blend", 0.25, 0.5)
    state = playing.everything(0.0)
    assert state["/ld/prompt/2/weight"] == (0.5,)
    assert state["/ld/prompt/2/text"] == ("drum and bass",)
    assert state["/ld/blend"] == (0.25, 0.5)
    assert state["/ld/tempo"] == (120.0,)
    assert state["/ld/gain"] == (0.0,)
    assert not any(address.startswith("/ld/out/") for address in state)


def test_moving_all_weights_makes_their_knobs_be_picked_up_again() -> None:
    playing = performance()
    send(playing, "/ld/prompt/2/weight", 0.5)
    playing.sources["/ld/prompt/2/weight"] = "midi knob"
    send(playing, "/ld/blend", 0.0, 1.0)
    assert playing.sources["/ld/prompt/2/weight"] == "osc test"


def test_the_neighbours_are_each_prompt_alone() -> None:
    playing = performance()
    send(playing, "/ld/blend", 0.5, 0.5)
    alone = [request.prompts for request in playing.trajectory.neighbours(0.0)]
    assert alone == [(("house", 1.0),), (("drum and bass", 1.0),)]
    assert performance('[[prompt]]\ntext = "dub"\n').trajectory.neighbours(0.0) == []


def test_what_may_stand_by_does_not_change_with_the_blend() -> None:
    playing = performance(TWO + SEEDS)
    alone = playing.outlook.alone(0.0)
    assert [request.prompts for request in alone] == [(("house", 1.0),), (("drum and bass", 1.0),)]
    send(playing, "/ld/blend", 0.5, 0.5)
    assert playing.outlook.alone(1.0) is alone
    send(playing, "/ld/seed/a", 11)
    renewed = playing.outlook.alone(1.0)
    assert [request.seeds for request in renewed] == [((11, 1.0),)] * 2
    send(playing, "/ld/glide", 4.0)
    send(playing, "/ld/seed/morph", 1.0, beat=4.0)
    assert playing.outlook.alone(6.0) is renewed, "not before it has come to rest"
    assert [request.seeds for request in playing.outlook.alone(8.0)] == [((20, 1.0),)] * 2


def test_all_weights_zero_keeps_the_last_blend_with_a_new_prompt_too() -> None:
    playing = performance()
    send(playing, "/ld/blend", 0.25, 0.75)
    send(playing, "/ld/blend", 0.0, 0.0)
    send(playing, "/ld/prompt/3/text", "jazz")
    assert blend(playing, 1.0) == [0.25, 0.75, 0.0]


def test_before_a_clocks_first_beat_the_song_is_where_it_begins() -> None:
    playing = performance()
    assert playing.trajectory.request_at(-0.5) == playing.trajectory.request_at(0.0)
