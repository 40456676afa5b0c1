"""The page in a real browser, against the daemon as it is: play, see and hear, two-way."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from browser import AXE, NO_WORKLET, Page, browser, launch, why_not
from daemon import Daemon, running
from numpy.typing import NDArray
from rich.console import Console
from scipy.io import wavfile

from livediffusion.control.gallery import spectrogram
from livediffusion.pictures import decode

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
RATE = 48000
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
    folder = tmp_path_factory.mktemp("page")
    seeds = f'[render]\nseed_images = "{folder / "seeds"}"\n'
    with running(folder, PATCH, "null", more=seeds) as found:
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


def test_prompts_come_and_go_here_and_from_elsewhere(daemon: Daemon, page: Page) -> None:
    def texts() -> list[str]:
        return [text for text, _ in daemon.status["blend"]]

    count = "(n) => document.querySelectorAll('.prompt').length === n"
    add = page.page.get_by_label("another prompt")
    add.fill("bells")
    add.press("Enter")
    page.wait(count, "a third prompt", 3)
    daemon.osc.send_message("/ld/prompt/1/remove", [])
    page.wait(count, "two prompts", 2)
    page.wait_for_text("/ld/prompt/2/text", "bells")
    page.page.get_by_label("prompt 1 remove").click()
    page.wait(count, "one prompt", 1)
    daemon.wait(lambda d: texts() == ["bells"], "the program's prompts")
    assert not page.page.get_by_label("prompt 1 remove").count(), "the last one stays"
    edit = page.page.get_by_label("prompt 1 text")
    edit.fill("choir")
    edit.press("Enter")
    daemon.wait(lambda d: texts() == ["choir"], "the edited text")
    page.page.get_by_role("button", name="undo").click()
    daemon.wait(lambda d: texts() == ["bells"], "the text before")
    for left in (2, 3):
        page.page.get_by_role("button", name="undo").click()
        page.wait(count, "a prompt back", left)
    page.page.get_by_role("button", name="undo").click()
    daemon.wait(lambda d: texts() == ["techno", "ambient"], "the set as it was")
    page.wait(count, "the set as it was", 2)
    assert page.problems == []


@pytest.mark.long
def test_the_picture_of_the_loop_decodes_to_the_loop(
    daemon: Daemon, page: Page, tmp_path: Path
) -> None:
    daemon.wait(lambda d: d.status["eta"] == 0.0, "rest")
    for words, name in (("Its spectrogram as PNG", "loop.png"), ("This loop as WAV", "loop.wav")):
        with page.page.expect_download() as download:
            page.page.get_by_role("button", name=words).click()
        download.value.save_as(tmp_path / name)
    decode(tmp_path / "loop.png", tmp_path / "decoded.wav", None, Console(quiet=True))
    (_, played), (_, decoded) = (wavfile.read(tmp_path / f"{n}.wav") for n in ("loop", "decoded"))
    assert played.shape == decoded.shape
    one, other = (spectrogram(sound, 8).astype(float).ravel() for sound in (played, decoded))
    assert np.corrcoef(one, other)[0, 1] > 0.8
    assert page.problems == []


def test_a_dropped_sound_becomes_the_seed(daemon: Daemon, page: Page, tmp_path: Path) -> None:
    sound = tmp_path / "My Break.wav"
    soundfile.write(sound, np.sin(np.arange(4 * RATE) / 9)[:, None].repeat(2, 1) / 2, RATE)
    page.drop(sound)
    page.wait_for_text("/ld/seed/image", "My Break", timeout_s=60.0)
    assert (daemon.patch.parent / "seeds" / "My Break.png").is_file()
    page.drag("/ld/strength", 0.75, 0.15)
    daemon.wait(lambda d: abs(pitch(d) - RATE / 9 / 2 / np.pi) < 15.0, "the seed's tone")
    page.page.evaluate("() => window.page.wire.send('/ld/seed/image', 's', ['../set'])")
    page.wait(SAID, "a refusal", "There is no seed or mask image '../set'")
    page.page.get_by_label("seed image").select_option("")
    daemon.wait(lambda d: abs(pitch(d) - RATE / 9 / 2 / np.pi) > 15.0, "the seed's end")
    nonsense = tmp_path / "set.exe"
    nonsense.write_text("no sound at all")
    page.drop(nonsense)
    page.wait(SAID, "a refusal", "set.exe was not taken: This is no WAV, FLAC")
    assert [problem for problem in page.problems if "400" not in problem] == []


SAID = "(words) => document.querySelector('#messages').textContent.includes(words)"


def pitch(daemon: Daemon) -> float:
    """The loudest frequency of the last second that the player played, in Hz."""
    end = daemon.transport.end
    heard = daemon.arena.read_ring(end - RATE, RATE).mean(axis=1)
    return float(np.abs(np.fft.rfft(heard * np.hanning(RATE))).argmax())


def test_where_the_context_is_not_secure_it_is_heard_all_the_same(
    daemon: Daemon, chromium: object
) -> None:
    page = Page(chromium, daemon.web_port, NO_WORKLET, bypass_csp=True)
    page.page.click("#listen")
    page.wait("() => window.ear.figures.exact > 12000", "sound")
    assert page.page.evaluate("() => window.ear.node.constructor.name") == "ScriptProcessorNode"
    with everything_played(daemon) as blocks:
        heard = page.record(0.5)
    played = np.concatenate(blocks)
    start = place_of(heard, played)
    assert np.array_equal(heard, played[start : start + len(heard)]) and heard.any()
    assert [problem for problem in page.problems if "deprecated" not in problem] == []
    page.close()


def test_a_page_from_elsewhere_reaches_nothing(daemon: Daemon, chromium: Any) -> None:
    """Its server is on this very machine: only the port differs."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(daemon.patch.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        before = daemon.status["osc"]["refused"]
        told = page.evaluate(REACH, f"127.0.0.1:{daemon.web_port}")
        server.shutdown()
        context.close()
    assert told == ["opaque", "error", "error"]
    daemon.wait(lambda d: d.status["osc"]["refused"] >= before + 3, "the refusals, counted")


REACH = """async (host) => {
  const options = { mode: "no-cors", method: "POST", body: "RIFF" };
  const answer = await fetch(`http://${host}/stage/seed?name=x.wav`, options);
  const sockets = ["/stage/socket", "/stage/sound"].map((path) => new Promise((done) => {
    const socket = new WebSocket(`ws://${host}${path}`);
    socket.onopen = () => done("open");
    socket.onerror = () => done("error");
  }));
  return [answer.type, ...(await Promise.all(sockets))];
}"""


@pytest.mark.long
@pytest.mark.parametrize("api", ["worklet", "script processor"])
def test_ten_seconds_are_the_same_sample_for_sample(
    daemon: Daemon, chromium: object, api: str
) -> None:
    """Of what the page itself says that it has left untouched; a busy machine takes longer."""
    script = "" if api == "worklet" else NO_WORKLET
    page = Page(chromium, daemon.web_port, script, bypass_csp=True)
    page.page.get_by_label("buffer").select_option("2000")
    page.page.click("#listen")
    page.wait("() => window.ear.figures.ahead > 48000", "a full buffer")
    with everything_played(daemon) as blocks:
        heard = page.record(10.0)
    played = np.concatenate(blocks)
    assert len(heard) == 10 * RATE and np.abs(heard).max() > 0.05
    start = place_of(heard, played)
    assert np.array_equal(heard, played[start : start + len(heard)])
    assert page.problems == [] or api != "worklet", "a script processor is called deprecated"
    page.close()


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
