"""MIDI clock in, from a master over JACK to what is captured: beats, tempo and transport."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click_master
import numpy as np
import pytest
from click_master import Beat, Master
from daemon import Daemon, running
from heard import RATE

from livediffusion.ipc.arena import Transport
from tests import jack

pytestmark = [
    pytest.mark.jack,
    pytest.mark.long,  # minutes on a busy machine
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not jack.available() or not click_master.available(),
        reason="needs jackd2, jack-capture, klick and jack-midi-clock",
    ),
]

PATCH = 'quantise = "off"\ntempo = 112\n[[prompt]]\ntext = "techno"\n'
SLOW, FAST, TURN = 120.0, 126.0, 16  # bpm, bpm, the beat of the second
TWO_BARS = 8  # beats
WITHIN_S = 0.005
WITHIN_BEAT_S = 0.008  # one beat after a change of tempo
SETTLED = {SLOW: range(TWO_BARS, TURN), FAST: range(TURN + TWO_BARS, 100)}  # beats
END = TURN + TWO_BARS + 8  # beats that are played of a whole run
STEADY_S = 0.003  # what the server lost around a beat is less: then no more is forgiven
ENOUGH = 4  # such beats of each tempo; on a busy machine more runs are played until they are there
MOST_RUNS = 6
OFFSET_MS = 16.0  # one and a half of JACK's blocks: docs/sync.md says why


def test_a_clock_over_jack_leads(tmp_path: Path) -> None:
    clock = f'[clock]\nsource = "midi"\noffset = {OFFSET_MS}\n'
    with (
        jack.Jack() as server,
        Master(server, f"{TURN // 4} {SLOW}\n1000 {FAST}\n") as master,
        running(tmp_path, PATCH, jack.DEVICE, more=clock) as daemon,
        master.watching(daemon),
    ):
        _play(master, daemon, END)
        stood = _stop(master, daemon)
        _play(master, daemon, TURN - 1)
        for _ in range(MOST_RUNS):
            if all(len(beats) > ENOUGH for beats in map(_phase(master), (SLOW, FAST))):
                break
            _stop(master, daemon)
            _play(master, daemon, END)
    _keeps_time(master.beats())
    _takes_the_tempo(master.pages)
    _stood_still(master, stood)


def _play(master: Master, daemon: Daemon, beats: float) -> None:
    """Let the master roll until the song has come so far."""
    master.transport("play")
    daemon.wait(
        lambda d: d.transport.playing and beats < d.transport.beat < beats + 100.0,
        f"{beats} beats of the master's",
    )


def _stop(master: Master, daemon: Daemon) -> Transport:
    """Stop the master and rewind it, and look at the song two seconds later."""
    master.transport("stop")
    daemon.wait(lambda d: not d.transport.playing, "the stop")
    master.transport("locate 0")
    time.sleep(2.0)
    return daemon.transport


def _phase(master: Master) -> Callable[[float], list[int]]:
    """The song beats of a settled tempo that passed on a steady server."""
    steady = master.steady(STEADY_S)
    return lambda tempo: [beat for beat in steady if beat in SETTLED[tempo]]


def _keeps_time(beats: list[Beat]) -> None:
    """Each beat is on the master's click, if the server's own clock was steady around it."""
    assert {beat.run for beat in beats} >= {0, 1}
    for tempo, settled in SETTLED.items():
        some = [beat for beat in beats if beat.number in settled]
        steady = [beat for beat in some if beat.slipped < STEADY_S]
        assert len(steady) >= ENOUGH, f"too few beats on a steady server: {beats}"
        assert max(abs(beat.off) for beat in steady) < WITHIN_S, steady
        mean = np.mean([beat.tempo * 60.0 for beat in steady])
        assert mean == pytest.approx(tempo, rel=0.01)
    turned = [beat for beat in beats if TURN + 2 <= beat.number < TURN + TWO_BARS]
    assert all(abs(beat.off) < WITHIN_BEAT_S for beat in turned if beat.slipped < STEADY_S), turned


def _takes_the_tempo(pages: list[Transport]) -> None:
    """Loops of exactly the master's tempos sound, the second within two bars of its change."""
    for tempo, by in (SLOW, TURN), (FAST, TURN + TWO_BARS):
        exact = [page for page in pages if page.loop_frames and _is_exact(page, tempo)]
        assert exact, f"no loop of {tempo} bpm"
        assert exact[0].beat < by


def _is_exact(page: Transport, tempo: float) -> bool:
    return page.loop_frames == round(page.loop_beats * 60.0 / tempo * RATE)


def _stood_still(master: Master, stood: Transport) -> None:
    """Between the master's two runs there was silence, and its second began at beat 0."""
    assert not stood.playing
    assert stood.beats_per_second == 0.0
    begin = master.starts()[1]
    assert not np.any(master.audio[begin - RATE : begin - RATE // 4, :2])
    assert np.any(master.audio[begin : begin + RATE, :2])
