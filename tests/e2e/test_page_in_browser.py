"""The page in a real browser, against the daemon as it is: play, see and hear, two-way."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from browser import AXE, Page, browser, launch, why_not
from daemon import Daemon, running
from numpy.typing import NDArray

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
RATE = 48000
TRIES = 4
PATCH = """
tempo = 120
quantise = "off"
[[prompt]]
text = "techno"
[[prompt]]
text = "ambient"
[[scene]]
name = "drop"
blend = [0.0, 1.0]
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with running(tmp_path_factory.mktemp("page"), PATCH, "null") as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with browser() as found:
        yield found


@pytest.fixture
def page(daemon: Daemon, chromium: object) -> Iterator[Page]:
    found = Page(chromium, daemon.web_port)
    yield found
    found.close()


def level(daemon: Daemon) -> float:
    """Peak of the last tenth of a second that the player played."""
    end = daemon.transport.end
    return float(np.abs(daemon.arena.read_ring(end - RATE // 10, RATE // 10)).max())


def test_a_fader_is_heard_and_told_and_moved_from_elsewhere(daemon: Daemon, page: Page) -> None:
    other = Page(page.page.context.browser, daemon.web_port)
    page.drag("/ld/gain", 0.9, 0.5, 0.0)
    daemon.wait(lambda d: level(d) < 0.004, "silence")
    other.wait_for_value("/ld/gain", -60.0)
    daemon.osc.send_message("/ld/gain", -3.0)
    for one in (page, other):
        one.wait_for_value("/ld/gain", -3.0)
    daemon.wait(lambda d: level(d) > 0.05, "sound")
    page.drag("/ld/prompt/2/weight", 0.0, 0.75)
    daemon.wait(lambda d: d.status["blend"][1][1] > 0.3, "the blend")
    page.page.get_by_role("button", name="drop").click()
    other.wait_for_value("/ld/prompt/2/weight", 1.0)
    daemon.osc.send_message("/ld/nosuch", 1)
    assert page.problems == other.problems == []
    other.close()


@pytest.mark.long
def test_three_seconds_are_the_same_sample_for_sample(daemon: Daemon, chromium: object) -> None:
    compare(daemon, chromium, 3.0)


def compare(daemon: Daemon, chromium: object, seconds: float) -> None:
    """Listen, and compare; a try in which the page had to mend something by itself is excused."""
    page = Page(chromium, daemon.web_port, bypass_csp=True)
    page.page.get_by_label("buffer").select_option("1000")
    page.page.click("#listen")
    page.wait("() => window.ear.figures.ahead > 24000", "a full buffer")
    for _ in range(TRIES):
        before = mended(page)
        with everything_played(daemon) as blocks:
            heard = page.record(seconds)
        played = np.concatenate(blocks)
        assert len(heard) >= seconds * RATE and np.abs(heard).max() > 0.05
        page.page.wait_for_timeout(1000)  # until it has told of all that
        if mended(page) == before:
            start = place_of(heard, played)
            assert np.array_equal(heard, played[start : start + len(heard)])
            page.close()
            return
    raise AssertionError(f"the page had to mend something in each of {TRIES} tries")


def mended(page: Page) -> list[int]:
    """Gaps, corrections and jumps so far."""
    counts = "() => [ear.figures.underruns, ear.figures.slides, ear.figures.jumps]"
    return list(page.page.evaluate(counts))


@contextlib.contextmanager
def everything_played(daemon: Daemon) -> Iterator[list[NDArray[np.float32]]]:
    """What the player plays meanwhile, and 5 s before, as blocks that follow one another."""
    over, at = threading.Event(), max(0, daemon.transport.end - 5 * RATE)
    blocks: list[NDArray[np.float32]] = []

    def read() -> None:
        nonlocal at
        while not over.wait(0.2):
            end = daemon.transport.end
            blocks.append(daemon.arena.read_ring(at, end - at))
            at = end

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield blocks
    finally:
        over.set()
        reader.join()


def place_of(heard: NDArray[np.float32], played: NDArray[np.float32]) -> int:
    """Where in what was played the first samples that were heard lie."""
    first = heard[:64]
    for start in np.flatnonzero((played[: -len(heard)] == first[0]).all(axis=1)):
        if np.array_equal(played[start : start + 64], first):
            return int(start)
    raise AssertionError("what was heard was not played")


@pytest.mark.skipif(not AXE.exists(), reason="needs npm's axe-core")
def test_nothing_serious_keeps_anybody_from_it(page: Page) -> None:
    assert page.findings() == []
    page.page.click("#learning")
    assert page.findings() == []
    assert page.problems == []


@pytest.mark.long
def test_a_killed_control_and_renderer_are_survived_and_shown(daemon: Daemon, page: Page) -> None:
    shown = "() => document.querySelector('#link').textContent"
    page.drag("/ld/filter", 0.5, 0.7)
    kept = page.value("/ld/filter")
    page.page.click("#listen")
    page.wait("() => document.querySelector('#listen').dataset.state === 'on'", "sound")
    os.kill(daemon.pid_of("control"), signal.SIGKILL)
    page.wait(f"() => ({shown})().includes('does not answer')", "the news")
    page.wait(f"() => ({shown})() === ''", "its end", timeout_s=60.0)
    page.wait_for_value("/ld/filter", kept)
    page.wait("() => document.querySelector('#listen').dataset.state === 'on'", "sound again")
    os.kill(daemon.pid_of("renderer"), signal.SIGKILL)
    page.wait(f"() => ({shown})().includes('renderer is away')", "the news")
    page.wait(f"() => ({shown})() === ''", "its end", timeout_s=120.0)


@pytest.mark.long
def test_a_browser_that_plays_nothing_unasked_is_said(daemon: Daemon, chromium: Any) -> None:
    """The page clicks by itself, which is no user's click; a driver's look would count as one."""
    with contextlib.closing(launch(chromium.browser_type, freely=False)) as strict:
        context = strict.new_context()
        context.add_init_script(CLICKS_ITSELF)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{daemon.web_port}/")
        time.sleep(6.0)
        states = page.evaluate("() => window.states")
        assert "blocked" in states and "on" not in states
        page.click("#listen")
        page.wait_for_timeout(2000)
        assert page.evaluate("() => document.querySelector('#listen').dataset.state") == "on"


CLICKS_ITSELF = """addEventListener("load", () => setTimeout(() => {
  const button = document.querySelector("#listen");
  window.states = [];
  setInterval(() => window.states.push(button.dataset.state), 50);
  button.click();
}, 1500));"""
