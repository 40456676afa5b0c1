"""What stands by in the player and what it is told to lean on; no clock, process or sound."""

from __future__ import annotations

import pytest
from paper_stage import Stage

from livediffusion.control.slots import MOST_AHEAD, SPARE, STANDING
from livediffusion.ipc.arena import SLOTS
from livediffusion.player.process import Held, Hello


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.idle()
    return made


def test_each_prompt_alone_is_fetched_in_idle_time_and_stands_by() -> None:
    stage = Stage()
    found = stage.idle()
    assert [request.prompts[0][0] for request in found] == ["house", "dub", "jazz"]
    assert stage.order() is None
    assert len(stage.player.standing) == 3
    keys = {key for key, _ in stage.player.standing.values()}
    assert keys == {request.audio_key() for request in found}
    assert not set(stage.player.standing) & set(stage.player.swaps)


def test_what_is_wanted_goes_before_what_is_to_stand_by() -> None:
    stage = Stage()
    assert stage.order() is not None
    stage.send("/ld/blend", 0.5, 0.5)
    assert stage.order() is None
    assert stage.renderer.cancelled == 1
    stage.delivery.give_up(len(stage.renderer.orders))
    wanted = stage.order()
    assert wanted is not None
    assert dict(wanted.prompts) == {"house": 0.5, "dub": 0.5}
    assert stage.player.standing == {}


def test_a_blend_changes_nothing_of_what_stands_by(stage: Stage) -> None:
    standing = dict(stage.player.standing)
    stage.send("/ld/blend", 0.2, 0.8)
    assert stage.order() is not None
    stage.ready()
    stage.delivery.swapped(stage.player.swaps[-1])
    assert stage.idle() == []
    assert stage.player.standing == standing
    assert stage.player.dropped == []


@pytest.mark.parametrize(
    ("address", "value"), [("/ld/seed/a", 7), ("/ld/tempo", 126.0), ("/ld/steps", 6)]
)
def test_what_decides_the_sound_renews_what_stands_by(
    stage: Stage, address: str, value: float
) -> None:
    before = set(stage.player.standing)
    stage.send(address, value)
    assert stage.order() is not None
    stage.ready()
    stage.delivery.swapped(stage.player.swaps[-1])
    assert len(stage.idle()) == 3
    assert set(stage.player.dropped) == before
    assert len(stage.delivery.leaning.standing) == 3
    assert not before & set(stage.delivery.leaning.standing), "the player has not let go of them"
    for slot in before:
        stage.delivery.released(slot)
    assert stage.idle() == []


def test_one_text_renews_one_loop(stage: Stage) -> None:
    dub = stage.slot_of("dub")
    stage.send("/ld/prompt/2/text", "ska")
    found = stage.idle()
    assert stage.player.dropped == [dub]
    assert [request.prompts for request in found] == [(("ska", 1.0),)]
    assert stage.slot_of("ska") != dub


def test_a_knob_leans_at_once_and_back_and_an_order_is_sent_once(stage: Stage) -> None:
    assert stage.lean() is None
    stage.send("/ld/blend", 0.5, 0.5)
    over = stage.player.swaps[0]
    assert stage.lean() == {stage.slot_of("dub"): 0.35}
    assert stage.player.leans[-1][0] == over
    assert stage.lean() is None
    stage.send("/ld/blend", 0.0, 0.5, 0.5)
    assert stage.lean() == {stage.slot_of("dub"): 0.35, stage.slot_of("jazz"): 0.35}
    stage.send("/ld/blend", 1.0, 0.0)
    assert stage.lean() == {}
    assert stage.lean() is None


def test_orders_do_not_come_faster_than_the_mix_can_follow(stage: Stage) -> None:
    outlook = stage.performance.outlook
    for step in range(100):
        stage.send("/ld/blend", 1.0 - step / 100, step / 100)
        stage.delivery.lean(10.0 + step * 0.001, 1.0, outlook, 0.7)
    assert 10 <= len(stage.player.leans) <= 14
    stage.delivery.lean(11.0, 1.0, outlook, 0.7)
    assert stage.player.leans[-1][1] == {stage.slot_of("dub"): 0.69}, "the last one stands"


def test_when_the_true_loop_sounds_the_lean_is_over(stage: Stage) -> None:
    stage.send("/ld/blend", 0.0, 1.0)
    assert stage.lean() == {stage.slot_of("dub"): 0.7}
    assert stage.order() is not None
    stage.ready()
    assert stage.lean() is None, "it waits for its beat, and the lean stays"
    stage.delivery.swapped(stage.player.swaps[-1])
    assert stage.lean() is None, "the player has let go of it with the loop that went"
    stage.send("/ld/blend", 1.0, 0.0)
    assert stage.lean() == {stage.slot_of("house"): 0.7}
    assert stage.player.leans[-1][0] == stage.player.swaps[-1]


def test_with_nothing_to_lean_by_nothing_leans(stage: Stage) -> None:
    stage.send("/ld/blend", 0.0, 1.0)
    assert stage.lean(0.5) == {stage.slot_of("dub"): 0.5}
    assert stage.lean(0.0) == {}


def test_a_stale_loop_is_not_leaned_on_while_it_is_still_there(stage: Stage) -> None:
    stage.send("/ld/seed/a", 9)
    stage.send("/ld/blend", 0.0, 1.0)
    assert len(stage.delivery.leaning.standing) == 3
    assert stage.lean() is None


def test_a_player_that_comes_back_is_given_all_again(stage: Stage) -> None:
    stage.send("/ld/blend", 0.0, 1.0)
    stage.lean()
    over = stage.player.swaps[0]
    stage.delivery.meet_player(Hello({over: Held("k", 192000, 8, "current")}))
    assert stage.lean() is None
    assert stage.order() is not None, "the blend goes first"
    stage.ready()
    assert len(stage.idle()) == 3
    assert stage.lean() == {stage.slot_of("dub"): 0.7}
    assert stage.player.leans[-1][0] == over


def test_what_a_predecessor_left_standing_is_dropped() -> None:
    stage = Stage()
    held = {5: Held("k", 192000, 8, "standing"), 0: Held("c", 192000, 8, "current")}
    stage.delivery.meet_player(Hello(held))
    assert stage.player.dropped == [5]
    stage.idle()
    assert 5 not in stage.delivery.leaning.standing, "not before the player has let go of it"


def test_nothing_is_fetched_for_a_player_that_is_away() -> None:
    stage = Stage()
    stage.player.connected = False
    assert all(len(request.prompts) == 1 for request in stage.idle())
    assert stage.player.standing == {}


@pytest.mark.parametrize(
    ("prompts", "tempo", "beats", "count"),
    [(3, 120, 8, 3), (12, 120, 8, 8), (8, 60, 32, 2), (8, 20, 32, 0)],
)
def test_what_stands_by_is_limited_in_number_and_memory(
    prompts: int, tempo: int, beats: int, count: int
) -> None:
    texts = "".join(f'[[prompt]]\ntext = "{number}"\n' for number in range(prompts))
    stage = Stage(f"tempo = {tempo}\nbeats = {beats}\n{texts}")
    stage.idle()
    assert len(stage.player.standing) == count
    assert sum(frames for _, frames in stage.player.standing.values()) * 8 <= 32 << 20


def test_slots_are_left_for_what_is_ahead() -> None:
    assert MOST_AHEAD >= 8
    assert MOST_AHEAD + SPARE + STANDING == SLOTS


def test_a_single_prompt_needs_nothing_to_lean_on() -> None:
    stage = Stage('[[prompt]]\ntext = "house"\n')
    assert stage.idle() == []
    assert stage.lean() is None
