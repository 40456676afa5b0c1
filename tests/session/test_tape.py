"""A tape gives the same samples as the player gave, wherever it begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from playing import SOUNDS, Playing, sound

from livediffusion.player.loop import Loop
from livediffusion.player.telling import Telling
from livediffusion.session.tape import Tape
from livediffusion.types import Frames, Json, Lead


def replayed(deeds: list[Json], end: Frames) -> NDArray[np.float32]:
    """The tape's samples."""
    return np.concatenate(list(Tape(deeds, sound).play(end)))


@pytest.fixture
def playing(tmp_path: Path) -> Iterator[Playing]:
    yield Playing(tmp_path)


def test_a_performance_that_is_recorded_from_the_middle(playing: Playing) -> None:
    mixer, order = playing.engine.mixer, playing.engine.order
    order(mixer.play)
    order(mixer.set_gain, 6.0)
    playing.swap(0)
    for _ in range(30):
        playing.block()
    order(mixer.set_filter, -0.6)
    playing.swap(1, fade_frames=3000)
    for _ in range(7):
        playing.block()
    playing.arena.deeds.want(1)
    playing.telling.look()
    start = mixer.frame
    for n in range(120):
        if n == 3:
            playing.swap(3, not_before=2.0, grid=1.0, fade_frames=500)
        if n == 20:
            order(mixer.set_hold, True)
            playing.swap(2, fade_frames=700)
        if n == 50:
            order(mixer.set_filter, 0.4)
            order(mixer.set_hold, False)
        if n == 90:
            order(mixer.panic)
        if n == 100:
            order(mixer.play)
        playing.block(100 if n % 3 else 77)
    end = mixer.frame
    assert mixer.deck.swaps == 3
    assert replayed(playing.deeds, end).tobytes() == playing.played()[start:].tobytes()


def test_a_clock_that_leads(playing: Playing) -> None:
    mixer, order = playing.engine.mixer, playing.engine.order
    playing.arena.deeds.want(7)
    playing.telling.look()
    order(mixer.play)
    playing.swap(0)
    rng = np.random.default_rng(1)
    for n in range(300):
        if 20 <= n < 250 and n % 10 == 0:
            late = playing.now_ns * 1e-9
            order(mixer.lead, Lead(0.1 + (late - 1000.0) * 20.3, late, 1218.0 - n / 10))
        if n == 250:
            order(mixer.lead, None)
            order(mixer.bend, 1100.0)
        if n == 60:
            playing.swap(3, fade_frames=800)
        playing.now_ns += int(rng.integers(0, 40000))
        playing.block(int(rng.integers(30, 200)))
    assert any(deed["do"] == "block" for deed in playing.deeds)
    assert replayed(playing.deeds, mixer.frame).tobytes() == playing.played().tobytes()


def test_a_player_that_follows_one_that_was_killed(tmp_path: Path) -> None:
    first = Playing(tmp_path)
    first.arena.deeds.want(1)
    first.telling.look()
    first.engine.order(first.engine.mixer.play)
    first.swap(0)
    for _ in range(50):
        first.block()
    second = Playing(tmp_path, first.arena)
    mixer = second.engine.mixer
    mixer.set_filter(0.3)
    mixer.deck.current = Loop.listened_to(SOUNDS["key-1"], 4, 1, "key-1")
    second.telling = Telling(second.arena, second.engine)
    second.engine.succeed(second.arena.read_transport(), "playing")
    second.now_ns = first.now_ns + 200_000_000
    end = first.arena.read_transport().end
    for _ in range(50):
        second.block()
    silence = np.zeros((mixer.frame - 5000 - end, 2), np.float32)
    heard = np.concatenate([first.played(), silence, second.played()])
    again = replayed(first.deeds + second.deeds, mixer.frame)
    assert again.tobytes() == heard.tobytes()
    assert second.arena.read_ring(0, mixer.frame).tobytes() == heard.tobytes()


KNOBS = ("gain", "filter", "mute", "hold", "free", "nudge", "bend")
ACTS = st.sampled_from(
    ("swap", "stand", "lean", "drop", "panic", "play", "stop", *KNOBS),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 4), st.integers(1, 400)), max_size=40))
def test_whatever_is_played(tmp_path_factory: Any, acts: list[tuple[str, int, int]]) -> None:
    playing = Playing(tmp_path_factory.mktemp("acts"))
    mixer, order = playing.engine.mixer, playing.engine.order
    order(mixer.play)
    playing.swap(0)
    asked = len(acts) // 2
    start = mixer.frame
    for index, (act, n, frames) in enumerate(acts):
        if act == "swap":
            playing.swap(n, fade_frames=n * 300, grid=float(n % 2))
        elif act in ("panic", "play", "stop"):
            order(getattr(mixer, act))
        elif act in ("hold", "free"):
            order(mixer.set_hold, act == "hold")
        elif act == "stand":
            playing.stand_by(n)
        elif act == "lean":
            playing.lean({n: 0.4, (n + 1) % 5: 0.3 * (frames % 2)})
        elif act == "drop":
            playing.kinship.forget({n, 10 + n})
            order(mixer.drop, {n, 10 + n})
        elif act == "nudge":
            order(mixer.nudge, (n - 2) / 7)
        elif act == "bend":
            order(mixer.bend, 1200.0 + 40 * n if n else None)
        elif act == "mute":
            order(mixer.set_mute, bool(n % 2))
        elif act == "gain":
            order(mixer.set_gain, n * 3.0 - 6.0)
        else:
            order(mixer.set_filter, n / 2 - 1.0)
        playing.block(frames)
        if index == asked:
            playing.arena.deeds.want(1)
            playing.telling.look()
            start = mixer.frame
    if len(acts) <= asked + 1:
        return
    again = replayed(playing.deeds, mixer.frame)
    assert again.tobytes() == playing.played()[start:].tobytes()
