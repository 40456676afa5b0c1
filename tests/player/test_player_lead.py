"""The player's process follows, and goes on following when it has died."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from player_stage import Stage, counting

from livediffusion.ipc.arena import Transport
from livediffusion.player.process import Away, Hello, Notice, Swapped
from livediffusion.types import Lead

FRAMES, BEATS = 96000, 4  # 120 bpm
MakeStage = Callable[..., Stage]


def started(stage: MakeStage) -> Stage:
    on_stage = stage("null")
    on_stage.load(0, counting(FRAMES))
    on_stage.player.swap(0, "key-0", FRAMES, BEATS)
    on_stage.player.play()
    on_stage.wait_for(Swapped)
    return on_stage


def wait_until(stage: Stage, fits: Callable[[Transport], bool], timeout_s: float = 30.0) -> None:
    """Wait until the transport page says so."""
    end = time.monotonic() + timeout_s
    while not fits(page := stage.arena.read_transport()):
        assert time.monotonic() < end, f"it stays at {page}; log:\n{stage.log()}"
        time.sleep(0.01)


def follows(lead: Lead) -> Callable[[Transport], bool]:
    """Whether a page is within 2 ms of the leader, at its tempo."""

    def fits(page: Transport) -> bool:
        behind = (lead.beat_at(page.monotonic_ns * 1e-9) - page.beat) * 60.0 / lead.tempo
        same = abs(page.beats_per_second * 60.0 - lead.tempo) < 0.1
        return page.playing and same and abs(behind) < 0.002

    return fits


def test_it_follows_a_leader_also_after_its_own_death(stage: MakeStage) -> None:
    on_stage = started(stage)
    lead = Lead(64.0, time.monotonic(), 128.0)
    on_stage.player.lead(lead)
    wait_until(on_stage, follows(lead))
    wait_until(on_stage, lambda page: (on_stage.arena.read_note() or {}).get("lead") is not None)
    on_stage.process.kill()
    on_stage.process.wait()
    on_stage.start()
    on_stage.wait_for(Away)
    on_stage.wait_for(Hello)
    wait_until(on_stage, follows(lead))
    on_stage.player.lead(None)
    wait_until(on_stage, lambda page: page.beats_per_second == 2.0)


def test_it_bends_and_nudges(stage: MakeStage) -> None:
    on_stage = started(stage)
    on_stage.player.bend(126.0)
    wait_until(on_stage, lambda page: page.beats_per_second == pytest.approx(2.1))
    before = on_stage.arena.read_transport()
    on_stage.player.nudge(-8.0)
    wait_until(on_stage, lambda page: page.beat < before.beat_at(page.monotonic_ns) - 7.9)
    on_stage.player.bend(None)
    wait_until(on_stage, lambda page: page.beats_per_second == 2.0)


def test_leads_that_make_no_sense_are_said_and_passed_over(stage: MakeStage) -> None:
    on_stage = started(stage)
    on_stage.player.lead(Lead(0.0, 0.0, -3.0))
    assert "tempo" in on_stage.wait_for(Notice).text
    for message in ({"type": "lead"}, {"type": "bend", "tempo": "x"}, {"type": "nudge"}):
        on_stage.player._client.send(message)
    page = on_stage.arena.read_transport()
    on_stage.wait_for_beat(page.beat + 1.0)
    assert on_stage.arena.read_transport().beats_per_second == 2.0
