"""Our Link peer and one that nobody here wrote, in a network with nothing but loopback."""

import sys

import pytest

from livediffusion.control.link import NO_LINK, LinkClock
from livediffusion.ipc.arena import Transport
from tests.linked import Linked
from tests.namespace import Namespace, available

BAR = 4.0

needs_a_network = pytest.mark.skipif(
    not available(), reason="network namespaces are not permitted here"
)


@pytest.fixture
def network():
    for package in ("aalink", "link"):
        pytest.importorskip(package)
    with Namespace() as made:
        yield made


@pytest.fixture
def room(network):
    """A peer that has been playing at 93 bpm for a while, and our clock, which joins."""
    peer = Linked(network, "peer", 93)
    before = peer.ask("where")
    peer.wait(lambda told: told[0] > before[0] + 1.5, "where")
    clock = Linked(network, "clock", "start")
    clock.ask("song", 1000.0, 120.0)
    clock.wait(lambda told: told[0] != "nobody", "where")
    yield peer, clock
    clock.close()
    peer.close()


def phase_error(one, other):
    """Seconds between two answers' beats, bars apart."""
    now, beat, tempo = one[:3]
    beats = beat + (other[0] - now) * tempo / 60.0 - other[1]
    return (beats - round(beats / BAR) * BAR) * 60.0 / tempo


@needs_a_network
def test_who_joins_takes_the_tempo_and_the_bar(room):
    peer, clock = room
    assert peer.ask("where")[2] == pytest.approx(93.0, abs=1e-3)
    ours = clock.wait(lambda told: told[3] == "1_peer", "where")
    assert ours[2] == pytest.approx(93.0, abs=1e-3)
    assert ours[1] == pytest.approx(1000.0, abs=20.0)  # as near to our song as their bar allows
    errors = [abs(phase_error(peer.ask("where"), clock.ask("where"))) for _ in range(50)]
    assert sorted(errors)[25] < 0.001, errors


@needs_a_network
def test_tempo_start_and_stop_are_followed(room):
    peer, clock = room
    peer.ask("tempo", 126)
    clock.wait(lambda told: told[2] == pytest.approx(126.0, abs=1e-3), "where")
    joined, _, _, _, rounded = clock.ask("where")
    assert rounded == 126.0
    clock.wait(lambda told: told[0] > joined + 2.0, "where")
    assert clock.ask("motions") == ["none"]
    peer.ask("play")
    action, start = clock.wait(lambda told: told[0] != "none", "motions")
    assert action == "start"
    now, beat, tempo = clock.wait(lambda told: told[0] > start, "where")[:3]
    assert beat == pytest.approx((now - start) * tempo / 60.0, abs=1e-3)
    assert phase_error(peer.ask("where"), (start, 0.0, tempo)) == pytest.approx(0.0, abs=0.001)
    peer.ask("stop")
    assert clock.wait(lambda told: told[0] != "none", "motions")[0] == "stop"
    clock.ask("share", 1)
    peer.wait(lambda told: told == ["True"], "playing")
    clock.ask("share", 0)
    peer.wait(lambda told: told == ["False"], "playing")
    assert clock.ask("motions") == ["none"]


@needs_a_network
def test_whoever_comes_later_finds_our_tempo_and_our_bar(network):
    clock = Linked(network, "clock")
    [began] = clock.ask("song", 501.5, 100.0)
    clock.wait(lambda told: told[1] == "no_peers" and told[2] > began + 2.5, "where")
    peer = Linked(network, "peer", 140)
    now, beat, *_ = clock.wait(lambda told: told[0] != "nobody", "where")
    assert beat == pytest.approx(501.5 + (now - began) * 100.0 / 60.0, abs=0.01)
    peer.wait(lambda told: told[0] > now + 0.5, "where")
    assert peer.ask("where")[2] == pytest.approx(100.0, abs=1e-3)
    assert phase_error(peer.ask("where"), clock.ask("where")) == pytest.approx(0.0, abs=0.001)
    peer.close()
    clock.wait(lambda told: told[:2] == ["nobody", "no_peers"], "where")
    clock.close()


def test_without_the_package_our_own_clock_leads_and_a_sentence_says_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "aalink", None)
    said = []
    clock = LinkClock(Transport, said.append)
    clock.close()
    assert clock.status == "aalink is not installed"
    assert (clock.lead(0.0), clock.tempo(0.0), clock.motions()) == (None, None, [])
    assert said == [NO_LINK]
