"""Orders for a moment to come act in the block that leaves then, neither sooner nor later."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from player_stage import Stage, loop

from livediffusion.ipc.arena import Arena
from livediffusion.player.deck import Swap
from livediffusion.player.engine import Engine
from livediffusion.player.limiter import DELAY
from livediffusion.player.mixer import Mixer

BLOCK, RATE = 256, 48000
START_NS = 10**12


@pytest.fixture
def engine(run_dir: Path) -> Engine:
    mixer = Mixer(RATE)
    made = Engine(Arena.create(run_dir / "arena"), mixer)
    made.order(mixer.swap, Swap(loop(np.full((RATE, 2), 0.25, np.float32))))
    made.order(mixer.play)
    return made


def played(engine: Engine, first: int, blocks: int) -> np.ndarray:
    """The left channel of so many blocks, from block `first` on."""
    out = np.zeros((blocks, BLOCK, 2), np.float32)
    for number, block in enumerate(out, start=first):
        engine.fill(block, START_NS + number * BLOCK * 10**9 // RATE)
    return out[:, :, 0].reshape(-1)


def moment(frame: int) -> int:
    return START_NS + frame * 10**9 // RATE


@pytest.mark.parametrize("frame", [50 * BLOCK, 50 * BLOCK + 1, 50 * BLOCK + 255])
def test_a_change_begins_in_the_block_of_its_moment(engine: Engine, frame: int) -> None:
    played(engine, 0, 40)
    engine.order(engine.mixer.set_mute, True, at_ns=moment(frame))
    heard = played(engine, 40, 30)
    first = 40 * BLOCK + int(np.flatnonzero(heard < 0.25)[0])
    assert 0 <= first - DELAY - 50 * BLOCK <= 1


def test_orders_act_in_the_order_of_their_moments(engine: Engine) -> None:
    played(engine, 0, 40)
    for frame, gain in ((60 * BLOCK, -12.0), (50 * BLOCK, -6.0), (60 * BLOCK, -20.0)):
        engine.order(engine.mixer.set_gain, gain, at_ns=moment(frame))
    engine.order(engine.mixer.set_gain, -3.0)
    heard = played(engine, 40, 40)
    levels = [20 * np.log10(heard[(block - 40) * BLOCK] / 0.25) for block in (49, 59, 79)]
    assert levels == pytest.approx([-3.0, -6.0, -20.0], abs=0.01)


def test_what_is_past_acts_at_once(engine: Engine) -> None:
    played(engine, 0, 40)
    engine.order(engine.mixer.set_mute, True, at_ns=moment(1))
    assert played(engine, 40, 4)[-1] == 0.0


def test_a_stop_that_is_said_twice_fades_once(engine: Engine) -> None:
    played(engine, 0, 40)
    engine.order(engine.mixer.stop)
    played(engine, 40, 30)  # 160 ms of 200
    engine.order(engine.mixer.stop)
    played(engine, 70, 12)
    assert engine.mixer.motion == "stopped"


def test_the_process_keeps_the_time(stage: Callable[..., Stage]) -> None:
    on_stage = stage("null")
    on_stage.load(0, np.full((RATE, 2), 0.25, np.float32))
    on_stage.player.swap(0, "key-0", RATE, 4, fade_ms=0.0)
    on_stage.player.play()
    on_stage.wait_for_beat(1.0)
    late = []
    for turn in range(5):
        due = time.monotonic() + 0.15
        on_stage.player.set("mute", turn % 2 == 0, due)
        time.sleep(0.3)
        page = on_stage.arena.read_transport()
        wanted = page.frame + round((due * 1e9 - page.monotonic_ns) * 1e-9 * RATE)
        ring = on_stage.arena.read_ring(wanted - 4800, 9600)[:, 0]
        changed = np.flatnonzero(ring != ring[0])[0] - 4800
        late.append(int(changed))
    assert all(-BLOCK <= frames <= BLOCK + DELAY for frames in late), late
