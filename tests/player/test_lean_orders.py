"""Leaning as control asks for it: a player's process, its wire and its output ring."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from player_stage import Stage, noise

from livediffusion.player.process import Hello, Notice, Player, Released, Swapped

FRAMES = 48000


def is_undisturbed(stage: Stage) -> bool:
    """Whether the last loop's length of output is what came a loop before, and no silence."""
    end = stage.arena.read_transport().frame
    out = stage.arena.read_ring(end - 2 * FRAMES, 2 * FRAMES)
    return bool(out[0].any()) and np.array_equal(out[:FRAMES], out[FRAMES:])


def wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def begin(stage: Stage) -> None:
    """A loop in slot 0 sounds, those in 1 and 2 stand by."""
    for slot in (0, 1, 2):
        stage.load(slot, noise(FRAMES, slot))
    stage.player.swap(0, "first", FRAMES, 4)
    for slot in (1, 2):
        stage.player.stand_by(slot, f"ready {slot}", FRAMES, 4)
    stage.player.play()
    stage.wait_for(Swapped)
    wait(lambda: is_undisturbed(stage))


def test_a_lean_is_heard_and_goes_without_a_swap(stage: Callable[..., Stage]) -> None:
    player = stage("null")
    begin(player)
    player.player.lean(0, {1: 0.5, 2: 0.2})
    wait(lambda: not is_undisturbed(player))
    page = player.arena.read_transport()
    assert page.swaps == 1 and not page.fading
    wait(lambda: is_undisturbed(player))
    leaning = player.arena.read_ring(player.arena.read_transport().frame - FRAMES, FRAMES)
    player.player.lean(0, {})
    wait(lambda: not is_undisturbed(player))
    wait(lambda: is_undisturbed(player))
    alone = player.arena.read_ring(player.arena.read_transport().frame - FRAMES, FRAMES)
    level = [float(np.mean(np.square(out))) for out in (leaning, alone)]
    assert 0.9 < level[0] / level[1] < 1.1
    assert np.array_equal(np.sort(alone[:, 0]), np.sort(noise(FRAMES, 0)[:, 0])), "nothing is left"


def test_what_stands_by_is_told_of_and_given_back(stage: Callable[..., Stage]) -> None:
    player = stage("null")
    begin(player)
    player.player.close()
    player.player = Player(player.settings.run_dir)
    held = player.wait_for(Hello).slots
    assert {slot: one.role for slot, one in held.items()} == {
        0: "current", 1: "standing", 2: "standing"
    }  # fmt: skip
    assert held[1].key == "ready 1"
    player.player.lean(0, {1: 0.5})
    player.player.drop([1, 2])
    released = {player.wait_for(Released).slot for _ in range(2)}
    assert released == {1, 2}
    wait(lambda: is_undisturbed(player))


def test_orders_that_make_no_sense_are_said_and_passed_over(stage: Callable[..., Stage]) -> None:
    player = stage("null")
    begin(player)
    client = player.player._client
    nonsense = [
        {"type": "lean", "over": 0, "amounts": {"1": float("nan")}},
        {"type": "lean", "over": 0, "amounts": {"1": -0.5}},
        {"type": "lean", "over": 0, "amounts": {"x": 0.5}},
        {"type": "lean", "over": 0},
        {"type": "stand by", "slot": 3, "key": "k", "frames": 960, "beats": 0},
        {"type": "stand by", "slot": 99, "key": "k", "frames": 960, "beats": 4},
    ]
    for message in nonsense:
        assert client.send(message)
    player.wait_for(Notice, lambda notice: "does not understand" in notice.text)
    client.send({"type": "lean", "over": 7, "amounts": {"1": 0.5}})
    client.send({"type": "lean", "over": 0, "amounts": {"9": 0.5}})
    frame = player.arena.read_transport().frame
    wait(lambda: player.arena.read_transport().frame > frame + FRAMES // 4)
    assert is_undisturbed(player)
