"""The page beside what a set is played with: a sound card, a MIDI controller, other OSC."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from browser import Page, browser, why_not
from daemon import Daemon, running
from numpy.typing import NDArray
from test_midi_on_stage import Values

from tests.jack import Jack, available
from tests.midi import Peer

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.jack,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
    pytest.mark.skipif(shutil.which("oscsend") is None, reason="needs liblo-tools"),
    pytest.mark.skipif(Path("/dev/snd/seq").exists(), reason="ALSA's MIDI would be used here"),
]
Audio = NDArray[np.float32]
LOOP = 48000  # frames: whatever its window, a loop's level is the same
PATCH = """\
tempo = 240
beats = 4
gain = -9.0
lean = 0.0
[[prompt]]
text = "techno"
"""


def mixed(daemon: Daemon) -> Audio:
    """What the player mixes in a loop's length, from when the last move has been heard."""
    begun = daemon.transport.end
    daemon.wait(lambda d: d.transport.end > begun + LOOP * 6 // 5, "a loop's length")
    return daemon.arena.read_ring(begun + LOOP // 5, LOOP)


def captured(capture: Audio, wanted: Audio) -> Audio:
    """The place in the capture that is what was mixed, sample for sample, at its first sound."""
    first = int(np.flatnonzero(wanted.any(axis=1))[0])
    for at in np.flatnonzero((capture == wanted[first]).all(axis=1)) - first:
        if np.array_equal(capture[at : at + len(wanted)], wanted):
            return capture[at : at + len(wanted)]
    raise AssertionError("what was mixed was not captured")


@pytest.mark.long
def test_a_fader_is_in_the_capture_and_oscsend_moves_it(tmp_path: Path) -> None:
    gains, wanted = list[float](), list[Audio]()
    with Jack() as jack, jack.capture(600.0) as capture:
        with running(tmp_path, PATCH, "jack_capture") as daemon, browser() as chromium:
            values, page = Values(daemon), Page(chromium, daemon.web_port)
            daemon.wait(lambda d: d.status["eta"] == 0.0 and not d.transport.fading, "rest")
            page.wait_for_value("/ld/gain", -9.0)
            gains.append(-9.0)
            wanted.append(mixed(daemon))
            page.drag("/ld/gain", 0.77, 0.7, 0.6)
            gains.append(page.value("/ld/gain"))
            dragged = pytest.approx(gains[1], abs=1e-4)
            values.wait(lambda v: v["/ld/gain"] == dragged, "the feedback")
            wanted.append(mixed(daemon))
            send = ["oscsend", "127.0.0.1", str(daemon.port), "/ld/gain", "f", "-12"]
            subprocess.run(send, check=True)
            page.wait_for_value("/ld/gain", -12.0)
            gains.append(-12.0)
            wanted.append(mixed(daemon))
            page.page.reload()
            page.wait("() => Boolean(window.page && window.page.stage.frames > 5)", "a new page")
            page.wait_for_value("/ld/gain", -12.0)
            assert page.problems == []
            values.close()
        capture.stop()
    loud, *others = (level(captured(capture.samples(), part)) for part in wanted)
    assert loud > 0.02 and gains[1] < -15.0
    for gain, heard in zip(gains[1:], others, strict=True):
        assert heard / loud == pytest.approx(10 ** ((gain + 9.0) / 20), rel=0.01), gain


@pytest.mark.long
def test_a_control_is_clicked_a_knob_is_moved_and_they_belong_together(tmp_path: Path) -> None:
    with (
        Jack(patient=False),
        running(tmp_path, PATCH, "null") as daemon,
        browser() as chromium,
    ):
        knobs, page = Peer("send", "Knobs"), Page(chromium, daemon.web_port)
        daemon.wait(lambda d: "MIDI input Knobs:out is open" in d.log(), "the knobs")
        page.wait("() => document.querySelector('#readouts').textContent.includes('Knobs')", "it")
        page.page.click("#learning")
        page.page.locator('[data-address="/ld/filter"]').click()
        page.wait(SAID, "the question", "shall move /ld/filter")
        assert page.value("/ld/filter") == 0.0, "a click chooses, it moves nothing"
        for value in range(5, 120):
            knobs.send(0xB0, 21, value)
            page.page.wait_for_timeout(4)
        page.wait(SAID, "the answer", "cc 21 ch 1 of Knobs now moves /ld/filter.")
        page.wait(TAGGED, "its tag", ["/ld/filter", "cc 21"])
        assert 'target = "/ld/filter"' in daemon.patch.read_text(encoding="utf-8")
        page.page.click("#learning")
        for value in range(119, 19, -1):  # picked up in the middle, where the filter is
            knobs.send(0xB0, 21, value)
            page.page.wait_for_timeout(4)
        page.wait_for_value("/ld/filter", 20 / 127 * 2 - 1)
        page.page.click("#learning")
        page.page.get_by_label("forget filter").click()
        page.wait(f"(given) => !({TAGGED})(given)", "no tag", ["/ld/filter", "cc 21"])
        assert "/ld/filter" not in daemon.patch.read_text(encoding="utf-8")
        assert page.problems == []
        knobs.leave()


def level(loop: Audio) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(loop, dtype=np.float64))))


SAID = "(words) => document.querySelector('#messages').textContent.includes(words)"
TAGGED = """([address, words]) => Boolean(document.querySelector(
  `[data-address="${address}"] .mapped`)?.textContent.includes(words))"""
