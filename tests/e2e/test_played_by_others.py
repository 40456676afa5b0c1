"""One set, played by programs that nobody here wrote and attacked by everything that should not
come, into a capture that must hold every sample that was mixed.

Everything happens in one run of the daemon; each test looks at one part of it. liblo sends and
hears, Csound and jack_midiseq send MIDI over JACK.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from daemon import running
from heard import RATE, first_sound, level, longest_zeros, step
from hostile import ADDRESSES, SENTENCES, TIMES
from jack import DEVICE, Jack, available
from osc_corpus import CORPUS
from others_set import BEAT, OTHER, PATCH, PERIOD, Played, perform

from tests.midi import Peer

pytestmark = [
    pytest.mark.jack,
    pytest.mark.long,  # minutes of one set, in real time
    pytest.mark.timeout(600),
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("oscsend", "oscdump", "csound", "jack_midiseq"))),
        reason="needs liblo-tools, csound and jack-example-tools",
    ),
    pytest.mark.skipif(Path("/dev/snd/seq").exists(), reason="ALSA's MIDI would be used here"),
]

CAPTURE_S = 500.0


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("others")
    (folder / "other.toml").write_text(OTHER, encoding="utf-8")
    made = Played()
    midi = '[midi]\ninputs = ["csound*", "seq*", "Box*"]\n'
    with Jack() as jack, jack.capture(CAPTURE_S) as capture:
        box = Peer("send", "Box")
        with running(folder, PATCH, DEVICE, more=midi) as daemon:
            sequencer = perform(daemon, made, folder, box)
        capture.stop()
        box.leave()
    sequencer.kill()  # only now: the server would wait for it
    sequencer.wait()
    made.heard.align(capture.samples())
    yield made


def test_liblo_moves_what_is_heard_and_hears_of_it(played: Played) -> None:
    loud, soft = (level(played.heard.part(name)[:PERIOD]) for name in ("loud", "soft"))
    assert soft / loud == pytest.approx(10 ** (-12 / 20), rel=0.01)


def test_a_sweep_of_four_knobs_ends_at_the_last_value_without_a_backlog(played: Played) -> None:
    assert played.swaps <= 2, "the one in flight, then the last"
    first, again = played.same
    assert np.abs(first - again).max() < 1e-5 * np.abs(first).max()
    for address, values in played.fed_back.items():
        assert 4 < len(values) < 100, f"{address} was told thirty times a second at most"
    assert longest_zeros(played.heard.part("sweep")) < 64


@pytest.mark.parametrize("scene", ["drop", "calm"])
def test_a_sequencers_note_launches_a_scene_at_the_next_bar(played: Played, scene: str) -> None:
    heard = played.heard
    part, start = heard.part("notes"), heard.starts["notes"]
    noted = played.noted[scene] - start
    apart = np.abs(part[PERIOD:] - part[:-PERIOD]).max(axis=1)
    changed = np.flatnonzero(apart > 1e-6) + PERIOD
    first = int(changed[changed >= noted - BEAT][0])
    place = start + heard.offset + first - first_sound(heard.audio)
    assert min(place % PERIOD, -place % PERIOD) <= 16, "on the bar"
    glides = PERIOD if scene == "calm" else 0  # from the bar on: a bar later it has moved
    assert first - noted <= PERIOD + glides + RATE // 5, "at the very next: its loop was ready"


def test_nothing_that_should_not_come_is_heard(played: Played) -> None:
    assert played.underruns == 0, "in none of the tries"
    part = played.heard.part("attack")
    assert len(part) > 3 * PERIOD and level(part) > 0.01
    assert np.abs(part[PERIOD:] - part[:-PERIOD]).max() < 1e-6, "loop for loop the same"


def test_each_is_said_once_to_who_sent_it_and_in_the_log(played: Played) -> None:
    for sentence in SENTENCES:
        assert any(told.startswith(sentence) for told in played.told), sentence
        assert played.log_of_attack.count(sentence) == 1, sentence
    for sentence in (
        "Box:out sends bytes that are no MIDI messages",
        "both move /ld/fade: the last move counts",
        "There is no prompt 8: the last is 2. The old patch plays on.",
    ):
        assert played.log.count(sentence) == 1, sentence
    assert "Traceback" not in played.log


def test_each_is_counted(played: Played) -> None:
    more = {
        name: played.after["osc"][name] - played.before["osc"][name]
        for name in ("malformed", "unknown", "refused", "drops", "overflowed")
    }
    streams, websocket = 1 + 4 + 2, 5
    assert more == {
        "malformed": TIMES * len(CORPUS) + streams + websocket,
        "unknown": ADDRESSES + TIMES, "refused": 4, "drops": 0, "overflowed": 0,
    }  # fmt: skip
    midi = played.after["midi"]
    assert midi["malformed"] >= 6 and midi["quarrels"] >= 30 and midi["overflowed"] == 0


def test_a_page_from_elsewhere_gets_403_and_our_own_does_not(played: Played) -> None:
    assert played.answers == [403, 403, 403, 403, 200, 101]


@pytest.mark.parametrize("phase", ["edited", "switched"])
def test_an_edit_and_another_patch_are_heard_without_a_gap_or_a_click(
    played: Played, phase: str
) -> None:
    part = played.heard.part(phase)
    assert longest_zeros(part) < 64
    before, after = part[:PERIOD], part[-PERIOD:]
    assert step(part) <= step(before) + step(after)
    assert level(part[: 2 * PERIOD]) > 0.01
