"""A Link session of the daemon and a peer that nobody here wrote, in a network of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import pytest
from daemon import Daemon, running
from numpy.typing import NDArray
from scipy.signal import correlate

from livediffusion.ipc.arena import SLOTS
from tests.linked import Linked
from tests.namespace import Namespace, available

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not available(), reason="network namespaces are not permitted here"),
]

RATE = 48000
BAR = 4.0
LOOKS = 20
PATCH = """
tempo = 120
beats = 8
quantise = "off"
[[prompt]]
text = "house"
"""
CLOCK = '[clock]\nsource = "link"\nstart_stop = true\n'


class Session:
    """The peer and the daemon."""

    def __init__(self, peer: Linked, daemon: Daemon) -> None:
        self.peer = peer
        self.daemon = daemon

    @property
    def tempo(self) -> float:
        """What sounds, in bpm."""
        return self.daemon.transport.beats_per_second * 60.0

    def error(self) -> float:
        """Seconds that the song is behind the peer's beat, bars apart: the median of looks."""
        errors = []
        for _ in range(LOOKS):
            now, beat, *_ = self.peer.ask("where")
            page = self.daemon.transport
            beats = beat - page.beat_at(round(now * 1e9))
            errors.append((beats - round(beats / BAR) * BAR) / page.beats_per_second)
        return float(np.median(errors))

    def wait_for_bars(self, count: float) -> None:
        beat = self.daemon.transport.beat
        self.daemon.wait(lambda d: d.transport.beat >= beat + count * BAR, "bars")

    def wait_for_quiet(self) -> None:
        """Until the output has not gone hungry for a second: a busy machine's may now and then."""
        since = self.daemon.transport

        def is_quiet(daemon: Daemon) -> bool:
            nonlocal since
            page = daemon.transport
            if page.underruns != since.underruns or page.fading:
                since = page
            return page.frame - since.frame > RATE

        self.daemon.wait(is_quiet, "a second without an underrun", 120.0)

    def in_time(self) -> tuple[float, float]:
        """Wait for two bars; how far the song and its sound are off then, in seconds."""
        self.wait_for_bars(2.0)
        self.wait_for_quiet()
        lag, error = sound_lag(self.daemon), self.error()
        print(f"Link at {self.tempo:.2f} bpm: song {error * 1e3:.2f} ms, sound {lag * 1e3:.2f} ms")
        return error, error + lag


def sound_lag(daemon: Daemon) -> float:
    """Seconds that the sound is behind what the transport page says of the beat.

    The last half second is looked for in the loops, 20 ms round the place where it should be.
    """
    page, length, reach = daemon.transport, RATE // 2, RATE // 50
    heard = daemon.arena.read_ring(page.frame - length, length).sum(axis=1)
    frames = page.frame + np.arange(-length - reach, reach)
    beats = page.beat + (frames - page.frame) / RATE * page.beats_per_second
    places = beats % page.loop_beats * page.loop_frames / page.loop_beats
    best = max(
        (_best_lag(daemon.arena.slot(slot, page.loop_frames), places, heard)
         for slot in range(SLOTS)),
        key=lambda found: found[0],
    )  # fmt: skip
    assert best[0] > 0.9, f"no loop sounds like that: {best}"
    return (reach - best[1]) / RATE


def _best_lag(
    loop: NDArray[np.float32], places: NDArray[np.float64], heard: NDArray[np.float32]
) -> tuple[float, int]:
    """How alike, and after how many frames of the wanted places."""
    mono = loop.sum(axis=1)
    if not mono.any():
        return 0.0, 0
    wanted = np.interp(places, np.arange(len(mono)), mono, period=len(mono))
    products = correlate(wanted, heard, mode="valid", method="fft")
    sums = np.concatenate([[0.0], np.cumsum(np.square(wanted))])
    energies = sums[len(heard) :] - sums[: -len(heard)]
    alike = products / np.sqrt(np.maximum(energies * np.square(heard).sum(), 1e-12))
    lag = int(alike.argmax())
    return float(alike[lag]), lag


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    for package in ("aalink", "link"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("link")
    with Namespace() as network, contextlib.closing(Linked(network, "peer", 117)) as peer:
        began = peer.ask("where")[0]
        peer.wait(lambda told: told[0] > began + 1.5, "where")
        with running(folder, PATCH, "null", more=CLOCK, inside=network.inside) as daemon:
            yield Session(peer, daemon)


def test_the_song_is_in_their_bar_after_two_bars_and_their_tempo_stays(session: Session) -> None:
    session.peer.wait(lambda told: told[3] == 1.0, "where")
    session.daemon.wait(lambda d: abs(session.tempo - 117.0) < 0.5, "their tempo")
    for off in session.in_time():
        assert off == pytest.approx(0.0, abs=0.003)
    assert session.peer.ask("where")[2] == pytest.approx(117.0, abs=1e-3)


def test_a_tempo_of_theirs_is_taken_and_ours_is_not(session: Session) -> None:
    session.peer.ask("tempo", 123)
    session.daemon.wait(lambda d: abs(session.tempo - 123.0) < 0.5, "their tempo")
    for off in session.in_time():
        assert off == pytest.approx(0.0, abs=0.003)
    session.peer.ask("osc", session.daemon.port, "/ld/tempo", 90)
    for off in session.in_time():
        assert off == pytest.approx(0.0, abs=0.003)
    assert session.tempo == pytest.approx(123.0, abs=0.1)
    assert session.peer.ask("where")[2] == pytest.approx(123.0, abs=1e-3)


def test_their_start_is_beat_0_and_their_stop_is_ours(session: Session) -> None:
    session.wait_for_bars(4.0)
    session.peer.ask("play")
    session.daemon.wait(lambda d: d.transport.beat < 8.0, "the beginning")
    for off in session.in_time():
        assert off == pytest.approx(0.0, abs=0.003)
    session.peer.ask("stop")
    session.daemon.wait(lambda d: not d.transport.playing, "the stop")
    session.daemon.wait(lambda d: d.transport.beats_per_second == 0.0, "silence")
    session.peer.ask("play")
    session.daemon.wait(lambda d: d.transport.playing, "the start")
    assert session.daemon.transport.beat < 8.0
    for off in session.in_time():
        assert off == pytest.approx(0.0, abs=0.003)


def test_the_performers_stop_and_play_are_theirs(session: Session) -> None:
    session.peer.ask("osc", session.daemon.port, "/ld/stop", 1)
    session.peer.wait(lambda told: told == ["False"], "playing")
    session.peer.ask("osc", session.daemon.port, "/ld/play", 1)
    session.peer.wait(lambda told: told == ["True"], "playing")
    for off in session.in_time():
        assert off == pytest.approx(0.0, abs=0.003)


def test_when_they_have_gone_the_music_goes_on_as_it_was(session: Session) -> None:
    session.peer.close()
    session.daemon.wait(lambda d: "no peers" in d.status["clock"], "their end")
    session.wait_for_bars(2.0)
    assert session.tempo == pytest.approx(123.0, abs=0.1)
    assert session.daemon.transport.playing
